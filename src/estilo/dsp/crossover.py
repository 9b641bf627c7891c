"""Crossovers without phase: filters of neighbouring bands that sum to nothing but the sound."""

import math
from collections.abc import Iterable

import numpy as np
import torch

from estilo.dsp.eq import UNCHANGED, Filter

_ATTENUATION_DB = 80.0
_SHARE = 0.25  # width of a transition over its edge; steeper ones ring longer than an attack
_STEEPEST_HZ = 25.0


def band_filter(bands_hz: Iterable[tuple[float, float]], *, sample_rate: int) -> Filter:
    r"""The zero-phase filter that passes bands.

    A band is a low-pass of its upper edge less that of its lower edge, and the last band of all is
    the whole less a low-pass, so that the filters of bands side by side from 0 Hz up sum to one:
    :math:`h_1 + (h_2 - h_1) + (\delta - h_2) = \delta`. A low-pass is a sinc in a Kaiser window,
    6 dB down at its edge, 80 dB half a transition away; a transition is a quarter of its edge wide,
    and at least 25 Hz.

    Args:
        bands_hz: lower and upper edges in Hz; an upper edge at half the sample rate or beyond
            counts as none.
        sample_rate: sample rate in Hz.

    Example:
        >>> low, high = (
        ...     band_filter([band], sample_rate=8000) for band in ((0.0, 500.0), (500.0, math.inf))
        ... )
        >>> total = low.taps + high.taps
        >>> round(float(total[low.centre]), 6), round(float(total.abs().sum()), 6)
        (1.0, 1.0)
    """
    parts = [
        (sign, _low_pass(edge, sample_rate))
        for low, high in bands_hz
        for sign, edge in ((1.0, high), (-1.0, low))
        if edge > 0.0
    ]
    half = max((len(taps) // 2 for _, taps in parts), default=0)
    total = np.zeros(2 * half + 1)
    for sign, taps in parts:
        reach = len(taps) // 2
        total[half - reach : half + reach + 1] += sign * taps
    return UNCHANGED if half == 0 and total[0] == 1.0 else Filter(torch.from_numpy(total), half)


def _low_pass(edge_hz: float, sample_rate: int) -> np.ndarray:
    """Taps, an odd number of them; the unit impulse where the edge is beyond the band."""
    if edge_hz >= sample_rate / 2:
        return np.ones(1)
    width_hz = max(_SHARE * edge_hz, _STEEPEST_HZ)
    # Kaiser's formulas, as in Oppenheim & Schafer, Discrete-Time Signal Processing, 7.5.3.
    beta = 0.1102 * (_ATTENUATION_DB - 8.7)
    half = math.ceil((_ATTENUATION_DB - 8.0) / (2.285 * 2.0 * math.pi * width_hz) * sample_rate / 2)
    time = np.arange(-half, half + 1)
    taps = np.sinc(2.0 * edge_hz / sample_rate * time) * np.kaiser(2 * half + 1, beta)
    return taps / taps.sum()
