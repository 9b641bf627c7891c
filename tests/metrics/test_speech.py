"""Words: degradations whose order is known, of synthetic vowels and of a recorded voice."""

import os
from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from estilo.analysis.sound import Sound
from estilo.analysis.voices import is_voice
from estilo.io import load
from estilo.metrics.base import NothingToMeasure
from estilo.metrics.speech import spectral_movement, words_kept

RATE = 16_000
VOWELS = {"a": (730, 1090, 2440), "i": (270, 2290, 3010), "u": (300, 870, 2240)}
"""Formants in Hz (G. Peterson, H. Barney 1952)."""


def _speech(rng: np.random.Generator, text: str) -> np.ndarray:
    """Vowels of 0.12 s by three resonances each, over a pulse train whose pitch glides."""
    out = []
    for number, vowel in enumerate(text):
        n = round(0.12 * RATE)
        phase = np.cumsum(np.linspace(110, 130, n) + 5 * (number % 3)) / RATE
        pulses = np.diff(np.floor(phase), prepend=0.0) + 1e-3 * rng.standard_normal(n)
        for formant_hz in VOWELS[vowel]:
            pole = np.exp(-np.pi * 80 / RATE + 2j * np.pi * formant_hz / RATE)
            pulses = signal.lfilter([1.0], [1.0, -2 * pole.real, abs(pole) ** 2], pulses)
        out.append(pulses / np.abs(pulses).max() * (0.6 + 0.4 * rng.random()))
    return np.concatenate(out)


def test_exchanged_vowels_lose_what_an_equaliser_keeps(rng: np.random.Generator) -> None:
    text = "".join(rng.choice(list(VOWELS), 24))
    speech = _speech(rng, text)
    again = _speech(rng, text)
    half = "".join(c if n % 2 else "aiu"["aiu".index(c) - 1] for n, c in enumerate(text))
    other = "".join("aiu"["aiu".index(c) - 1] for c in text)
    content = Sound(speech, RATE)
    kept = {
        "same": spectral_movement(content, content),
        "equalised": spectral_movement(Sound(signal.lfilter([1, -0.9], 1, speech), RATE), content),
        "again": spectral_movement(Sound(again, RATE), content),
        "half": spectral_movement(Sound(_speech(rng, half), RATE), content),
        "other": spectral_movement(Sound(_speech(rng, other), RATE), content),
    }
    assert kept["same"] == pytest.approx(1.0)
    assert kept["equalised"] > 0.95
    assert kept["again"] > 0.85
    assert kept["half"] < kept["again"] - 0.3
    assert kept["other"] < kept["half"] - 0.3


@pytest.mark.needs_recordings
@pytest.mark.parametrize("name", ["speech-female.wav"])
def test_known_degradations_are_in_order(name: str, rng: np.random.Generator) -> None:
    audio = load(Path(os.environ["ESTILO_AUDIO"]) / name, duration_s=4.0)
    content = Sound.of(audio)
    assert is_voice(content)
    speech = content.mono.astype(np.float64)
    noise = rng.standard_normal(len(speech)) * speech.std()

    def kept(samples: np.ndarray) -> float:
        return words_kept(Sound(samples, RATE), content)

    # Lower signal-to-noise ratios, lower cut-offs, longer smears: fewer words.
    noisy = [kept(speech + noise * 10.0 ** (-snr_db / 20.0)) for snr_db in (20, 10, 0, -10)]
    lowpass = [
        kept(signal.sosfilt(signal.butter(8, cut_hz, output="sos", fs=RATE), speech))
        for cut_hz in (6_000, 2_000, 700)
    ]
    smeared = []
    for length_s in (0.05, 0.2, 0.6):
        n = round(length_s * RATE)
        response = rng.standard_normal(n) * np.exp(-3.0 * np.arange(n) / n)
        smeared.append(kept(signal.fftconvolve(speech, response)[: len(speech)]))
    for kept_ones in (noisy, lowpass, smeared):
        assert kept_ones == sorted(kept_ones, reverse=True)
        assert kept_ones[0] > 0.7
        assert kept_ones[-1] < 0.65
    assert kept(speech[::-1].copy()) < 0.2
    assert kept(noise) < 0.15


def test_what_is_no_voice_is_not_measured() -> None:
    tone = Sound(np.sin(0.1 * np.arange(RATE)), RATE)
    with pytest.warns(NothingToMeasure, match="no voice"):
        assert np.isnan(words_kept(tone, tone))
