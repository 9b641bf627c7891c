"""Kinds of sound, on sounds whose kind is known because they were made so, and on recordings."""

import numpy as np
import pytest
from scipy.signal import lfilter

from estilo.analysis.kinds import character
from estilo.analysis.sound import RATE_HZ, Sound
from estilo.evaluation.sets.real import recordings_folder
from estilo.io import load
from estilo.synthesis.notes import Note, random_phrase
from estilo.synthesis.patches import random_patch, render
from estilo.synthesis.textures import TEXTURES

RECORDED = {
    "cello-phrase.wav": "pitched",
    "sax-phrase.wav": "pitched",
    "piano.wav": "pitched",
    "orchestra.wav": "pitched",
    "trumpet-loop.ogg": "pitched",
    "mridangam.wav": "percussive",
    "rain.wav": "textural",
    "ocean.wav": "textural",
    "speech-female.wav": "voiced",
    "speech-reading.ogg": "voiced",
}


def kind(samples, rate=RATE_HZ):
    found = character(Sound(samples, rate))
    assert found is not None
    return found.kind


def speech(rng, seconds=6.0):
    """Syllables of a gliding voice through moving formants, with bursts of noise between them."""
    out = np.zeros(round(seconds * RATE_HZ))
    for start in np.arange(0.0, seconds - 0.3, 0.21):
        n = round(0.15 * RATE_HZ)
        pitch_hz = 130.0 * 2 ** (np.linspace(*rng.uniform(-0.4, 0.4, 2), n))
        pulses = np.diff(np.floor(np.cumsum(pitch_hz) / RATE_HZ), prepend=0.0)
        for formant_hz in (rng.uniform(300, 800), rng.uniform(900, 2200), 2600.0):
            pole = np.exp(-np.pi * 80 / RATE_HZ + 2j * np.pi * formant_hz / RATE_HZ)
            pulses = lfilter([1.0], [1.0, -2 * pole.real, abs(pole) ** 2], pulses)
        first = round(start * RATE_HZ)
        out[first : first + n] += np.hanning(n) * pulses / np.abs(pulses).max()
        out[first + n : first + n + 500] += 0.15 * np.diff(rng.normal(size=501)) * np.hanning(500)
    return 0.3 * out


@pytest.mark.parametrize("family", ["additive", "fm", "plucked", "subtractive"])
@pytest.mark.parametrize("is_polyphonic", [False, True])
def test_instruments_are_pitched(family, is_polyphonic):
    found = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        notes = random_phrase(rng, duration_s=6.0, is_polyphonic=is_polyphonic)
        patch = random_patch(rng, family=family)
        found.append(kind(render(notes, patch, sample_rate=RATE_HZ, duration_s=6.0, rng=rng)))
    assert found.count("pitched") >= 3


def test_drums_are_percussive():
    found = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        notes = [Note(0.4 * i, 0.1, float(rng.integers(36, 50)), 0.8) for i in range(14)]
        patch = random_patch(rng, family="drums")
        found.append(kind(render(notes, patch, sample_rate=RATE_HZ, duration_s=6.0, rng=rng)))
    # Kits of metal that rings on are a texture.
    assert found.count("percussive") >= 5
    assert "voiced" not in found


# Fire, bubbles and slow motors are made of hits, insects of chirps with a pitch.
@pytest.mark.parametrize(
    "name", sorted({*TEXTURES} - {"fire-crackle", "bubbles", "engine", "insects"})
)
def test_textures_are_textural(name, rng):
    assert kind(TEXTURES[name](6.0, RATE_HZ, rng)) == "textural"


def test_speech_is_voiced(rng):
    assert kind(speech(rng)) == "voiced"


@pytest.mark.needs_recordings
@pytest.mark.parametrize("name", RECORDED)
def test_recordings(name):
    recording = load(recordings_folder() / name)
    assert kind(recording.samples, recording.sample_rate) == RECORDED[name]


def test_gain_rate_and_channels_change_nothing(rng):
    samples = render(
        random_phrase(rng, duration_s=4.0, is_polyphonic=False),
        random_patch(rng, family="plucked"),
        sample_rate=44_100,
        duration_s=4.0,
        rng=rng,
    )
    loud = character(Sound(samples, 44_100))
    soft = character(Sound(np.stack([0.01 * samples] * 2), 44_100))
    assert loud is not None
    assert soft is not None
    assert loud.kind == soft.kind == "pitched"
    assert soft.percussive == pytest.approx(loud.percussive, rel=1e-3)
    assert soft.level_spread_db == pytest.approx(loud.level_spread_db, rel=1e-3)


@pytest.mark.parametrize("samples", [np.zeros(8000), np.zeros(0)])
def test_nothing_is_of_no_kind(samples):
    assert character(Sound(samples, RATE_HZ)) is None


@pytest.mark.parametrize("n", [1, 40, 700])
def test_the_shortest_sounds_have_some_kind(n, rng):
    assert kind(rng.normal(size=n)) in ("pitched", "voiced", "percussive", "textural")
