"""Notes that are played block by block, held against the player of whole pieces."""

import numpy as np
import pytest

from estilo.analysis.transcription.heard import HeardNote, Transcription
from estilo.audio import Audio
from estilo.engines.notes.performance import Performance, Playing
from estilo.sampler.instrument import Instrument
from estilo.sampler.player import play, restarts_s

RATE = 16_000
TUNE = (
    HeardNote(0.2, 0.9, 60.0, -20.0),
    HeardNote(0.9, 1.4, 62.5, -26.0),
    HeardNote(1.4, 3.5, 55.0, -14.0),
    HeardNote(2.0, 2.6, 67.0, -20.0),
    HeardNote(2.6, 3.1, 67.0, -22.0),
)


def _flute() -> Instrument:
    """Two notes of known pitch, one after the other."""
    time_s = np.arange(3 * RATE) / RATE
    out, notes = np.zeros(len(time_s)), []
    for start_s, hz in ((0.1, 261.63), (1.6, 392.0)):
        shape = np.clip((time_s - start_s) / 0.02, 0, 1)
        shape *= np.clip((start_s + 1.2 - time_s) / 0.05, 0, 1)
        out += 0.2 * shape * sum(np.sin(2 * np.pi * k * hz * time_s) / k**2 for k in range(1, 6))
        notes.append(HeardNote(start_s, start_s + 1.2, 12 * np.log2(hz / 440.0) + 69.0, -14.0))
    return Instrument.of([Audio(out, RATE)], [Transcription(tuple(notes))])


def _performance(notes=TUNE, *, panning=lambda _: np.ones(1, np.float32)) -> Performance:
    return Performance(notes, _flute(), Playing(RATE), panning=panning)


def test_blocks_are_what_the_player_plays_at_the_level_of_the_notes():
    played = play(TUNE, _flute(), sample_rate=RATE, duration_s=4.0)
    own = _performance()
    blocks = [own.read(start, start + 5000) for start in range(0, 4 * RATE, 5000)]
    whole = np.concatenate(blocks, axis=1)[:, : 4 * RATE]
    assert own.zones == played.zones
    gain = 10.0 ** ((-20.0 - _flute().level_db) / 20.0)
    np.testing.assert_allclose(whole, gain * played.audio.samples, atol=1e-6)


def test_parts_do_not_depend_on_the_order_in_which_they_are_read():
    own, other = _performance(), _performance()
    last = own.read(40_000, 50_000)
    own.read(0, 10_000)
    other.read(0, 40_000)
    np.testing.assert_array_equal(other.read(40_000, 50_000), last)


def test_each_note_is_as_loud_as_it_was_heard():
    whole = _performance().read(0, 4 * RATE)[0]
    for note in TUNE[:3]:
        middle = round(0.5 * (note.start_s + min(note.end_s, 2.0)) * RATE)
        part = whole[middle - 1000 : middle + 1000]
        assert 10.0 * np.log10(2.0 * np.mean(part**2)) == pytest.approx(note.level_db, abs=1.5)


def test_notes_sound_where_they_are_panned_to():
    sides = np.array([[1.414, 0.0], [0.0, 1.414], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]], np.float32)
    both = _performance(panning=lambda number: sides[number]).read(0, 4 * RATE)
    left, right = (np.square(both[:, a:b]).sum(1) for a, b in ((4000, 14_000), (17_000, 22_000)))
    assert left[0] > 1e6 * left[1]
    assert right[1] > 1e2 * right[0]


def test_a_key_that_is_struck_again_ends_what_it_played():
    notes = [
        HeardNote(0.0, 2.0, 60.2, 0.0),
        HeardNote(0.0, 2.0, 60.0, 0.0),
        HeardNote(1.0, 2.0, 59.8, 0.0),
        HeardNote(1.5, 2.0, 61.0, 0.0),
    ]
    assert restarts_s(notes) == [1.0, 1.0, np.inf, np.inf]


def test_nothing_is_played_where_there_is_no_note():
    assert not _performance(()).read(0, 1000).any()
    assert not _performance().read(60_000 + RATE, 61_000 + RATE).any()
