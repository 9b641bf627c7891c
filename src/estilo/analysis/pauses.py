"""Where a recording is silent: far below its own level, or down at its own noise floor.

Conventions: frames of `estilo.analysis.noise_floor`, one every 20 ms, all channels together.
"""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.noise_floor import HOP_S, noise_floor
from estilo.analysis.sound import Sound

AUDIBLE_DB = -70.0
"""Level below the loud parts of a recording under which nothing is heard, in dB."""

_SILENT_DB = -40.0
_OVER_FLOOR_DB, _LEAST_RANGE_DB = 6.0, 25.0
_LOUD, _FLOOR = 95.0, 5.0
_EDGE_S = 0.06  # as far as a frame and the smoothing of its noise reach
_LEAST_S = 0.1


def pauses(sound: Sound) -> NDArray[np.bool_]:
    """Which frames lie within a pause of at least 0.1 s; compute them through `Sound.once`.

    A pause is where the level is 40 dB below the loud parts (95 % of the time it is lower), or
    within 6 dB of the noise floor (5 % of the time it is lower) and 25 dB below them. Its first and
    last 60 ms do not count, so that no frame holds the end of a sound.

    **Shape**: ``(frames,)``; all False of a recording that is silent throughout.

    Args:
        sound: recording of any rate, length and channels.

    Example:
        >>> tone = np.sin(0.1 * np.arange(44100)) * (np.arange(44100) < 22050)
        >>> found = pauses(Sound(tone, 44100))
        >>> bool(found[:25].any()), bool(found[30:].all())
        (False, True)
    """
    total = sound.once(noise_floor).total.astype(np.float64)
    loud, floor = np.percentile(total, [_LOUD, _FLOOR]) if len(total) else (0.0, 0.0)
    if loud == 0.0:
        return np.zeros(len(total), bool)
    over_floor = min(floor * _ratio(_OVER_FLOOR_DB), loud * _ratio(-_LEAST_RANGE_DB))
    is_low = total <= max(loud * _ratio(_SILENT_DB), over_floor)
    edge, least = round(_EDGE_S / HOP_S), round(_LEAST_S / HOP_S)
    found = np.zeros_like(is_low)
    bounds = np.flatnonzero(np.diff(np.concatenate([[0], is_low.astype(np.int8), [0]])))
    for start, stop in zip(bounds[::2].tolist(), bounds[1::2].tolist(), strict=True):
        first = start + edge * (start > 0)
        last = stop - edge * (stop < len(is_low))
        if last - first >= least:
            found[first:last] = True
    return found


def _ratio(decibels: float) -> float:
    return 10.0 ** (decibels / 10.0)
