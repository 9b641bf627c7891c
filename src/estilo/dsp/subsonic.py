r"""What lies below hearing: the constant offset of a cheap interface, and drifts below 10 Hz.

The drift is the smooth curve :math:`b` that minimises
:math:`\sum (x - b)^2 + \lambda \sum (\Delta^6 b)^2` (Whittaker 1923, Proc. Edinburgh Math. Soc. 41;
Eilers 2003, Anal. Chem. 75, 3631), found on averages 2.5 ms apart. It is a low-pass without phase
that needs nothing beyond the ends: it takes 99 % of what has 9.5 Hz, and 2 % of what has 20.
"""

import math

import numpy as np
from numpy.typing import NDArray

HOP_S = 0.0025
_REACH_HOPS = 6  # to either side that an average is taken over: what can be heard cancels in it
_EDGE_HZ, _LEFT = 9.5, 0.01
_ORDER = 6
_STRAIGHT_HOPS, _STRAIGHT = 8, 1e3  # near the ends, where the lowest notes would bend it
_BOXES = 4  # plain averages per hop that a window is laid over
_CHUNK = 1 << 14
_SHORTEST_S = 0.1
_LEAST = 1e-3  # -60 dB of what is heard: a drift below that is left where it is


def drift(channel: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64] | None:
    """Offset and drift of one channel, to be subtracted by `add_drift`.

    Args:
        channel: samples. **Shape** ``(time,)``.
        sample_rate: sample rate in Hz.

    Returns:
        Values every `HOP_S` from the first sample on, in full scale; None where there is none
        within 60 dB of what is heard, or the channel is shorter than 0.1 s.

    Example:
        >>> tone = np.sin(0.1 * np.arange(16_000, dtype=np.float32))
        >>> drift(tone, 16_000) is None
        True
        >>> found = drift(tone + np.float32(0.25), 16_000)
        >>> round(float(found.min()), 2), round(float(found.max()), 2)
        (0.25, 0.25)
    """
    if len(channel) < _SHORTEST_S * sample_rate:
        return None
    averages = _averages(channel, HOP_S * sample_rate)
    found = _smooth(averages)
    energy = sum(
        float(np.square(channel[start : start + (1 << 20)], dtype=np.float64).sum())
        for start in range(0, len(channel), 1 << 20)
    )
    below = float(np.mean(np.square(found)))
    heard = max(energy / len(channel) - below, 0.0)
    return None if below <= _LEAST**2 * heard or below == 0.0 else found


def add_drift(
    channel: NDArray[np.float32], found: NDArray[np.float64], sample_rate: int, *, share: float
) -> None:
    """Add a share of a drift to a channel in place; -1 takes it away.

    Args:
        channel: samples, changed in place. **Shape** ``(time,)``.
        found: drift from `drift`.
        sample_rate: sample rate in Hz.
        share: factor on the drift.
    """
    hop = HOP_S * sample_rate
    for start in range(0, len(channel), 1 << 20):
        part = channel[start : start + (1 << 20)]
        places = np.arange(start, start + len(part)) / hop
        first = int(places[0])
        near = found[first : int(places[-1]) + 2]
        curve = np.interp(places, first + np.arange(len(near)), near)
        part += (share * curve).astype(part.dtype)


def _averages(channel: np.ndarray, hop: float) -> NDArray[np.float64]:
    """Averages under Blackman windows around multiples of a hop, NaN where one is cut off."""
    count = 1 + math.ceil((len(channel) - 1) / hop)
    n_boxes = count * _BOXES
    edges = np.rint((np.arange(n_boxes + 1) - 0.5 * _BOXES) * hop / _BOXES).astype(np.int64)
    edges = np.clip(edges, 0, len(channel))
    sums = np.zeros(n_boxes)
    for first in range(0, n_boxes, _CHUNK):
        own = edges[first : first + _CHUNK + 1]
        totals = np.cumsum(channel[own[0] : own[-1]], dtype=np.float64)
        sums[first : first + len(own) - 1] = np.diff(np.concatenate([[0.0], totals])[own - own[0]])
    sizes = np.diff(edges)
    is_whole = sizes >= math.floor(hop / _BOXES)
    boxes = np.where(is_whole, sums / np.maximum(sizes, 1), np.nan)
    # Boxes lie to either side of a multiple, so that a window of an even length is centred there.
    steps = np.blackman(2 * _REACH_HOPS * _BOXES + 1)
    window = steps[:-1] + steps[1:]
    reach = (len(window) - _BOXES) // 2
    padded = np.pad(boxes, reach, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(window))[::_BOXES]
    return windows[:count] @ (window / window.sum())


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The smooth curve that is nearest to what is known; straight towards either end."""
    from scipy.linalg import solveh_banded  # 0.1 s, which nobody waits for who transfers nothing

    step = 2.0 * math.sin(math.pi * _EDGE_HZ * HOP_S)
    stiffness = _LEFT / (1.0 - _LEFT) / step ** (2 * _ORDER)
    is_end = np.zeros(len(values) - 2)
    is_end[:_STRAIGHT_HOPS] = is_end[-_STRAIGHT_HOPS:] = 1.0
    is_known = np.isfinite(values)
    bands = _penalty(_ORDER, np.full(len(values) - _ORDER, stiffness))
    bands += _penalty(2, _STRAIGHT * is_end)
    bands[-1] += is_known
    return np.asarray(solveh_banded(bands, np.where(is_known, values, 0.0)))


def _penalty(order: int, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The matrix of weighed squares of differences, as its upper bands, `_ORDER` and the middle."""
    difference = [(-1.0) ** i * math.comb(order, i) for i in range(order + 1)]
    bands = np.zeros((_ORDER + 1, len(weights) + order))
    for i, one in enumerate(difference):
        for j, other in enumerate(difference[i:], start=i):
            bands[_ORDER - (j - i), j : len(weights) + j] += weights * (one * other)
    return bands
