"""The trained transcriber on sounds whose notes are known."""

import numpy as np
import pytest

from estilo.analysis.sound import Sound
from estilo.analysis.transcription import transcribe
from estilo.units import midi_to_hz

RATE_HZ = 44_100


def played(
    notes: list[tuple[float, float, float, float]], *, duration_s: float = 4.0
) -> np.ndarray:
    """Notes of eight partials (start and duration in seconds, pitch, amplitude), slowly fading."""
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    sound = np.zeros(len(time_s))
    for start_s, held_s, pitch, amplitude in notes:
        since_s = time_s - start_s
        envelope = np.clip(since_s / 0.005, 0, 1) * np.exp(-0.8 * np.maximum(since_s, 0))
        envelope *= np.exp(-np.maximum(since_s - held_s, 0) / 0.02)
        for order in range(1, 9):
            wave = np.sin(2 * np.pi * order * midi_to_hz(pitch) * since_s)
            sound += amplitude / order * envelope * wave
    return sound


def test_a_melody_with_its_times_pitches_and_levels() -> None:
    notes = [(0.5, 0.4, 60.0, 0.1), (1.0, 0.4, 64.2, 0.1), (1.5, 0.9, 67.0, 0.05)]
    heard = transcribe(Sound(played(notes), RATE_HZ))
    assert [round(note.pitch) for note in heard.notes] == [60, 64, 67]
    for note, (start_s, held_s, pitch, _) in zip(heard.notes, notes, strict=True):
        assert note.start_s == pytest.approx(start_s, abs=0.02)
        assert note.end_s == pytest.approx(start_s + held_s, abs=0.1)
        assert note.pitch == pytest.approx(pitch, abs=0.05)
        assert len(note.cents) == len(note.levels_db) == int(note.duration_s / 0.01) + 1
    levels_db = [note.level_db for note in heard.notes]
    assert levels_db[0] - levels_db[2] == pytest.approx(6.0, abs=1.0)
    assert heard.explained > 0.9


def test_a_chord_is_its_notes() -> None:
    notes = [(0.5, 1.0, pitch, 0.05) for pitch in (55.0, 60.0, 64.0)]
    heard = transcribe(Sound(played(notes), RATE_HZ))
    assert sorted(round(note.pitch) for note in heard.notes) == [55, 60, 64]


def test_a_note_that_is_repeated_is_heard_as_often() -> None:
    notes = [(0.5 + 0.4 * beat, 0.35, 62.0, 0.1) for beat in range(5)]
    heard = transcribe(Sound(played(notes), RATE_HZ))
    assert [round(note.pitch) for note in heard.notes] == [62] * 5


def test_level_does_not_depend_on_how_many_channels_there_are() -> None:
    sound = played([(0.5, 1.0, 60.0, 0.1)])
    mono, stereo = (transcribe(Sound(each, RATE_HZ)) for each in (sound, np.stack([sound] * 2)))
    assert mono.notes[0].level_db == pytest.approx(stereo.notes[0].level_db, abs=0.01)


@pytest.mark.parametrize("samples", [np.zeros(RATE_HZ), np.zeros(0), np.zeros(10)])
def test_silence_has_no_notes(samples: np.ndarray) -> None:
    heard = transcribe(Sound(samples, RATE_HZ))
    assert (heard.notes, heard.hits, heard.explained) == ((), (), 0.0)


def test_noise_has_next_to_no_notes(rng: np.random.Generator) -> None:
    heard = transcribe(Sound(0.1 * rng.standard_normal(8 * RATE_HZ), RATE_HZ))
    assert len(heard.notes) <= 2
