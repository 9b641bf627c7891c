"""How well notes were heard, by kinds of error."""

from collections.abc import Sequence
from typing import NamedTuple

import mir_eval
import numpy as np
from numpy.typing import NDArray

from estilo.analysis.transcription import HeardNote
from estilo.synthesis.notes import Note

_OCTAVES = {12, 19, 24, 28, 31}
_RING_S = 0.15
_REPEATED_S = 0.15
Known = Sequence[Note] | Sequence[HeardNote]


class Scores(NamedTuple):
    """How well the notes of a piece were heard.

    Args:
        precision: share of the heard notes that are right.
        recall: share of the notes that were heard.
        f1: their harmonic mean.
        f1_with_ends: the same where the end has to be right as well, within 20 % of the duration or
            50 ms.
        repeated: share of the notes that were heard of those struck again right after another of
            their pitch; not a number where there is none.
        octaves: share of the heard notes that are an octave or another harmonic off a note that
            begins then.
        ghosts: share of the heard notes that are neither right nor that, and at a pitch that does
            not sound then.
    """

    precision: float
    recall: float
    f1: float
    f1_with_ends: float
    repeated: float
    octaves: float
    ghosts: float


def scores_of(known: Sequence[Note], heard: Sequence[HeardNote], *, tolerance_s: float) -> Scores:
    """The scores of a piece.

    Args:
        known: its notes.
        heard: the notes that were heard.
        tolerance_s: how far from its place a start may be found, in seconds.
    """
    true, found = _as_arrays(known), _as_arrays(heard)
    matched = mir_eval.transcription.match_notes(
        *true,
        *found,
        onset_tolerance=tolerance_s,
        offset_ratio=None,  # type: ignore[arg-type]
    )
    with_ends = mir_eval.transcription.match_notes(
        *true, *found, onset_tolerance=tolerance_s, offset_ratio=0.2
    )
    recalled, right = {pair[0] for pair in matched}, {pair[1] for pair in matched}
    repeated = [place for place, note in enumerate(known) if _is_repeated(note, known)]
    wrong = [note for place, note in enumerate(heard) if place not in right]
    octaves = sum(_is_octave(note, known, tolerance_s) for note in wrong)
    ghosts = sum(
        not _is_octave(note, known, tolerance_s) and not _sounds(note, known) for note in wrong
    )
    n_known, n_heard = max(len(known), 1), max(len(heard), 1)
    return Scores(
        len(matched) / n_heard,
        len(matched) / n_known,
        2.0 * len(matched) / (n_heard + n_known),
        2.0 * len(with_ends) / (n_heard + n_known),
        float(np.mean([place in recalled for place in repeated])) if repeated else np.nan,
        octaves / n_heard,
        ghosts / n_heard,
    )


def _as_arrays(notes: Known) -> tuple[NDArray, NDArray]:
    spans = [(each.start_s, each.start_s + max(each.duration_s, 0.01)) for each in notes]
    pitches = np.array([each.pitch for each in notes], float)
    return np.array(spans, float).reshape(-1, 2), 440.0 * 2.0 ** ((pitches - 69.0) / 12.0)


def _is_repeated(note: Note, known: Sequence[Note]) -> bool:
    ends = (
        other.start_s + other.duration_s
        for other in known
        if other.start_s < note.start_s and round(other.pitch) == round(note.pitch)
    )
    return any(note.start_s - end_s < _REPEATED_S for end_s in ends)


def _is_octave(heard: HeardNote, known: Sequence[Note], tolerance_s: float) -> bool:
    near = {
        round(abs(each.pitch - heard.pitch))
        for each in known
        if abs(each.start_s - heard.start_s) <= tolerance_s
    }
    return 0 not in near and bool(near & _OCTAVES)


def _sounds(heard: HeardNote, known: Sequence[Note]) -> bool:
    return any(
        abs(each.pitch - heard.pitch) < 0.6
        and each.start_s - 0.1 < heard.start_s < each.start_s + each.duration_s + _RING_S
        for each in known
    )
