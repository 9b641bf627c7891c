"""A plain channel vocoder: the usual way to make rain speak, for comparison."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from estilo.units import erb_number_to_hz, hz_to_erb_number

N_BANDS = 40
_LOW_HZ, _HIGH_HZ = 60.0, 16_000.0
_FOLLOWING_HZ = 30.0


def vocoded(modulator: NDArray, carrier: NDArray, *, sample_rate: int) -> NDArray:
    """A carrier whose bands, 40 of equal ERB width, follow the levels of a modulator's.

    Args:
        modulator: what is followed, **shape** ``(time,)``.
        carrier: what is heard, of the same shape.
        sample_rate: in Hz.

    Source: H. Dudley 1939, Remaking speech, https://doi.org/10.1121/1.1916020
    """
    high_hz = min(_HIGH_HZ, 0.45 * sample_rate)
    edges_hz = erb_number_to_hz(
        np.linspace(hz_to_erb_number(_LOW_HZ), hz_to_erb_number(high_hz), N_BANDS + 1)
    )
    following = signal.butter(2, _FOLLOWING_HZ, fs=sample_rate, output="sos")
    out = np.zeros(len(modulator))
    for low_hz, top_hz in pairwise(edges_hz):
        band = signal.butter(2, (low_hz, top_hz), "bandpass", fs=sample_rate, output="sos")
        ours, theirs = (signal.sosfiltfilt(band, each) for each in (modulator, carrier))
        power = np.maximum(signal.sosfiltfilt(following, np.square(ours)), 0.0)
        out += theirs * np.sqrt(power / max(np.square(theirs).mean(), 1e-20))
    return out
