import numpy as np
import pytest

from estilo.analysis.transcription.partials import (
    N_PARTIALS,
    Stretch,
    pitch_course,
    power_course,
)
from estilo.units import midi_to_hz

RATE_HZ = 16_000


def tone(pitches: np.ndarray, amplitudes: tuple[float, ...]) -> np.ndarray:
    turns = np.cumsum(midi_to_hz(pitches)) / RATE_HZ
    partials = [a * np.sin(2 * np.pi * k * turns) for k, a in enumerate(amplitudes, 1)]
    return np.sum(partials, axis=0).astype(np.float32)


@pytest.mark.parametrize("pitch", [40.3, 52.0, 69.21, 88.0])
def test_pitch_and_level_of_a_steady_tone(pitch: float) -> None:
    amplitudes = (0.2, 0.1, 0.05)
    sound = tone(np.full(RATE_HZ, pitch), amplitudes)
    stretch = Stretch(sound, start_s=0.3, n_steps=40, pitch=round(pitch))
    course = pitch_course(stretch, round(pitch))
    np.testing.assert_allclose(course, pitch, atol=0.01)
    power = power_course(stretch, course, np.ones((40, N_PARTIALS)))
    expected_db = 10 * np.log10(np.square(amplitudes).sum())
    np.testing.assert_allclose(10 * np.log10(power), expected_db, atol=0.3)


def test_vibrato_and_slides_are_followed() -> None:
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    slide = 70.0 - 2.0 * np.exp(-time_s / 0.1)
    pitches = slide + 0.3 * np.sin(2 * np.pi * 5.0 * time_s)
    sound = tone(pitches, (0.1, 0.1, 0.1, 0.1))
    stretch = Stretch(sound, start_s=0.1, n_steps=150, pitch=70)
    expected = pitches[(1600 + 160 * np.arange(150))]
    # The window of an eighth of a second sees a little less than the whole swing.
    assert np.abs(pitch_course(stretch, 70) - expected)[20:].max() < 0.12
    assert np.abs(pitch_course(stretch, 70) - expected).max() < 0.3


def test_another_note_is_not_taken_for_it() -> None:
    steady = np.full(RATE_HZ, 60.0)
    sound = tone(steady, (0.05, 0.05, 0.05)) + tone(steady + 2.0, (0.2, 0.2, 0.2))
    stretch = Stretch(sound, start_s=0.2, n_steps=50, pitch=60)
    np.testing.assert_allclose(pitch_course(stretch, 60), 60.0, atol=0.06)
