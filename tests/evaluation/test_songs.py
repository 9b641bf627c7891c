"""Songs as they sound: their beats and keys are really there."""

from itertools import islice

import mir_eval
import numpy as np
import pytest

from estilo.analysis.beats import beat_times
from estilo.analysis.key import KEYS, key
from estilo.analysis.sound import Sound
from estilo.analysis.tempo import tempo
from estilo.audio import Audio
from estilo.evaluation.songs import DURATION_S, known_songs

pytestmark = pytest.mark.needs_fluidsynth


@pytest.fixture
def few(tmp_path, monkeypatch):
    """The first of a set, rendered anew."""
    monkeypatch.setenv("ESTILO_CACHE", str(tmp_path))

    def few(n):
        return list(islice(known_songs(24, seed=5, soundfont="TimGM6mb"), n))

    return few


def test_the_same_again_from_the_cache(few, tmp_path):
    (song, first), *_ = few(1)
    files = list(tmp_path.rglob("*.flac"))
    assert len(files) == 1
    (again, second), *_ = few(1)
    assert again.lines == song.lines
    np.testing.assert_array_equal(second.samples, first.samples)
    assert first.duration_s == DURATION_S
    assert 0.05 < first.samples.std() <= 0.11
    assert np.abs(first.samples).max() <= 0.96


@pytest.mark.slow
def test_most_tempos_beats_and_keys_are_found(few):
    """All but one of six at least: the benchmark has sixty and the figures."""
    pieces = [(song, Sound.of(audio)) for song, audio in few(6)]
    ratios = np.array([(tempo(sound).bpm or 0.0) / song.bpm for song, sound in pieces])
    assert np.sum(np.min(np.abs(ratios[:, None] / (0.5, 1.0, 2.0) - 1.0), axis=1) < 0.04) >= 5
    scores = [
        mir_eval.beat.f_measure(*map(mir_eval.beat.trim_beats, (song.beats_s, beat_times(sound))))
        for song, sound in pieces
    ]
    assert np.mean(scores) > 0.7
    found = [divmod(KEYS.index(str(key(sound).name)), 12) for _, sound in pieces]
    same = [
        (t + 3 * m - song.tonic - 3 * song.is_minor) % 12 == 0
        for (m, t), (song, _) in zip(found, pieces, strict=True)
    ]
    assert sum(same) >= 5


def test_tempos_and_keys_are_spread(few, monkeypatch):
    monkeypatch.setattr("estilo.evaluation.songs.played", lambda *_, **__: Audio([[0.0]], 44_100))
    songs = [song for song, _ in few(24)]
    assert len({(song.tonic, song.is_minor) for song in songs}) == 24
    steps = np.diff(np.log([60.0, *sorted(song.bpm for song in songs), 180.0]))
    assert steps.max() < 2.1 * np.log(3.0) / 24
