"""A recording as sines, transients and noise, which add up to it."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from estilo.dsp.hpss import masks
from estilo.dsp.sinusoidal.analysis import SineAnalysis
from estilo.dsp.sinusoidal.synthesis import synthesise
from estilo.dsp.sinusoidal.tracks import Tracks
from estilo.dsp.stft import istft, power_of_two_near, stft

_WINDOW_S = 0.0116
_KERNELS = (9, 17)  # 52 ms and 1.5 kHz
_MARGIN = 2.0


@dataclass(frozen=True)
class Decomposition:
    """The parts of a recording, ``(time,)`` each.

    Args:
        tracks: tracks of the sines.
        sines: sum of the sines.
        transients: transients in the residual of the sines.
        noise: residual without its transients.
    """

    tracks: Tracks
    sines: Tensor
    transients: Tensor
    noise: Tensor

    @property
    def residual(self) -> Tensor:
        """The recording without its sines: transients and noise."""
        return self.transients + self.noise


def split(
    waveform: Tensor, *, sample_rate: int, analysis: SineAnalysis | None = None
) -> Decomposition:
    """Split a recording into sines, transients and noise.

    Args:
        waveform: ``(time,)``.
        sample_rate: sample rate in Hz.
        analysis: settings of the search for sines.

    Example:
        >>> import torch
        >>> tone = torch.cos(0.3 * torch.arange(8000.0))
        >>> parts = split(tone, sample_rate=8000)
        >>> bool((parts.sines + parts.transients + parts.noise - tone).abs().max() < 1e-6)
        True
    """
    tracks = (analysis or SineAnalysis())(waveform, sample_rate=sample_rate)
    sines = synthesise(tracks, length=waveform.shape[-1])
    residual = waveform - sines
    transients = find_transients(residual, sample_rate=sample_rate)
    return Decomposition(tracks, sines, transients, residual - transients)


def find_transients(waveform: Tensor, *, sample_rate: int) -> Tensor:
    """Extract transients: parts where a column of the spectrogram stands out of its row.

    It looks at windows of a hundredth of a second and compares medians over frequency and over time
    (`estilo.dsp.hpss`) by a margin of two, so that steady noise has hardly any transients.

    Args:
        waveform: ``(time,)``.
        sample_rate: sample rate in Hz.

    **Shape**: result ``(time,)``.

    Example:
        >>> import torch
        >>> noise = 0.01 * torch.randn(8000, generator=torch.Generator().manual_seed(0))
        >>> noise[4000] += 1.0
        >>> found = find_transients(noise, sample_rate=8000)
        >>> bool(found[4000] > 0.9), bool(found[:3500].square().mean() < 1e-5)
        (True, True)
    """
    n_fft = power_of_two_near(_WINDOW_S, sample_rate=sample_rate, least=64)
    sizes: dict[str, Any] = {"n_fft": n_fft, "hop_length": n_fft // 2}
    spectrum = stft(waveform, **sizes)
    _, wide = masks(spectrum.abs(), kernels=_KERNELS, margin=_MARGIN)
    return istft(spectrum * (wide > 0.5), length=waveform.shape[-1], **sizes)
