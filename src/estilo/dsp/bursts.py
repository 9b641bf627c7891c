"""Pops and bursts: what is far louder than all the rest of a recording, and soon over.

One click of a cable would decide what a recording's spectrum and loudness are. Attacks are no such
thing: what follows them is louder than what precedes them.
"""

from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from estilo.dsp.extension import extended, predictor

Span = tuple[int, int]
"""First sample, and the one after the last."""

_BLOCK_S = 0.005
_ABOVE = 10.0  # of power, over the loudest of the rest: 10 dB
_AUDIBLE = 1e4  # of power: what lies 40 dB below is not what a recording is about
_SOUNDING = 0.01  # of power: what is within 20 dB of the loudest sounds
_LONGER = 20  # times that the rest sounds for longer than a burst
_LONGEST_S, _MOST = 0.25, 3
_NEAR, _LOUDER = 11, 4.0  # blocks to either side, and of power: what goes on 6 dB louder has begun
_CONTEXT_S = 0.1  # that a sound is continued from
_SOON_S, _ORDER, _LOADING = 0.02, 256, 1e-9
_CHUNK_BLOCKS = 1 << 12


def bursts(samples: NDArray[np.float32], sample_rate: int) -> list[Span]:
    """Find up to three stretches that are 10 dB louder than all the rest, or so much brighter.

    Powers are compared in blocks of 5 ms, of the samples and of their differences. Bursts last at
    most 0.25 s together, and a twentieth of the time in which the rest is within 20 dB of its own
    loudest. What begins a sound that goes on louder than before is none.

    Args:
        samples: samples. **Shape** ``(channels, time)``.
        sample_rate: sample rate in Hz.

    Returns:
        Where they are, in order, with at least 5 ms before and after each where there is room.

    Example:
        >>> tone = 0.1 * np.sin(0.1 * np.arange(32_000, dtype=np.float32))[None]
        >>> bursts(tone, 16_000)
        []
        >>> tone[0, 8_000] = 1.0
        >>> bursts(tone, 16_000)
        [(7920, 8160)]
    """
    size = max(1, round(_BLOCK_S * sample_rate))
    loud = np.zeros(-(-samples.shape[1] // size), bool)
    powers, of_differences = _block_powers(samples, size)
    loud |= _outstanding(powers, most=_MOST)
    # Attacks are bright: what is only brighter than the rest is one click, and does not begin it.
    loud |= _outstanding(of_differences, most=1) & (np.arange(len(loud)) > 1)
    if not loud.any():
        return []
    return [
        (max(first - 1, 0) * size, min((stop + 1) * size, samples.shape[1]))
        for first, stop in _runs(loud)
    ]


def without_bursts(
    samples: NDArray[np.float32], found: list[Span], sample_rate: int
) -> list[NDArray[np.float32]]:
    """What could have been heard in place of bursts: the sound around each, carried on across it.

    Both sides are predicted linearly and faded into each other; of what is soon over the samples
    are then moved to where, from one side to the other, all errors of the prediction add up to the
    least power (Janssen, Veldhuis & Vries 1986, IEEE Trans. ASSP 34, 317).

    Args:
        samples: samples, left as they are. **Shape** ``(channels, time)``.
        found: bursts from `bursts`.
        sample_rate: sample rate in Hz.

    Returns:
        Samples for each burst, **shape** ``(channels, stop - start)``.
    """
    context = round(_CONTEXT_S * sample_rate)
    ends = [0, *(place for span in found for place in span), samples.shape[1]]
    quiet = list(zip(ends[::2], ends[1::2], strict=True))
    out = []
    for (start, stop), (before, after) in zip(found, pairwise(quiet), strict=True):
        length = stop - start
        bridged = np.zeros((len(samples), length), np.float32)
        for own, channel in zip(bridged, samples, strict=True):
            sides = (
                (channel[max(before[0], start - context) : start], slice(-length, None)),
                (channel[stop : min(after[1], stop + context)], slice(None, length)),
            )
            for side, part in sides:
                if len(side):
                    seen = torch.from_numpy(np.ascontiguousarray(side))
                    own += extended(seen, length)[part].numpy()
            if length <= _SOON_S * sample_rate and all(len(side) > length for side, _ in sides):
                own[:] = _smoothest(sides[0][0], own, sides[1][0])
        out.append(bridged)
    return out


def _smoothest(
    before: NDArray[np.float32], between: NDArray[np.float32], after: NDArray[np.float32]
) -> NDArray[np.float64]:
    """What lies between at the least power of all errors of prediction; **shape** its own."""
    from scipy.linalg import solve_toeplitz

    around = np.concatenate([before, between, after]).astype(np.float64)
    coefficients = predictor(around, min(_ORDER, len(around) // 3))
    errors_of = np.concatenate([[1.0], -coefficients])
    order, gap = len(coefficients), slice(len(before), len(before) + len(between))
    around[gap] = 0.0
    errors = np.convolve(around, errors_of)[gap.start : gap.stop + order]
    lags = np.correlate(errors_of, errors_of, "full")[order:]
    column = np.zeros(len(between))
    column[: len(lags)] = lags[: len(column)]
    column[0] *= 1.0 + _LOADING
    wanted = -np.correlate(errors, errors_of, "valid")[: len(between)]
    return np.asarray(solve_toeplitz(column, wanted), np.float64)


def _outstanding(powers: NDArray[np.float64], *, most: int) -> NDArray[np.bool_]:
    """Blocks that stand out from all the rest, in so many runs, as bursts do."""
    longest = min(int(_LONGEST_S / _BLOCK_S), len(powers) // _LONGER)
    order = np.argsort(-powers)[:longest]
    found = np.zeros(len(powers), bool)
    chosen = np.zeros(len(powers), bool)
    for block in order:
        found[block] = True
        near = found.copy()
        near[1:] |= found[:-1]
        near[:-1] |= found[1:]
        rest = powers[~near]
        if len(rest) == 0 or not rest.max() > 0.0:
            break
        loudest = rest.max()
        if powers[block] >= _ABOVE * loudest and powers[order[0]] <= _AUDIBLE * loudest:
            sounding = int((rest > _SOUNDING * loudest).sum())
            if len(_runs(found)) <= most and _LONGER * int(found.sum()) <= sounding:
                chosen = found.copy()
    for first, stop in _runs(chosen) if chosen.any() else ():
        if not _is_over(powers, first, stop):
            chosen[first:stop] = False
    return chosen


def _is_over(powers: NDArray[np.float64], first: int, stop: int) -> bool:
    """Whether what follows is no louder than what precedes, where there are both."""
    before, after = powers[max(first - _NEAR, 0) : max(first - 1, 0)], powers[stop + 1 :][:_NEAR]
    if len(before) == 0 or len(after) == 0:
        return True
    return bool(np.median(after) <= _LOUDER * np.median(before))


def _block_powers(
    samples: NDArray[np.float32], size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Power of every block, of the samples and of their differences, all channels together."""
    n_blocks = -(-samples.shape[1] // size)
    out = np.zeros((2, n_blocks))
    for first in range(0, n_blocks, _CHUNK_BLOCKS):
        start, stop = first * size, (first + _CHUNK_BLOCKS) * size
        for channel in samples:
            part = channel[start:stop].astype(np.float64)
            before = channel[start - 1 : start] if start else part[:1]
            edges = np.arange(0, len(part), size)
            for own, values in zip(out, (part, np.diff(part, prepend=before)), strict=True):
                # About the block's mean, as an offset is nothing that is heard.
                totals = np.add.reduceat(values, edges)
                power = np.add.reduceat(np.square(values), edges) - totals**2 / size
                own[first : first + len(edges)] += power.clip(min=0.0)
    return out[0], out[1]


def _runs(found: NDArray[np.bool_]) -> list[Span]:
    """First block of every run, and the one after its last; one quiet block is bridged."""
    places = np.flatnonzero(found)
    cuts = np.flatnonzero(np.diff(places) > 2) + 1
    bounds = [0, *cuts.tolist(), len(places)]
    return [(int(places[a]), int(places[b - 1]) + 1) for a, b in pairwise(bounds)]
