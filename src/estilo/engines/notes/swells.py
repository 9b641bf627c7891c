"""What a player does within a note, apart from what the instrument does to all of its notes.

How a bow or a breath begins, and how a string fades, is much the same in all notes of a recording.
What differs from one note to another, a swell in one and a fading in the next, is how they were
played; only this can be handed to another instrument.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

from estilo.analysis.transcription.heard import STEP_S, HeardNote

_ENOUGH = 4
_TOLD_S = 4.0
_BEGINNING_S, _END_S = 0.08, 0.06
_SMOOTH_S = 0.08
_SOFTER_DB, _LOUDER_DB = -12.0, 6.0


def played_swells(notes: Sequence[HeardNote]) -> tuple[HeardNote, ...]:
    """Notes whose courses of level say how far each swells otherwise than notes usually do.

    What is usual is the median over the notes, for as long as four of them last; a recording of
    fewer has no usual course, and all that its notes do after their beginning is their player's.

    Args:
        notes: notes of one recording.

    Example:
        >>> even = HeardNote(0.0, 0.9, 60.0, -20.0, levels_db=np.linspace(-9, 0, 90, dtype="f4"))
        >>> swell = replace(even, levels_db=np.linspace(-18, 0, 90, dtype="f4"))
        >>> *_, first, last = played_swells([even, even, even, swell])
        >>> float(np.ptp(first.levels_db)), round(float(np.ptp(last.levels_db)))
        (0.0, 8)
    """
    usual_db = _usual_db([note.levels_db for note in notes])
    return tuple(replace(note, levels_db=_beyond_usual(note.levels_db, usual_db)) for note in notes)


def _usual_db(courses: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Median course, its last value that four notes tell held on."""
    n_steps = round(_TOLD_S / STEP_S)
    lengths = np.sort([min(len(each), n_steps) for each in courses])[::-1]
    n_told = int(lengths[_ENOUGH - 1]) if len(lengths) >= _ENOUGH else 0
    rows = np.full((len(courses), n_told), np.nan, np.float32)
    for row, course in zip(rows, courses, strict=True):
        row[: len(course)] = course[:n_told]
    return np.nanmedian(rows, axis=0) if n_told else np.zeros(1, np.float32)


def _beyond_usual(
    course: NDArray[np.float32], usual_db: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How far a course is from the usual one, about its median; its ends say nothing."""
    n_steps = len(course)
    beyond = course - np.pad(usual_db, (0, max(n_steps - len(usual_db), 0)), mode="edge")[:n_steps]
    first, last = round(_BEGINNING_S / STEP_S), n_steps - round(_END_S / STEP_S)
    if last - first < 2:
        return np.zeros(1, np.float32)
    beyond = np.pad(beyond[first:last], (first, n_steps - last), mode="edge")
    smooth = scipy.ndimage.uniform_filter1d(beyond, round(_SMOOTH_S / STEP_S), mode="nearest")
    return np.clip(smooth - np.median(smooth), _SOFTER_DB, _LOUDER_DB).astype(np.float32)
