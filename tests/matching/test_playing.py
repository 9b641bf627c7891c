"""Tempo and pitch of recordings that were played otherwise, by what is known of them."""

import numpy as np
import pytest

from estilo.analysis.sound import Sound
from estilo.analysis.tempo import tempo
from estilo.audio import Audio
from estilo.matching.playing import played

RATE = 16_000


def peak_hz(audio):
    inner = audio.samples[0, RATE // 4 : -RATE // 4]
    n_fft = 1 << 19
    spectrum = np.abs(np.fft.rfft(inner * np.hanning(len(inner)), n_fft))
    return spectrum.argmax() * audio.sample_rate / n_fft


@pytest.mark.parametrize("semitones", [-6, -1, 3, 6])
@pytest.mark.parametrize("speed", [0.7, 1.0, 1.3])
def test_pitch_and_length_of_a_tone(semitones, speed):
    tone = Audio(0.3 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE), RATE)
    made = played(tone, speed=speed, semitones=semitones)
    assert (made.n_samples, made.sample_rate) == (round(2 * RATE / speed), RATE)
    cents = 1200 * np.log2(peak_hz(made) / 440)
    assert cents == pytest.approx(100 * semitones, abs=1.0)
    inner = made.samples[0, RATE // 4 : -RATE // 4]
    assert np.sqrt(2) * inner.std() == pytest.approx(0.3, rel=0.01)


def test_tempo_is_that_of_the_speed():
    time_s = np.arange(10 * RATE) / RATE
    plucked = np.exp(-8.0 * (time_s % 0.6)) * np.sin(2 * np.pi * 330 * time_s)
    made = played(Audio(0.3 * plucked, RATE), speed=1.2, semitones=-2)
    assert tempo(Sound.of(made)).bpm == pytest.approx(120.0, rel=0.005)


def test_channels_and_nothing_to_do(rng):
    audio = Audio(0.1 * rng.standard_normal((2, RATE)), RATE)
    made = played(audio)
    assert made.n_channels == 2
    np.testing.assert_allclose(made.samples, audio.samples, atol=2e-6)


def test_attacks_of_long_recordings_are_found_stretch_by_stretch(monkeypatch):
    time_s = np.arange(10 * RATE) / RATE
    plucked = Audio(np.exp(-8.0 * (time_s % 0.6)) * np.sin(2 * np.pi * 330 * time_s), RATE)
    whole = played(plucked, speed=1.2)
    monkeypatch.setattr("estilo.matching.playing._STRETCH_S", 3.0)
    np.testing.assert_array_equal(played(plucked, speed=1.2).samples, whole.samples)
