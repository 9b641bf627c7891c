"""Tempo on clicks and rhythms whose tempo is known."""

import librosa
import numpy as np
import pytest
from rhythms import HIT_SIZE, clicks, hits

from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.tempo import tempo

# A bar of sixteenths: kick, snare, hi-hat. Where all eighths sound alike either may be the beat,
# and a fast half-time rhythm is a rock rhythm at half its tempo.
RHYTHMS = {
    "half": ("k.......s.......", "x...x...x...x...", (0.5, 1.0)),
    "waltz": ("k...s...s...", "x...x...x...", (1.0,)),
    "rock": ("k...s...k.k.s...", "x.x.x.x.x.x.x.x.", (0.5, 1.0, 2.0)),
    "four to the floor": ("k...k...k...k...", "..x...x...x...x.", (1.0, 2.0)),
}


def drums(rng, bpm, rhythm, *, seconds=12.0):
    sounds = {**hits(rng), ".": np.zeros(HIT_SIZE)}
    samples = 1e-3 * rng.standard_normal(round(seconds * RATE_HZ) + HIT_SIZE)
    for step, start_s in enumerate(np.arange(0.0, seconds, 15.0 / bpm)):
        start = round(start_s * RATE_HZ)
        for line in rhythm:
            samples[start : start + HIT_SIZE] += sounds[line[step % len(line)]]
    return Sound(0.3 * samples[:-HIT_SIZE], RATE_HZ)


@pytest.mark.parametrize("seconds", [5.0, 20.0])
@pytest.mark.parametrize("bpm", range(60, 181, 12))
def test_clicks(bpm, seconds):
    found = tempo(clicks(np.arange(0.13, seconds - 0.05, 60 / bpm), seconds=seconds))
    assert found.bpm == pytest.approx(bpm, rel=0.002)
    assert found.confidence > 0.8


@pytest.mark.parametrize("bpm", [100, 120, 140])
def test_agrees_with_librosa_on_clicks(bpm):
    sound = clicks(np.arange(0.13, 14.9, 60 / bpm), seconds=15.0)
    theirs = librosa.feature.tempo(y=sound.mono, sr=RATE_HZ)[0]
    assert tempo(sound).bpm == pytest.approx(theirs, rel=0.05)


@pytest.mark.parametrize("bpm", [72, 97, 121, 160])
@pytest.mark.parametrize("name", RHYTHMS)
def test_rhythms(rng, name, bpm):
    *lines, levels = RHYTHMS[name]
    found = tempo(drums(rng, bpm, lines))
    assert found.bpm is not None
    assert min(abs(found.bpm / bpm / level - 1) for level in levels) < 0.01
    assert found.confidence > 0.4


def test_clicks_that_a_hand_plays(rng):
    times_s = np.arange(0.2, 14.5, 60 / 92) + 0.01 * rng.standard_normal(22)
    found = tempo(clicks(times_s, seconds=15.0))
    assert found.bpm == pytest.approx(92, rel=0.01)
    assert found.confidence > 0.6


def test_a_change_of_tempo_follows_the_longer_part():
    times_s = np.concatenate([np.arange(0.1, 40, 60 / 80), np.arange(40, 60, 60 / 126)])
    assert tempo(clicks(times_s, seconds=60.0)).bpm == pytest.approx(80, rel=0.01)


def test_gain_does_not_matter(rng):
    sound = drums(rng, 105, RHYTHMS["half"][:2])
    soft = Sound(0.05 * sound.mono, RATE_HZ)
    assert tempo(soft).bpm == pytest.approx(tempo(sound).bpm, rel=1e-3)


def test_irregular_clicks_are_less_sure_than_regular_ones(rng):
    found = tempo(clicks(np.sort(rng.uniform(0, 29.9, 120)), seconds=30.0))
    assert found.confidence < 0.2


@pytest.mark.parametrize("size", [0, 1, 100, 16_000, 200_000])
def test_silence_has_no_tempo(size):
    found = tempo(Sound(np.zeros(size), RATE_HZ))
    assert (found.bpm, found.confidence) == (None, 0.0)


def test_neither_noise_nor_single_notes_have_a_tempo(rng):
    assert tempo(Sound(0.1 * rng.standard_normal(10 * RATE_HZ), RATE_HZ)).bpm is None
    note = np.sin(0.2 * np.arange(RATE_HZ)) * np.exp(-np.arange(RATE_HZ) / 3000)
    assert tempo(Sound(note, RATE_HZ)).bpm is None
    assert tempo(Sound(np.ones(1), RATE_HZ)).bpm is None
