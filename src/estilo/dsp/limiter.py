"""A peak limiter that looks ahead: what is near an overshoot is turned down, and nothing else.

The gain that every moment needs is held for 10 ms to either side and then smoothed over as much
(Hämäläinen 2002, "Smoothing of the control signal without clipped output in digital peak limiters",
DAFx), so that it reaches each peak in time and has no corner that would be heard.
"""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from estilo.dsp.loudness import oversampled, oversampling

_BLOCK = 32  # samples that share a peak
_CHUNK_BLOCKS = 1 << 13
_REACH_S = 0.01
_PASSES = 4  # what the gain moves between two samples is next to nothing, and gone after one more
_TOLERANCE = 1.0 + 1e-5
_SOUNDING, _USUAL = 0.01, 95.0


def limit_peaks(samples: NDArray[np.float32], sample_rate: int, *, limit_dbtp: float) -> float:
    """Turn overshoots down where they are, in place; everything 40 ms away keeps its bits.

    All channels are turned down alike, so that the stereo image stays.

    Args:
        samples: samples, changed in place. **Shape** ``(channels, time)``.
        sample_rate: sample rate in Hz.
        limit_dbtp: true peak that must not be exceeded, in dBTP.

    Returns:
        Seconds in which something was turned down.

    Example:
        >>> click = np.zeros((1, 48_000), dtype=np.float32)
        >>> click[0, 24_000] = 1.0
        >>> limited_s = limit_peaks(click, 48_000, limit_dbtp=-6.0)
        >>> round(float(click.max()), 2), 0.0 < limited_s < 0.05
        (0.5, True)
    """
    limit = 10.0 ** (limit_dbtp / 20.0)
    reach = math.ceil(_REACH_S * sample_rate / _BLOCK) + 1
    touched: NDArray[np.bool_] | None = None
    for _ in range(_PASSES):
        peaks = _block_peaks(samples, sample_rate, above=limit)
        over = np.flatnonzero(peaks > limit * _TOLERANCE)
        if len(over) == 0:
            break
        touched = np.zeros(len(peaks), bool) if touched is None else touched
        for first, last in _runs(over, 4 * reach):
            start, stop = max(first - 2 * reach, 0), min(last + 2 * reach + 1, len(peaks))
            needed = np.minimum(1.0, limit / np.maximum(peaks[start:stop], limit))
            _apply(samples, _smooth(needed, reach), start)
            touched[start:stop] = True
    return 0.0 if touched is None else float(touched.sum()) * _BLOCK / sample_rate


def usual_peak(samples: NDArray[np.float32], sample_rate: int) -> float:
    """The peak that 19 of 20 moments of 10 ms stay under, in dBFS; -inf for silence.

    Moments that are 40 dB below the highest do not count.

    Args:
        samples: samples. **Shape** ``(channels, time)``.
        sample_rate: sample rate in Hz.

    Example:
        >>> click = np.full((1, 48_000), 0.1, dtype=np.float32)
        >>> click[0, 24_000] = 1.0
        >>> round(usual_peak(click, 48_000))
        -20
    """
    size = max(1, round(_REACH_S * sample_rate))
    peaks = np.zeros(-(-samples.shape[1] // size))
    step = size * max(1, _BLOCK * _CHUNK_BLOCKS // size)
    for channel in samples:
        for start in range(0, len(channel), step):
            part = np.abs(channel[start : start + step])
            own = np.maximum.reduceat(part, np.arange(0, len(part), size))
            first = start // size
            near = slice(first, first + len(own))
            peaks[near] = np.maximum(peaks[near], own)
    highest = float(peaks.max(initial=0.0))
    if highest == 0.0:
        return -math.inf
    usual = float(np.percentile(peaks[peaks >= _SOUNDING * highest], _USUAL))
    return 20.0 * math.log10(usual)


def _block_peaks(samples: np.ndarray, sample_rate: int, *, above: float) -> NDArray[np.float64]:
    """Highest value of all channels in every block; between the samples too where it may be above.

    A value between the samples belongs to the block of the sample before it.
    """
    factor, taps, most = oversampling(sample_rate)
    n_samples = samples.shape[1]
    peaks = np.zeros(-(-n_samples // _BLOCK))
    for first in range(0, len(peaks), _CHUNK_BLOCKS):
        start, stop = first * _BLOCK, min((first + _CHUNK_BLOCKS) * _BLOCK, n_samples)
        for channel in samples:
            part = np.abs(channel[start:stop])
            own = np.maximum.reduceat(part, np.arange(0, len(part), _BLOCK))
            # A large sample is felt in the blocks beside its own.
            felt = np.pad(own, 1)
            felt = np.maximum(np.maximum(felt[:-2], felt[2:]), own)
            near = np.flatnonzero(felt * most > above)
            for one, last in _runs(near, 1) if factor > 1 else ():
                begin, end = start + one * _BLOCK, min(start + (last + 1) * _BLOCK, n_samples)
                values = np.abs(oversampled(channel, begin, end, taps, factor))
                between = np.maximum.reduceat(values, np.arange(0, len(values), factor * _BLOCK))
                own[one : last + 1] = np.maximum(own[one : last + 1], between)
            block = slice(first, first + len(own))
            peaks[block] = np.maximum(peaks[block], own)
    if factor > 1 and n_samples:
        for channel in samples:
            for place, begin in ((0, -_BLOCK), (-1, n_samples)):
                beyond = np.abs(oversampled(channel, begin, begin + _BLOCK, taps, factor)).max()
                peaks[place] = max(peaks[place], float(beyond))
    return peaks


def _runs(places: NDArray[np.intp], apart: int) -> list[tuple[int, int]]:
    """First and last of every run of places of which none is further than that from the next."""
    if len(places) == 0:
        return []
    cuts = np.flatnonzero(np.diff(places) > apart) + 1
    bounds = [0, *cuts.tolist(), len(places)]
    return [(int(places[a]), int(places[b - 1])) for a, b in pairwise(bounds)]


def _smooth(needed: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """A gain without corners that is nowhere above what is needed."""
    padded = np.pad(needed, reach, constant_values=1.0)
    held = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).min(axis=1)
    window = np.hanning(2 * reach + 1)[1:-1]
    padded = np.pad(held, reach - 1, mode="edge")
    return np.convolve(padded, window / window.sum(), "valid")


def _apply(samples: np.ndarray, gains: NDArray[np.float64], start: int) -> None:
    """Blocks from one on times gains that run straight from the middle of one to the next."""
    first = start * _BLOCK
    stop = min(first + len(gains) * _BLOCK, samples.shape[1])
    middles = (np.arange(len(gains)) + 0.5) * _BLOCK
    curve = np.interp(np.arange(stop - first) + 0.5, middles, gains)
    samples[:, first:stop] *= curve.astype(samples.dtype)
