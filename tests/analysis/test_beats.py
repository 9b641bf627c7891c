"""Beats of clicks and drums whose beats are known, judged by mir_eval."""

import mir_eval
import numpy as np
import pytest
from rhythms import HIT_SIZE, clicks, hits

from estilo.analysis.beats import beat_times
from estilo.analysis.sound import RATE_HZ, Sound

BAR = {"k": "x.......x.......", "s": "....x.......x...", "x": "x.x.x.x.x.x.x.x."}


def drums(rng, bpm, *, swing=0.5, start_s=0.2, seconds=14.0):
    """A bar over and over, the second half of every beat late by the swing, and its beats."""
    sounds = hits(rng)
    samples = 1e-3 * rng.standard_normal(round(seconds * RATE_HZ) + HIT_SIZE)
    beats_s = np.arange(start_s, seconds, 60 / bpm)
    for step in range(4 * len(beats_s)):
        late = np.interp(step % 4 / 4, (0.0, 0.5, 1.0), (0.0, swing, 1.0))
        start = round((beats_s[step // 4] + late * 60 / bpm) * RATE_HZ)
        for drum, bar in BAR.items():
            if bar[step % 16] == "x" and start + HIT_SIZE < len(samples):
                samples[start : start + HIT_SIZE] += sounds[drum]
    return Sound(0.3 * samples[:-HIT_SIZE], RATE_HZ), beats_s


def f_measure(truth_s, found_s):
    return mir_eval.beat.f_measure(*(mir_eval.beat.trim_beats(t) for t in (truth_s, found_s)))


@pytest.mark.parametrize("bpm", [60, 83, 120, 151, 180])
def test_every_click_is_a_beat(bpm):
    truth_s = np.arange(0.4, 13.5, 60 / bpm)
    found_s = beat_times(clicks(truth_s, seconds=14.0))
    assert len(found_s) == len(truth_s)
    assert np.abs(found_s - truth_s).max() < 0.02
    assert f_measure(truth_s, found_s) == 1.0


@pytest.mark.parametrize("swing", [0.5, 0.66])
@pytest.mark.parametrize("bpm", [84, 100, 118])
def test_beats_of_drums(rng, bpm, swing):
    sound, truth_s = drums(rng, bpm, swing=swing)
    assert f_measure(truth_s, beat_times(sound)) > 0.95


def test_beats_go_on_where_nobody_plays(rng):
    truth_s = np.arange(0.3, 19.5, 0.5)
    is_played = rng.random(len(truth_s)) > 0.3
    found_s = beat_times(clicks(truth_s[is_played], seconds=20.0))
    assert f_measure(truth_s, found_s) > 0.95


def test_a_hand_that_drifts_is_followed(rng):
    truth_s = np.cumsum(0.55 * (1 + 0.03 * np.sin(np.arange(30) / 4)))
    found_s = beat_times(clicks(truth_s, seconds=18.0))
    assert f_measure(truth_s, found_s) > 0.95


def test_silence_at_either_end_has_no_beats():
    truth_s = np.arange(4.0, 12.0, 0.5)
    found_s = beat_times(clicks(truth_s, seconds=16.0))
    assert found_s[[0, -1]] == pytest.approx(truth_s[[0, -1]], abs=0.03)


def test_steps_are_steady_and_gain_does_not_matter(rng):
    sound, _ = drums(rng, 105)
    found_s = beat_times(sound)
    assert np.all(np.diff(found_s) > 0.0)
    assert np.diff(found_s).std() < 0.03
    np.testing.assert_array_equal(beat_times(Sound(0.05 * sound.mono, RATE_HZ)), found_s)


@pytest.mark.parametrize("size", [0, 1, 100, 50_000])
def test_silence_and_noise_have_none(rng, size):
    assert len(beat_times(Sound(np.zeros(size), RATE_HZ))) == 0
    assert len(beat_times(Sound(0.1 * rng.standard_normal(size), RATE_HZ))) == 0
