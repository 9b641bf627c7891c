"""Pauses of the content that stay pauses: what an engine raises there is only noise."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from estilo.audio import Audio
from estilo.pipeline.preparing import frame_powers

_FRAME_S = 0.01
_LOUD, _FLOOR = 95.0, 5.0  # percent of the frames that are fainter
_OVER_FLOOR, _BELOW_LOUD = 4.0, 10.0**-2.5  # of power: 6 dB over the one, 25 dB below the other
_INAUDIBLE = 1e-7  # of power, below what is loud
_SHORTEST_S = 0.1
_MOST = 2.0  # times the content's own power, 3 dB
_AVERAGED_S = 0.1
_HELD, _SMOOTHED = 2, 2  # frames to either side: no gain reaches the sound beside a pause
_BLOCK = 1 << 20


def keep_pauses(
    samples: NDArray[np.float32], content: Audio, *, unless: Callable[[], bool] | None = None
) -> None:
    """Bring the noise in pauses down to 3 dB over the content's own.

    A pause is where the content is at its noise floor, or silent, for at least 0.1 s; its first and
    last 40 ms may ring.

    Args:
        samples: the output at its level, changed in place; **shape** that of the content.
        content: content, in time with the output.
        unless: function that is asked where something was raised, and says whether it may stay.

    Example:
        >>> tone = np.sin(np.arange(16_000)) * (np.arange(16_000) < 8_000)
        >>> hiss = (tone + 0.01 * np.random.default_rng(0).normal(size=16_000)).astype(np.float32)
        >>> output = hiss[None].copy()
        >>> keep_pauses(output, Audio(tone, 16_000))
        >>> np.array_equal(output[0, :8_000], hiss[:8_000]), not output[0, 9_600:14_400].any()
        (True, True)
    """
    frame = max(1, round(_FRAME_S * content.sample_rate))
    own = frame_powers(content.samples, frame)
    is_pause = _is_pause(own)
    allowed = _MOST * _averaged(own, is_pause)
    made = frame_powers(samples, frame)
    made = np.maximum(made, _averaged(made, is_pause))
    gains = np.sqrt(np.minimum(1.0, allowed / np.maximum(made, 1e-30)))
    gains = np.where(is_pause, gains, 1.0)
    if gains.min(initial=1.0) == 1.0 or (unless is not None and unless()):
        return
    curve = _smooth(gains)
    middles = (np.arange(len(curve)) + 0.5) * frame
    for start in range(0, samples.shape[1], _BLOCK):
        part = samples[:, start : start + _BLOCK]
        near = slice(max(start // frame - 1, 0), (start + part.shape[1]) // frame + 2)
        if curve[near].min() < 1.0:
            times = start + np.arange(part.shape[1]) + 0.5
            part *= np.interp(times, middles[near], curve[near]).astype(np.float32)


def _is_pause(powers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Frames within pauses of at least 0.1 s."""
    if not powers.any():
        return np.zeros(len(powers), bool)
    loud = float(np.percentile(powers, _LOUD)) or float(powers.max())
    floor = float(np.percentile(powers, _FLOOR))
    at_floor = _OVER_FLOOR * floor if floor < _BELOW_LOUD * loud else 0.0
    is_low = powers <= max(min(at_floor, _BELOW_LOUD * loud), _INAUDIBLE * loud)
    bounds = np.flatnonzero(np.diff(is_low, prepend=False, append=False)).reshape(-1, 2)
    for first, stop in bounds[np.diff(bounds)[:, 0] < round(_SHORTEST_S / _FRAME_S)].tolist():
        is_low[first:stop] = False
    return is_low


def _averaged(powers: NDArray[np.float64], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Running means over some of the frames; 0 where there are none."""
    reach, places = round(0.5 * _AVERAGED_S / _FRAME_S), np.arange(len(powers))
    first, stop = np.maximum(places - reach, 0), np.minimum(places + reach + 1, len(powers))
    totals, counts = (
        np.concatenate([[0.0], np.cumsum(each)]) for each in (powers * chosen, chosen)
    )
    return (totals[stop] - totals[first]) / np.maximum(counts[stop] - counts[first], 1.0)


def _smooth(gains: NDArray[np.float64]) -> NDArray[np.float64]:
    """Gains without corners that are nowhere below the highest near them."""
    padded = np.pad(gains, _HELD, mode="edge")
    held = np.lib.stride_tricks.sliding_window_view(padded, 2 * _HELD + 1).max(axis=1)
    window = np.hanning(2 * _SMOOTHED + 1)[1:-1]
    padded = np.pad(held, _SMOOTHED - 1, mode="edge")
    return np.convolve(padded, window / window.sum(), "valid")
