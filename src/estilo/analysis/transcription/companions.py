"""Short notes that come with most notes at one interval: how an instrument begins its notes.

A flute of bamboo begins an octave lower, an ocarina with an overtone that is in no harmonic series.
Heard by itself such a beginning is a note; that it comes again and again, always as far from the
note that follows it and softer than that one, tells it from a chord.
"""

from collections import defaultdict
from collections.abc import Sequence

from estilo.analysis.transcription.heard import HeardNote

_LONGEST_S, _APART_S = 0.2, 0.1
_LEAST_RATIO = 1.5
_SOFTER_DB = 2.0
_LEAST, _LEAST_SHARE = 4, 0.25


def without_companions(notes: Sequence[HeardNote]) -> list[HeardNote]:
    """Notes without those that are only how others begin.

    Args:
        notes: notes in the order of their starts.

    Example:
        >>> long = [HeardNote(float(k), k + 0.8, 60.0 + k, -20.0) for k in range(5)]
        >>> chiffs = [HeardNote(k + 0.02, k + 0.1, 48.0 + k, -28.0) for k in range(5)]
        >>> notes = sorted([*long, *chiffs], key=lambda note: note.start_s)
        >>> without_companions(notes) == long
        True
    """
    by_interval: dict[int, set[int]] = defaultdict(set)
    for place, note in enumerate(notes):
        for other in _around(notes, place):
            if _may_begin_with(other, note):
                by_interval[round(note.pitch - other.pitch)].add(place)
    companions: set[int] = set()
    for places in by_interval.values():
        n_others = len(notes) - len(places)
        if len(places) >= _LEAST and len(places) >= _LEAST_SHARE * n_others:
            companions |= places
    return [note for place, note in enumerate(notes) if place not in companions]


def _around(notes: Sequence[HeardNote], place: int) -> list[HeardNote]:
    """Other notes that start at nearly the same time."""
    found = []
    for step in (-1, 1):
        other = place + step
        while (
            0 <= other < len(notes) and abs(notes[other].start_s - notes[place].start_s) <= _APART_S
        ):
            found.append(notes[other])
            other += step
    return found


def _may_begin_with(note: HeardNote, short: HeardNote) -> bool:
    return (
        short.duration_s <= _LONGEST_S
        and note.duration_s >= _LEAST_RATIO * short.duration_s
        and note.level_db >= short.level_db + _SOFTER_DB
    )
