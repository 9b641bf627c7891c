"""How long notes last that nobody holds, of notes whose fading is known."""

import numpy as np
import pytest

from estilo.analysis.transcription import HeardNote, Transcription
from estilo.engines.notes.lengths import as_audible, is_struck

STEP_S = 0.01


def _heard(fall_db_s, *, heard_s=0.3, starts_s=(0.0, 1.5), rise_s=0.01, damped_s=None):
    """Notes that fade, heard to end after a while; the second one is struck again."""
    time_s = STEP_S * np.arange(300)
    power = np.zeros(300)
    notes = []
    for start_s in starts_s:
        since_s = time_s - start_s
        level_db = np.minimum(40.0 * (since_s / rise_s - 1.0), 0.0) - fall_db_s * since_s
        if damped_s is not None:
            level_db -= 400.0 * np.maximum(since_s - damped_s, 0.0)
        own = np.where(since_s >= 0.0, 10.0 ** (level_db / 10.0), 0.0)
        power = np.where(since_s >= 0.0, own, power)
        first = round(start_s / STEP_S)
        course = level_db[first : first + round(heard_s / STEP_S)]
        course = (course - course.max()).astype(np.float32)
        cents = np.zeros(len(course), np.float32)
        notes.append(HeardNote(start_s, start_s + heard_s, 60.0, -20.0, cents, course))
    return Transcription(tuple(notes), powers=np.stack([power, np.zeros(300)]))


def _durations_s(heard):
    return [note.duration_s for note in heard.notes]


def test_what_fades_lasts_until_it_is_35_db_down():
    durations_s = _durations_s(as_audible(_heard(40.0)))
    assert durations_s == pytest.approx([35.0 / 40.0] * 2, abs=0.03)


def test_what_rings_on_lasts_until_another_note_begins():
    durations_s = _durations_s(as_audible(_heard(10.0)))
    assert durations_s == pytest.approx([1.49, 1.5], abs=0.03)


def test_what_is_damped_ends_there():
    heard = _heard(10.0, heard_s=0.28, damped_s=0.3)
    assert _durations_s(as_audible(heard)) == pytest.approx([0.28] * 2, abs=0.03)


def test_what_is_held_or_begins_slowly_stays_as_it_was_heard():
    for heard in (_heard(0.0), _heard(10.0, rise_s=0.15)):
        assert not is_struck(heard.notes)
        assert as_audible(heard) is heard


def test_courses_go_on_for_as_long_as_their_notes():
    heard = as_audible(_heard(40.0))
    for note in heard.notes:
        n_steps = round(note.duration_s / STEP_S)
        assert len(note.cents) == len(note.levels_db) == n_steps
        np.testing.assert_allclose(np.diff(note.levels_db[2:]), -0.4, atol=0.02)


def test_chords_do_not_cut_each_other_off():
    chord = _heard(40.0, starts_s=(0.0, 0.02))
    assert _durations_s(as_audible(chord)) == pytest.approx([0.875] * 2, abs=0.05)
