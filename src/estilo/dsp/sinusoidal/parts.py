"""A recording as sines, transients and noise, which add up to it."""

from dataclasses import dataclass

from torch import Tensor

from estilo.dsp.percussive import percussive
from estilo.dsp.sinusoidal.analysis import SineAnalysis
from estilo.dsp.sinusoidal.synthesis import synthesise
from estilo.dsp.sinusoidal.tracks import Tracks


@dataclass(frozen=True)
class Parts:
    """What a recording is made of, ``(time,)`` each.

    Args:
        tracks: of the sines.
        sines: their sum.
        transients: strokes in what is left.
        noise: the rest.
    """

    tracks: Tracks
    sines: Tensor
    transients: Tensor
    noise: Tensor

    @property
    def residual(self) -> Tensor:
        """What is no sine."""
        return self.transients + self.noise


def split(waveform: Tensor, *, sample_rate: int, analysis: SineAnalysis | None = None) -> Parts:
    """Take a recording apart.

    Args:
        waveform: ``(time,)``.
        sample_rate: in Hz.
        analysis: how sines are looked for.

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
    transients = percussive(residual, sample_rate=sample_rate)
    return Parts(tracks, sines, transients, residual - transients)
