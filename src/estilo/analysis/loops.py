"""Whether a recording is a loop: what follows its end is its beginning."""

import numpy as np
from numpy.typing import NDArray

from estilo.dsp.extension import closes

_HOP_S = 0.001
_BEFORE, _AFTER = 10, 4  # hops over which powers before and after an attack are averaged
_RISE = 8.0  # of power, at an attack: 9 dB
_FLOOR = 1e-5  # of the loudest hundredth: rises below it are not heard
_APART = 30  # hops between attacks, at least
_SHORTEST_BEAT_S, _LONGEST_BEAT_S = 0.09, 0.6
_SEAM_S, _FADED = 0.005, 0.1
_LEAST_BEATS, _MOST_BEATS = 4, 64
_NEAR_S = 0.003
_LEAST_ATTACKS, _LEAST_SHARE = 4, 0.7


def is_loop(samples: NDArray[np.float32], sample_rate: int) -> bool:
    """Whether a recording can be played round without a break.

    It either goes on smoothly from its end to its start (`estilo.dsp.extension.closes`), or, as a
    loop of drums does that begins with a hit, in time: it lasts for a whole number of beats, on
    which most of its attacks fall to 3 ms, counted from its start.

    Args:
        samples: samples. **Shape** ``(channels, time)``.
        sample_rate: sample rate in Hz.

    Example:
        >>> clicks = np.zeros((1, 16_000), np.float32)
        >>> clicks[:, ::2000] = 1.0
        >>> is_loop(clicks, 8000), is_loop(clicks[:, :15_300], 8000)
        (True, False)
    """
    if _fades_at_both_ends(samples, sample_rate):
        return False
    return closes(samples) or _closes_in_time(samples, sample_rate)


def _fades_at_both_ends(samples: NDArray[np.float32], sample_rate: int) -> bool:
    """Whether next to nothing would sound across the seam, which then needs no closing."""
    size = max(round(_SEAM_S * sample_rate), 1)
    if samples.shape[1] < size:
        return False
    ends = (samples[:, :size], samples[:, -size:], samples)
    first, last, whole = (float(np.sqrt(np.vdot(each, each) / each.size)) for each in ends)
    return max(first, last) < _FADED * whole


def _closes_in_time(samples: NDArray[np.float32], sample_rate: int) -> bool:
    length_s = samples.shape[1] / sample_rate
    if length_s > _MOST_BEATS * _LONGEST_BEAT_S:
        return False
    attacks_s = _attacks_s(samples, sample_rate)
    if len(attacks_s) < _LEAST_ATTACKS:
        return False
    for n_beats in range(_LEAST_BEATS, _MOST_BEATS + 1):
        beat_s = length_s / n_beats
        if _SHORTEST_BEAT_S <= beat_s <= _LONGEST_BEAT_S:
            is_near = np.abs(attacks_s - beat_s * np.round(attacks_s / beat_s)) < _NEAR_S
            if is_near.sum() >= _LEAST_ATTACKS and is_near.mean() >= _LEAST_SHARE:
                return True
    return False


def _attacks_s(samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64]:
    """Times of sudden rises of the power, or of that of the differences, but for the start."""
    hop = max(1, round(_HOP_S * sample_rate))
    n_hops = samples.shape[1] // hop
    if n_hops <= _BEFORE + _AFTER:
        return np.zeros(0)
    sums = np.zeros((2, n_hops))
    for channel in samples:
        for own, order in zip(sums, (0, 1), strict=True):
            steps = np.diff(channel[: n_hops * hop], n=order, prepend=channel[:order])
            own += np.square(steps, dtype=np.float64).reshape(n_hops, hop).sum(1)
    rises = np.max([_rises(each) for each in sums], axis=0)
    found: list[int] = []
    for place in np.argsort(-rises).tolist():
        if rises[place] < _RISE:
            break
        if all(abs(place - other) > _APART for other in found):
            found.append(place)
    return np.sort(found) * hop / sample_rate


def _rises(powers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power after every hop's start over that before it; 0 near the ends."""
    floor = _FLOOR * float(np.sort(powers)[-max(1, len(powers) // 100) :].mean()) + 1e-30
    totals = np.concatenate([[0.0], np.cumsum(powers + floor)])
    places = np.arange(_BEFORE, len(powers) - _AFTER)
    after = (totals[places + _AFTER] - totals[places]) / _AFTER
    before = (totals[places] - totals[places - _BEFORE]) / _BEFORE
    out = np.zeros(len(powers))
    out[places] = after / before
    return out
