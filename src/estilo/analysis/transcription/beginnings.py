"""Hits that are no event of their own: how notes begin and end, and where a recording breaks off.

A hammer, a plectrum or a tongue is heard as a hit with the note that it starts. In recordings with
drums a quarter or more of the hits lie off any note, and the others are drums as well; where hardly
any does, all of them are the notes' own.
"""

from collections.abc import Sequence

import numpy as np

_ON_NOTE_S = 0.02
_OFF_NOTES, _LEAST_OFF_NOTES = 0.15, 3
_AT_END_S = 0.03


def own_hits(
    hits_s: Sequence[float], starts_s: Sequence[float], *, duration_s: float
) -> list[float]:
    """Times of the hits that are events of their own, in seconds.

    Args:
        hits_s: times at which hits were heard, in seconds.
        starts_s: times at which notes begin, in seconds.
        duration_s: duration of the recording, in seconds.

    Example:
        >>> notes_s = [0.0, 0.5, 1.0, 1.5]
        >>> own_hits([0.01, 0.5, 1.99], notes_s, duration_s=2.0)
        []
        >>> own_hits([0.01, 0.25, 0.5, 0.75, 1.25, 1.99], notes_s, duration_s=2.0)
        [0.01, 0.25, 0.5, 0.75, 1.25]
    """
    within = [each for each in hits_s if each < duration_s - _AT_END_S]
    notes_s = np.asarray(starts_s)
    n_off = sum(np.abs(notes_s - each).min(initial=np.inf) > _ON_NOTE_S for each in within)
    is_drumming = n_off >= max(_LEAST_OFF_NOTES, _OFF_NOTES * len(within))
    return within if is_drumming or not len(notes_s) else []
