"""Tunings of tones whose pitches are known."""

import numpy as np
import pytest

from estilo.analysis.tuning import tuning

RATE = 16_000


def tune(a_hz: float, *, seconds: float = 0.4) -> np.ndarray:
    time_s = np.arange(round(seconds * RATE)) / RATE
    notes = []
    for step in (0, 4, 7, 12, 5, 9):
        hz = a_hz / 2.0 * 2.0 ** (step / 12.0)
        partials = (0.7**k * np.sin(2 * np.pi * hz * k * time_s + k) for k in range(1, 9))
        notes.append(np.exp(-3.0 * time_s) * sum(partials))
    return np.concatenate(notes)


@pytest.mark.parametrize("a_hz", [429.0, 432.0, 440.0, 443.0, 452.0])
def test_it_is_right_to_two_cents(a_hz: float) -> None:
    found = tuning(tune(a_hz), RATE)
    assert found.cents == pytest.approx(1200.0 * np.log2(a_hz / 440.0), abs=2.0)
    assert found.clarity > 0.8


def test_noise_and_silence_have_none() -> None:
    assert tuning(np.random.default_rng(0).standard_normal(2 * RATE), RATE).clarity < 0.1
    for samples in (np.zeros(RATE), np.zeros(0), np.ones(1)):
        assert tuning(samples, RATE).clarity == 0.0
