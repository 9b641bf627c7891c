r"""What lies below hearing: the constant offset of a cheap interface, and drifts below 10 Hz.

The drift is the smooth curve :math:`b` that minimises
:math:`\sum (x - b)^2 + \lambda \sum (\Delta^6 b)^2` (Whittaker 1923, Proc. Edinburgh Math. Soc. 41;
Eilers 2003, Anal. Chem. 75, 3631), found on averages 2.5 ms apart. It is a low-pass without phase
that needs nothing beyond the ends: it takes 99 % of what has 9.5 Hz, and 2 % of what has 20.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

HOP_S = 0.0025
_REACH_HOPS = 6  # to either side that an average is taken over: what can be heard cancels in it
_EDGE_HZ, _LEFT = 9.5, 0.01
_ORDER = 6
_STRAIGHT_HOPS, _STRAIGHT = 8, 1e3  # near the ends, where the lowest notes would bend it
_BOXES = 4  # plain averages per hop that a window is laid over
_CHUNK = 1 << 14
_STRETCH, _MARGIN = 640, 192  # values; at the margin 1e-5 is left of what a value does
_SHORTEST_S = 0.1
_LEAST = 0.02  # -34 dB of what is heard: a drift below that is left where it is
_LEAST_OFFSET = 1e-6  # less is what rounding leaves


def drift(channel: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64] | None:
    """Offset and drift of one channel, to be subtracted by `add_drift`.

    Args:
        channel: samples. **Shape** ``(time,)``.
        sample_rate: sample rate in Hz.

    Returns:
        Values every `HOP_S` from the first sample on, in full scale: the offset, and with it the
        drift where that is within 34 dB of what is heard. None where there is neither, or the
        channel is shorter than 0.1 s.

    Example:
        >>> tone = np.sin(np.pi / 40 * np.arange(16_000, dtype=np.float32))
        >>> drift(tone, 16_000) is None
        True
        >>> found = drift(tone + np.float32(0.25), 16_000)
        >>> round(float(found.min()), 2), round(float(found.max()), 2)
        (0.25, 0.25)
    """
    if len(channel) < _SHORTEST_S * sample_rate:
        return None
    total = energy = 0.0
    for start in range(0, len(channel), 1 << 20):
        part = channel[start : start + (1 << 20)].astype(np.float64)
        total += float(part.sum())
        energy += float(part @ part)
    # Apart from the drift, so that a recording with an offset is heard as it is without.
    offset = total / len(channel)
    found = _smooth(_averages(channel, HOP_S * sample_rate) - offset)
    below = float(np.mean(np.square(found)))
    heard = max(energy / len(channel) - offset**2 - below, 0.0)
    if below > _LEAST**2 * heard:
        return found + offset
    return np.full(len(found), offset) if offset**2 > _LEAST_OFFSET**2 * heard else None


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

    def edges_of(numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        # Ends of boxes lie between samples: rounded ones would tremble, and hum with every tone.
        return np.clip((numbers - 0.5 * _BOXES) * hop / _BOXES, 0.0, len(channel))

    sums = np.zeros(n_boxes)
    for first in range(0, n_boxes, _CHUNK):
        own = edges_of(np.arange(first, min(first + _CHUNK, n_boxes) + 1))
        start, stop = int(own[0]), math.ceil(own[-1])
        totals = np.concatenate([[0.0], np.cumsum(channel[start:stop], dtype=np.float64)])
        at_edges = np.interp(own - start, np.arange(len(totals)), totals)
        sums[first : first + len(own) - 1] = np.diff(at_edges)
    # Boxes lie to either side of a multiple, so that a window of an even length is centred there.
    steps = np.blackman(2 * _REACH_HOPS * _BOXES + 1)
    window = steps[:-1] + steps[1:]
    reach = (len(window) - _BOXES) // 2
    out = np.empty(count)
    for first in range(0, count, _CHUNK):
        stop = min(first + _CHUNK, count)
        begin, end = first * _BOXES - reach, stop * _BOXES + reach
        near = slice(max(begin, 0), min(end, n_boxes))
        sizes = np.diff(edges_of(np.arange(near.start, near.stop + 1)))
        is_whole = sizes > 0.999 * hop / _BOXES
        boxes = np.where(is_whole, sums[near] / np.maximum(sizes, 1e-9), np.nan)
        missing = max(-begin, 0), max(end - n_boxes, 0)
        padded = np.pad(boxes, missing, constant_values=np.nan)
        windows = np.lib.stride_tricks.sliding_window_view(padded, len(window))[::_BOXES]
        out[first:stop] = windows[: stop - first] @ (window / window.sum())
    return out


def _smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The smooth curve that is nearest to what is known; straight towards either end.

    A stretch at a time: what is further away than its margin has no part in it.
    """
    count, is_known = len(values), np.isfinite(values)
    unknown = int(np.argmax(is_known)), int(np.argmax(is_known[::-1]))
    filled = np.where(is_known, values, 0.0)
    if count <= _STRETCH:
        return _smoother(count, *unknown, True, True) @ filled
    out, done = np.empty(count), 0
    while done < count:
        start = min(max(done - _MARGIN, 0), count - _STRETCH)
        is_first, is_last = start == 0, start + _STRETCH == count
        before, after = unknown[0] * is_first, unknown[1] * is_last
        made = _smoother(_STRETCH, before, after, is_first, is_last)
        stop = count if is_last else start + _STRETCH - _MARGIN
        rows = slice(done - start, stop - start)
        out[done:stop] = made[rows] @ filled[start : start + _STRETCH]
        done = stop
    return out


@lru_cache(maxsize=4)
def _smoother(
    count: int, before: int, after: int, is_first: bool, is_last: bool
) -> NDArray[np.float64]:
    """The matrix that smooths, where so many values are not known at either end."""
    step = 2.0 * math.sin(math.pi * _EDGE_HZ * HOP_S)
    stiffness = _LEFT / (1.0 - _LEFT) / step ** (2 * _ORDER)
    is_end = np.zeros(count - 2)
    is_end[:_STRAIGHT_HOPS] = is_first
    is_end[-_STRAIGHT_HOPS:] += is_last
    is_known = np.ones(count)
    is_known[:before] = is_known[count - after :] = 0.0
    bends = np.diff(np.eye(count), n=2, axis=0)
    changes = np.diff(np.eye(count), n=_ORDER, axis=0)
    matrix = np.diag(is_known) + stiffness * (changes.T @ changes)
    matrix += (_STRAIGHT * is_end * bends.T) @ bends
    return np.asarray(np.linalg.inv(matrix), np.float64)
