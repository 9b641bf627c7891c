import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estilo.analysis.transcription.heard import HeardNote
from estilo.engines.notes.swells import played_swells

STEPS = np.arange(120, dtype=np.float32)
BOWED = np.minimum(0.0, 0.6 * STEPS - 18.0).astype(np.float32)
FADING = (-0.2 * STEPS).astype(np.float32)
SWELL = (4.0 * np.sin(2.0 * np.pi * STEPS / 80.0)).astype(np.float32)


def _notes(*courses):
    return [
        HeardNote(2.0 * number, 2.0 * number + 0.01 * len(course), 60.0, -20.0, levels_db=course)
        for number, course in enumerate(courses)
    ]


@pytest.mark.parametrize("habit", [BOWED, FADING])
def test_what_all_notes_do_is_the_instruments(habit):
    for note in played_swells(_notes(habit, habit, habit[:60], habit, habit)):
        assert np.abs(note.levels_db).max() < 1e-4


@pytest.mark.parametrize("habit", [BOWED, FADING])
def test_what_one_note_does_is_the_players(habit):
    *_, last = played_swells(_notes(habit, habit, habit, habit, habit + SWELL))
    apart = (last.levels_db - SWELL)[15:-15]
    assert np.ptp(apart) < 0.6


def test_of_few_notes_all_is_the_players_but_beginning_and_end():
    (note,) = played_swells(_notes(BOWED + SWELL))
    assert np.ptp(note.levels_db) > 6.0
    assert np.ptp(note.levels_db[:5]) < 2.0


@given(
    st.lists(
        st.lists(st.floats(-60.0, 0.0, width=32), min_size=1, max_size=40), min_size=1, max_size=6
    )
)
def test_nothing_but_courses_changes_and_they_stay_within_bounds(courses):
    notes = _notes(*(np.array(each, np.float32) for each in courses))
    for before, after in zip(notes, played_swells(notes), strict=True):
        assert (after.start_s, after.end_s, after.level_db) == (
            before.start_s,
            before.end_s,
            before.level_db,
        )
        assert np.isfinite(after.levels_db).all()
        assert after.levels_db.min() >= -12.0
        assert after.levels_db.max() <= 6.0
