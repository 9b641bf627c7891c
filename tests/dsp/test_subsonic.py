"""Offset and drift, on tones whose true drift is known."""

import numpy as np
import pytest

from estilo.dsp.subsonic import add_drift, drift

RATE = 16_000
TIME_S = np.arange(2 * RATE) / RATE
TONE = 0.1 * np.sin(2 * np.pi * 110 * TIME_S) + 0.05 * np.sin(2 * np.pi * 300 * TIME_S + 1.0)


def power_db(samples: np.ndarray) -> float:
    return 10.0 * np.log10(np.mean(np.square(samples)) + 1e-30)


def without(samples: np.ndarray, sample_rate: int = RATE) -> np.ndarray:
    out = samples.astype(np.float32)
    found = drift(out, sample_rate)
    assert found is not None
    add_drift(out, found, sample_rate, share=-1.0)
    return out


@pytest.mark.parametrize(
    ("of", "most_db"),
    [
        (0.05 + 0.0 * TIME_S, -40.0),
        (0.05 * TIME_S, -40.0),
        (0.05 * np.sin(2 * np.pi * 1.0 * TIME_S + 1.0), -40.0),
        (0.05 * np.sin(2 * np.pi * 3.0 * TIME_S), -40.0),
        (0.05 * np.sin(2 * np.pi * 9.0 * TIME_S), -20.0),
    ],
    ids=["offset", "ramp", "1 Hz", "3 Hz", "9 Hz"],
)
def test_it_goes_and_the_sound_stays(of: np.ndarray, most_db: float) -> None:
    left = without(TONE + of) - TONE
    assert power_db(left) < power_db(TONE) + most_db


@pytest.mark.parametrize("frequency_hz", [16.35, 27.5, 55.0])
def test_the_lowest_notes_of_organ_and_piano_stay(frequency_hz: float) -> None:
    tone = 0.1 * np.sin(2 * np.pi * frequency_hz * TIME_S)
    kept_db = power_db(without(tone + 0.1)) - power_db(tone)
    assert kept_db == pytest.approx(0.0, abs=1.1 if frequency_hz < 20.0 else 0.1)


@pytest.mark.parametrize("sample_rate", [8000, 11_025, 44_100, 192_000])
def test_at_any_rate(sample_rate: int) -> None:
    tone = 0.1 * np.sin(2 * np.pi * 220 * np.arange(sample_rate) / sample_rate)
    assert power_db(without(tone - 0.3, sample_rate) - tone) < power_db(tone) - 45.0


def test_what_has_none_or_is_too_short_is_left_as_it_is() -> None:
    assert drift(TONE.astype(np.float32), RATE) is None
    assert drift(np.zeros(RATE, np.float32), RATE) is None
    assert drift(np.ones(100, np.float32), RATE) is None
    assert drift(np.zeros(0, np.float32), RATE) is None


def test_stretches_of_a_long_recording_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = without(TONE + 0.05)
    monkeypatch.setattr("estilo.dsp.subsonic._CHUNK", 37)
    np.testing.assert_allclose(without(TONE + 0.05), whole, atol=1e-7)
