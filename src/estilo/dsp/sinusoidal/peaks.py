"""Peaks of a spectrogram: frequency, amplitude and phase between the bins."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from estilo.dsp.stft import stft, window_function

_TINY = 1e-30


@dataclass(frozen=True)
class Peaks:
    """The strongest peaks of every frame, by rising frequency.

    Args:
        frequency_hz: frequency in Hz, ``(frames, peaks)``; infinite where a frame has fewer peaks.
        amplitude: amplitude of the sine, linear; 0 where there is none.
        phase: phase at the frame's centre, in radians.
    """

    frequency_hz: Tensor
    amplitude: Tensor
    phase: Tensor

    @property
    def is_peak(self) -> Tensor:
        """Which entries are peaks, ``(frames, peaks)``."""
        return self.frequency_hz.isfinite()


def spectral_peaks(
    waveform: Tensor,
    *,
    sample_rate: int,
    n_fft: int,
    hop_length: int,
    win_length: int,
    window: str,
    n_peaks: int,
    floor_db: float,
) -> Peaks:
    """The strongest local maxima of each frame of the STFT.

    A parabola through the logarithms of three bins gives frequency and amplitude (Smith & Serra
    1987, "PARSHL"); frames are centred, so that the phase is flat across a peak and the nearest
    bin's will do. Gradients flow to the waveform; which bins are peaks is not differentiated.

    Args:
        waveform: ``(time,)``.
        sample_rate: sample rate in Hz.
        n_fft: length of the transform in samples; twice the window makes the parabola exact to some
            thousandths of a bin.
        hop_length: hop in samples.
        win_length: length of the window in samples.
        window: a name of `estilo.dsp.stft.WINDOWS`.
        n_peaks: largest number of peaks in a frame.
        floor_db: amplitude below which there are no peaks, in dB of full scale.

    **Shape**: ``(1 + time // hop_length, n_peaks)``.

    Example:
        >>> tone = 0.5 * torch.cos(0.3 * torch.arange(4000.0) + 1.0)
        >>> sizes = {"n_fft": 1024, "hop_length": 128, "win_length": 512, "window": "blackman"}
        >>> peaks = spectral_peaks(tone, sample_rate=8000, n_peaks=1, floor_db=-60.0, **sizes)
        >>> round(float(peaks.frequency_hz[15, 0]) * 2 * math.pi / 8000, 4)
        0.3
        >>> round(float(peaks.amplitude[15, 0]), 3)
        0.5
    """
    sizes = {"n_fft": n_fft, "hop_length": hop_length, "win_length": win_length, "window": window}
    spectrum = stft(waveform, **sizes).mT
    gain = 2.0 / float(window_function(window, length=win_length).sum())
    power = gain**2 * (spectrum.real.square() + spectrum.imag.square())
    level = 0.5 * torch.log(power + _TINY)
    bins, found = _local_maxima(level.detach(), n_peaks=n_peaks, floor_db=floor_db)
    below, middle, above = (level.gather(1, bins + step) for step in (-1, 0, 1))
    curvature = (below - 2.0 * middle + above).clamp_max(-1e-9)
    offset = 0.5 * (below - above) / curvature
    amplitude = torch.exp(middle - 0.25 * (below - above) * offset)
    frequency = (bins + offset) * (sample_rate / n_fft)
    # Bins count their phase from the frame's start: at the centre every other one is turned round.
    turn = 1.0 - 2.0 * (bins % 2).to(level)
    # What is no peak may be exactly 0, where an angle has no derivative.
    real = torch.where(found, turn * spectrum.real.gather(1, bins), 1.0)
    imag = torch.where(found, turn * spectrum.imag.gather(1, bins), 0.0)
    return Peaks(
        torch.where(found, frequency, torch.inf),
        torch.where(found, amplitude, 0.0),
        torch.atan2(imag, real),
    )


def _local_maxima(level: Tensor, *, n_peaks: int, floor_db: float) -> tuple[Tensor, Tensor]:
    """Bins of the strongest maxima by rising frequency, and which of them are any."""
    inner = level[:, 1:-1]
    is_peak = (inner > level[:, :-2]) & (inner >= level[:, 2:])
    is_peak &= inner > floor_db * math.log(10.0) / 20.0
    masked = torch.where(is_peak, inner, -torch.inf)
    masked = F.pad(masked, (0, max(0, n_peaks - masked.shape[1])), value=-torch.inf)
    strongest, bins = masked.topk(n_peaks, dim=1)
    found = strongest.isfinite()
    last = level.shape[1] - 2
    # Missing ones sort behind all others.
    bins = torch.where(found, bins + 1, last + 1).sort(1).values
    found = bins <= last
    return bins.clamp(1, last), found
