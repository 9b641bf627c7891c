"""New partials: what sounds beside the content's own partials."""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.attributes.lines import Lines, lines
from estilo.analysis.attributes.modulation import swings
from estilo.analysis.sound import Sound

_PROMINENCE_DB, _CONTENT_PROMINENCE_DB = 15.0, 10.0
_CONTENT_RANGE_DB = 60.0  # an equaliser may raise what is hardly heard
_REACH_CENTS, _REACH_BINS, _REACH_FRAMES = 40.0, 2, 3


def new_partials_percent(output: Sound, content: Sound) -> float | None:
    """Share of the output's partials, by power, that stand where the content has none.

    An equaliser makes no new partials, whatever it raises; nor does noise, whose peaks do not stand
    out. A partial is the content's own within 40 cents, or 20 Hz, and 90 ms, and as far beyond as
    vibrato carries it.

    Args:
        output: any length; both are heard for as long as the shorter lasts.
        content: any length.

    Returns:
        0 to 100; None where the output has no partials.

    Example:
        >>> def tone(*partials_hz):
        ...     waves = [np.sin(2 * np.pi * hz * np.arange(32_000) / 16_000) for hz in partials_hz]
        ...     return Sound(np.sum(waves, axis=0), 16_000)
        >>> content, bell = tone(300, 600), tone(300, 810)
        >>> new_partials_percent(content, content), round(new_partials_percent(bell, content))
        (0.0, 49)
    """
    theirs, ours = content.once(lines), output.once(lines)
    n_frames = min(len(theirs.power), len(ours.power))
    theirs, ours = Lines(theirs.power[:n_frames]), Lines(ours.power[:n_frames])
    peaks = ours.peaks(prominence_db=_PROMINENCE_DB)
    power = np.where(peaks, ours.power, np.float32(0.0))
    if not power.any():
        return None
    known = theirs.peaks(prominence_db=_CONTENT_PROMINENCE_DB, range_db=_CONTENT_RANGE_DB)
    cents = _REACH_CENTS + sum(each.once(swings).vibrato_cents or 0.0 for each in (output, content))
    own = _around(known, cents=cents)
    return float(100.0 * power[~own].sum(dtype=np.float64) / power.sum(dtype=np.float64))


def _around(places: NDArray[np.bool_], *, cents: float) -> NDArray[np.bool_]:
    """Places and what is near them; **shape** ``(frames, bins)`` both."""
    n_bins = places.shape[1]
    bins = np.arange(n_bins)
    reach = _REACH_BINS + np.rint(bins * (2.0 ** (cents / 1200.0) - 1.0)).astype(int)
    counts = np.pad(np.cumsum(places, axis=1), ((0, 0), (1, 0)))
    upper, lower = np.minimum(bins + reach + 1, n_bins), np.maximum(bins - reach, 0)
    near = counts[:, upper] > counts[:, lower]
    out = near.copy()
    for shift in range(1, _REACH_FRAMES + 1):
        out[shift:] |= near[:-shift]
        out[:-shift] |= near[shift:]
    return out
