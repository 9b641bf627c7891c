"""What is heard of a recording does not depend on where it is cut into stretches."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from estilo.analysis.transcription import HeardNote, Hit, Transcription
from estilo.engines.notes import hearing
from estilo.engines.notes.hearing import Listening, Stretch, joined, stretches, weights_id

RATE = 16_000


def _tones(spans, *, seconds):
    """Notes of known times and pitches, each with five partials."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    out = np.zeros(len(time_s))
    for start_s, end_s, pitch in spans:
        hz = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
        shape = np.clip((time_s - start_s) / 0.01, 0, 1) * np.clip((end_s - time_s) / 0.02, 0, 1)
        out += 0.1 * shape * sum(np.sin(2 * np.pi * k * hz * time_s) / k for k in range(1, 6))
    return torch.from_numpy(out.astype(np.float32))[None]


@pytest.mark.parametrize("seconds", [0.5, 60.0, 61.0, 200.0])
def test_stretches_make_up_the_whole(seconds):
    parts = stretches(round(seconds * 100), sample_rate=100)
    assert parts[0].start == 0
    assert parts[-1].stop == parts[-1].last == round(seconds * 100)
    for one, other in pairwise(parts):
        assert one.stop == other.start
        assert other.first < other.start < one.last


def test_notes_across_a_seam_are_heard_once_and_whole(monkeypatch):
    monkeypatch.setattr(hearing, "STRETCH_S", 6.0)
    monkeypatch.setattr(hearing, "_CONTEXT_S", 2.0)
    spans = [(1.0, 2.0, 60), (5.5, 6.5, 64), (7.0, 15.0, 67), (16.0, 17.0, 62)]
    waveform = _tones(spans, seconds=18.0)
    listening = Listening([waveform], sample_rate=RATE)
    assert listening.n_steps == 3
    while not listening.is_done:
        listening.step()
    (heard,) = listening.transcriptions()
    # What else is heard (overtones as notes of their own) has nothing to do with seams.
    notes = [note for note in heard.notes if round(note.pitch) in (60, 62, 64, 67)]
    assert [round(note.pitch) for note in notes] == [60, 64, 67, 62]
    for note, (start_s, end_s, _) in zip(notes, spans, strict=True):
        assert note.start_s == pytest.approx(start_s, abs=0.06)
        assert note.end_s == pytest.approx(end_s, abs=0.15)
        assert len(note.cents) == pytest.approx(100.0 * note.duration_s, abs=12)
        assert np.abs(note.cents).max() < 60.0
    assert heard.explained > 0.9


def test_what_goes_on_keeps_its_level_and_pitch():
    own = HeardNote(1.0, 8.0, 60.0, -10.0, np.zeros(700, "f4"), np.zeros(700, "f4"))
    later = HeardNote(4.0, 9.0, 60.2, -20.0, np.zeros(500, "f4"), np.zeros(500, "f4"))
    parts = [Stretch(0, 60, 0, 80), Stretch(60, 120, 40, 120)]
    heard = [
        Transcription((own,), (Hit(5.0, 5.1, -9.0),), 1.0),
        Transcription((later,), (Hit(5.0, 5.1, -9.0), Hit(7.0, 7.1, -9.0)), 0.5),
    ]
    whole = joined(heard, parts, sample_rate=10)
    (note,) = whole.notes
    assert (note.start_s, note.end_s, note.pitch) == (1.0, 9.0, 60.0)
    assert note.cents[-1] == pytest.approx(20.0, abs=1e-3)
    assert note.levels_db[-1] == pytest.approx(-10.0)
    assert len(note.cents) == len(note.levels_db) == 800
    assert [hit.start_s for hit in whole.hits] == [5.0, 7.0]
    assert whole.explained == 0.75


def test_the_weights_have_a_name():
    assert weights_id() == weights_id()
    assert len(weights_id()) == 16
    assert int(weights_id(), 16) >= 0
