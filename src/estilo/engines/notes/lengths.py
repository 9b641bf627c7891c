"""How long notes last that nobody holds: those of what is struck or plucked, for as long as heard.

Of a plucked string nobody can hear how long a bow would have held its note. What fades is heard to
end early; played by an instrument that holds its notes, that end would make a staccato of any tune.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from estilo.analysis.transcription import HeardNote, Transcription
from estilo.analysis.transcription.heard import STEP_S

_ATTACK_STEPS, _LEAST_STEPS = 5, 15
_FALL_DB_S = 3.0  # of three quarters of the notes, at least
_PEAK_S = 0.08  # place of the loudest moment of most notes, at most
_AUDIBLE_DB = 35.0
_DROP_STEPS, _DROP_DB, _FASTER = 6, 6.0, 2.0
_LONGEST_S = 4.0
_BEFORE_NEXT_S = 0.01
_TOGETHER_S = 0.05
_TINY = 1e-20


def is_struck(notes: Sequence[HeardNote]) -> bool:
    """Whether notes fade from their beginning, as struck and plucked ones do.

    Args:
        notes: notes of one recording.

    Example:
        >>> fading = HeardNote(0.0, 0.5, 60.0, -20.0, levels_db=np.linspace(0.0, -20.0, 50))
        >>> is_struck([fading]), is_struck([HeardNote(0.0, 0.5, 60.0, -20.0)])
        (True, False)
    """
    telling = [note for note in notes if len(note.levels_db) >= _LEAST_STEPS]
    if not telling:
        return False
    falls_db_s = [_fall_db_s(note) for note in telling]
    peaks_s = [STEP_S * int(np.argmax(note.levels_db)) for note in telling]
    return bool(np.percentile(falls_db_s, 25) >= _FALL_DB_S and np.median(peaks_s) <= _PEAK_S)


def as_audible(transcription: Transcription) -> Transcription:
    """Notes that fade by themselves, each until another begins, it is damped, or 35 dB down.

    Where they are held, and where no recording was heard, nothing changes.

    Args:
        transcription: what was heard of a recording.

    Example:
        >>> course = np.linspace(0.0, -6.0, 30).astype(np.float32)
        >>> plucked = HeardNote(0.0, 0.3, 60.0, -20.0, levels_db=course)
        >>> powers = np.stack([10.0 ** (-np.arange(200) / 50.0), np.zeros(200)])
        >>> (note,) = as_audible(Transcription((plucked,), powers=powers)).notes
        >>> round(note.end_s, 2)
        1.76
    """
    if not is_struck(transcription.notes):
        return transcription
    whole = transcription.powers[0]
    starts_s = np.array([note.start_s for note in transcription.notes])
    notes = tuple(_until_silent(note, whole, starts_s) for note in transcription.notes)
    return replace(transcription, notes=notes)


def _fall_db_s(note: HeardNote) -> float:
    """Fall of its level after its attack; 0 of what is too short to tell."""
    course = note.levels_db[_ATTACK_STEPS:]
    if len(course) < _LEAST_STEPS - _ATTACK_STEPS:
        return 0.0
    return float(-np.polyfit(STEP_S * np.arange(len(course)), course, 1)[0])


def _drops(levels_db: np.ndarray, *, fall_db_s: float) -> np.ndarray:
    """Where the level falls so much faster than before that the note is let go or damped."""
    after_db = np.append(levels_db[_DROP_STEPS:], np.full(_DROP_STEPS, np.inf))[: len(levels_db)]
    usual_db = _FASTER * max(fall_db_s, 0.0) * STEP_S * _DROP_STEPS
    return levels_db - after_db > _DROP_DB + usual_db


def _until_silent(note: HeardNote, whole: np.ndarray, starts_s: np.ndarray) -> HeardNote:
    following = int(np.searchsorted(starts_s, note.start_s + _TOGETHER_S, side="right"))
    last_s = min(
        starts_s[following] - _BEFORE_NEXT_S if following < len(starts_s) else np.inf,
        note.start_s + _LONGEST_S,
        STEP_S * len(whole),
    )
    first, end = round(note.start_s / STEP_S), round(note.end_s / STEP_S)
    levels_db = 10.0 * np.log10(whole[first : round(last_s / STEP_S)] + _TINY)
    is_over = levels_db < levels_db.max(initial=-np.inf) - _AUDIBLE_DB
    is_over |= _drops(levels_db, fall_db_s=_fall_db_s(note))
    over = np.flatnonzero(is_over)
    over = over[over >= end - first - _DROP_STEPS]
    n_steps = int(over[0]) if len(over) else len(levels_db)
    n_more = n_steps - (end - first)
    if n_more <= 0:
        return note
    fading_db = levels_db[end - first : n_steps] - levels_db[max(end - first - 1, 0)]
    return replace(
        note,
        end_s=note.end_s + n_more * STEP_S,
        cents=np.pad(note.cents, (0, n_more), mode="edge"),
        levels_db=np.append(note.levels_db, note.levels_db[-1] + fading_db).astype(np.float32),
    )
