"""Songs: what is said of them is what is written in their notes."""

import numpy as np
import pytest

from estilo.synthesis.grooves import GROOVES
from estilo.synthesis.songs import random_song

MAJOR = (0, 2, 4, 5, 7, 9, 11)


def songs(n=60, *, duration_s=24.0):
    for index in range(n):
        rng = np.random.default_rng([7, index])
        bpm, tonic = float(rng.uniform(60.0, 180.0)), int(rng.integers(12))
        is_minor = bool(rng.integers(2))
        yield random_song(rng, bpm=bpm, tonic=tonic, is_minor=is_minor, duration_s=duration_s)


def test_the_same_seed_gives_the_same_song():
    first, second = (next(songs(1)) for _ in range(2))
    assert first.lines == second.lines
    np.testing.assert_array_equal(first.beats_s, second.beats_s)


@pytest.mark.parametrize("duration_s", [8.0, 24.0])
def test_notes_lie_within_the_piece(duration_s):
    for song in songs(duration_s=duration_s):
        assert len(song.lines) >= 2
        for line in song.lines:
            assert 0 <= line.program <= 127
            assert list(line.notes) == sorted(line.notes)
            for note in line.notes:
                assert 0.0 <= note.start_s < note.start_s + note.duration_s <= duration_s + 1e-9
                assert 0.0 < note.velocity <= 1.0
                assert note.pitch == round(note.pitch)


def test_beats_are_at_the_tempo_up_to_the_end():
    for song in songs():
        np.testing.assert_allclose(np.diff(song.beats_s), 60.0 / song.bpm)
        assert 0.0 <= song.beats_s[0] <= 1.0
        assert 0.0 <= 24.0 - song.beats_s[-1] <= 60.0 / song.bpm + 1e-9


def test_notes_are_near_subdivisions_of_the_beat_and_many_on_it():
    for song in songs():
        groove = GROOVES[song.groove]
        swing = np.mean(groove.swing)
        places = np.array([0.0, 0.25, 1 / 3, 0.5, 2 / 3, 0.75, 1.0])
        places = np.interp(places, (0.0, 0.5, 1.0), (0.0, swing, 1.0))
        starts = np.array([note.start_s for line in song.lines for note in line.notes])
        part = (starts - song.beats_s[0]) * song.bpm / 60.0 % 1.0
        distance = np.abs(part[:, None] - places).min(1)
        assert np.quantile(distance * 60.0 / song.bpm, 0.9) < 0.06, song.groove
        on_beat = np.minimum(part, 1.0 - part) * 60.0 / song.bpm < 0.04
        assert on_beat.mean() > 0.2, song.groove


def test_notes_are_of_the_key_and_hardly_of_another():
    """Chords are borrowed at times, and then a neighbour on the circle of fifths has more."""
    gaps = []
    for song in songs():
        seconds = np.zeros(12)
        for line in song.lines:
            for note in line.notes:
                seconds[int(note.pitch) % 12] += note.duration_s * (not line.is_drums)
        rows = [np.roll(seconds, -tonic)[list(MAJOR)].sum() for tonic in range(12)]
        shares = np.array(rows) / seconds.sum()
        own = shares[(song.tonic + 3 * song.is_minor) % 12]
        assert own > 0.8
        gaps.append(shares.max() - own)
    assert np.mean(np.array(gaps) == 0.0) > 0.6
    assert max(gaps) < 0.15


def test_drums_only_where_the_groove_has_them_and_some_pieces_have_none():
    all_songs = list(songs())
    for song in all_songs:
        has_drums = any(line.is_drums for line in song.lines)
        assert has_drums == bool(GROOVES[song.groove].drums)
    without = [not GROOVES[song.groove].drums for song in all_songs]
    assert 0.2 < np.mean(without) < 0.7
    assert len({song.groove for song in all_songs}) >= 15


@pytest.mark.parametrize("bpm", np.geomspace(60.0, 180.0, 25))
def test_every_tempo_has_several_grooves(bpm):
    playable = [each for each in GROOVES.values() if each.slowest_bpm <= bpm <= each.fastest_bpm]
    assert len(playable) >= 3


@pytest.mark.parametrize("name", GROOVES)
def test_patterns_fill_the_bar(name):
    groove = GROOVES[name]
    for pattern in (*groove.drums.values(), *groove.comping, *groove.bass):
        assert set(pattern) <= set("xo.")
        assert len(pattern) % groove.n_beats == 0
