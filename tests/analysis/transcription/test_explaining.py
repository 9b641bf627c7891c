import numpy as np
import pytest

from estilo.analysis.transcription.explaining import powers
from estilo.analysis.transcription.heard import HeardNote

RATE_HZ = 16_000


def tone(frequency_hz: float, start_s: float, end_s: float) -> np.ndarray:
    time_s = np.arange(2 * RATE_HZ) / RATE_HZ
    is_on = (time_s >= start_s) & (time_s < end_s)
    return (is_on * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)


def test_a_full_scale_sine_has_the_power_one_and_its_note_takes_it_all() -> None:
    sound = tone(440.0, 0.3, 1.5)
    whole, left = powers(sound, [HeardNote(0.3, 1.5, 69.0, 0.0, np.zeros(121, np.float32))])
    assert whole[100] == pytest.approx(1.0, abs=0.01)
    assert left.sum() < 0.02 * whole.sum()


def test_what_is_no_note_is_left() -> None:
    sound = tone(440.0, 0.3, 1.5) + tone(1000.0, 0.3, 1.5)
    whole, left = powers(sound, [HeardNote(0.3, 1.5, 69.0, 0.0)])
    assert left.sum() / whole.sum() == pytest.approx(0.5, abs=0.02)
    assert powers(sound, [])[1].sum() == whole.sum()
