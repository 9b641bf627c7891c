"""How fast notes fall silent where the style does not tell: as fast as those of the content."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from estilo.analysis.transcription import HeardNote, Transcription
from estilo.analysis.transcription.heard import STEP_S
from estilo.sampler.instrument import Instrument
from estilo.sampler.releases import USUAL_RELEASE_DB_S

_BEFORE, _AFTER = 2, 15  # steps around an end, which may be heard a little early
_STEEPEST = 5  # steps: as long as a window blurs an end
_LEAST_NOTES, _FASTEST_DB_S = 2, 2000.0
_TINY = 1e-20


def let_go_as(instrument: Instrument, content: Transcription) -> Instrument:
    """An instrument of which no end of a note is heard, let go as fast as the content's notes.

    A usual release would ring on into the content's pauses, where these fall silent at once.

    Args:
        instrument: instrument of a style.
        content: what was heard of the content.
    """
    if instrument.release_db_s != USUAL_RELEASE_DB_S:
        return instrument
    own_db_s = release_db_s(content.notes, content.powers)
    return replace(instrument, release_db_s=max(own_db_s or 0.0, USUAL_RELEASE_DB_S))


def release_db_s(notes: Sequence[HeardNote], powers: np.ndarray) -> float | None:
    """Fall of the level where notes end and nothing else sounds, in dB per second.

    It is the median over such ends of the steepest fall within 50 ms, 2000 at most; None where
    there are less than two of them.

    Args:
        notes: notes of a recording.
        powers: power of the recording every `STEP_S`. **Shape** ``(2, steps)``, of which the first
            row counts.

    Example:
        >>> notes = [HeardNote(start, start + 0.5, 60.0, -20.0) for start in (0.0, 1.0)]
        >>> sounding = np.tile(np.repeat([1.0, 1e-6], 50), 2)
        >>> round(release_db_s(notes, np.stack([sounding, sounding])))
        1200
    """
    levels_db = 10.0 * np.log10(powers[0] + _TINY) if len(powers) else np.zeros(0)
    starts = np.array([round(note.start_s / STEP_S) for note in notes])
    stops = np.array([round(note.end_s / STEP_S) for note in notes])
    falls_db_s = []
    for stop in stops:
        is_covered = (starts < stop + _AFTER) & (stops > stop)
        around_db = levels_db[max(stop - _BEFORE, 0) : stop + _AFTER]
        if not is_covered.any() and len(around_db) > _STEEPEST:
            fall_db = (around_db[:-_STEEPEST] - around_db[_STEEPEST:]).max()
            falls_db_s.append(float(fall_db) / (STEP_S * _STEEPEST))
    if len(falls_db_s) < _LEAST_NOTES:
        return None
    return min(float(np.median(falls_db_s)), _FASTEST_DB_S)
