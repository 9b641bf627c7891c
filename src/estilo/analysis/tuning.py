"""How far the notes of a recording lie from those of the piano.

The partials that stand out vote with their strength, low ones more than high ones, as overtones lie
beside the notes of the scale; angles are averaged, as a quarter of a tone up is one down.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.harmonicity import parabola
from estilo.analysis.spectra import power_spectrogram
from estilo.units import hz_to_midi

_FRAME_S = 0.19  # so long that neighbouring semitones above 100 Hz are two peaks
_LOWEST_HZ, _HIGHEST_HZ = 100.0, 2000.0
_RANGE_DB = 40.0
_LONGEST_S = 30.0


@dataclass(frozen=True)
class Tuning:
    """Where the notes lie.

    Args:
        cents: distance from the nearest notes at A = 440 Hz, -50 to 50.
        clarity: agreement of the partials, 0 to 1; noise and voices that glide have next to none.
    """

    cents: float
    clarity: float


def tuning(waveform: NDArray[np.float32], sample_rate: int) -> Tuning:
    """The tuning of a recording, of up to 30 s from its middle.

    Args:
        waveform: samples of one channel. **Shape** ``(time,)``.
        sample_rate: sample rate in Hz.

    Example:
        >>> time_s = np.arange(16_000) / 16_000
        >>> found = tuning(np.sin(2 * np.pi * 432 * time_s), 16_000)
        >>> round(found.cents), found.clarity > 0.9
        (-32, True)
    """
    most = round(_LONGEST_S * sample_rate)
    start = max(len(waveform) - most, 0) // 2
    n_fft = 1 << max(round(np.log2(_FRAME_S * sample_rate)), 5)
    power = power_spectrogram(
        waveform[start : start + most], n_fft=n_fft, hop_length=n_fft // 4
    ).astype(np.float64)
    low, high = (round(hz * n_fft / sample_rate) for hz in (_LOWEST_HZ, _HIGHEST_HZ))
    inner = power[max(low, 1) : min(high, len(power) - 1)]
    first = max(low, 1)
    below, above = power[first - 1 :][: len(inner)], power[first + 1 :][: len(inner)]
    floor = power.max(initial=0.0) * 10.0 ** (-_RANGE_DB / 10.0)
    bins, frames = np.nonzero((inner > below) & (inner >= above) & (inner > floor))
    if len(bins) == 0:
        return Tuning(0.0, 0.0)
    logs = np.log(np.stack([each[bins, frames] for each in (below, inner, above)]) + 1e-30)
    offset, _ = parabola(*logs)
    hertz = (first + bins + offset) * sample_rate / n_fft
    weights = np.sqrt(inner[bins, frames]) / hertz
    turns = np.sum(weights * np.exp(2j * np.pi * hz_to_midi(hertz))) / weights.sum()
    return Tuning(float(50.0 * np.angle(turns) / np.pi), float(np.abs(turns)))
