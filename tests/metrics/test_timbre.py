"""Plain timbre: against librosa's MFCCs, and blind to what is not timbre."""

import librosa
import numpy as np
import pytest
from scipy.spatial.distance import cosine
from tones import tone

from estilo.analysis.sound import Sound
from estilo.metrics.timbre import timbre_mfcc

RATE = 16_000


def _tone(pitches_hz: list[float], slope: float, note_s: float = 0.5) -> np.ndarray:
    return tone(pitches_hz, slope, sample_rate=RATE, note_s=note_s)


def test_equals_the_definition_in_librosa(rng: np.random.Generator) -> None:
    first, second = rng.standard_normal((2, 20_000)).cumsum(axis=1).astype(np.float32)[:, ::-1]
    second = np.diff(second[:13_000])

    def statistics(waveform: np.ndarray) -> np.ndarray:
        rows = librosa.feature.mfcc(y=waveform, sr=RATE, n_mfcc=13, hop_length=500)[1:]
        return np.concatenate([rows.mean(1), rows.std(1)])

    expected = cosine(statistics(first), statistics(second))
    assert timbre_mfcc(Sound(first, RATE), Sound(second, RATE)) == pytest.approx(expected, abs=1e-5)


def test_other_notes_differ_less_than_another_instrument(rng: np.random.Generator) -> None:
    low, high = [220.0, 262.0, 330.0, 247.0], [294.0, 247.0, 262.0, 349.0, 220.0, 330.0]
    dull, dull_again = Sound(_tone(low, 2.5), RATE), Sound(_tone(high, 2.5, 0.45), RATE)
    bright = Sound(_tone(low, 0.5), RATE)
    assert timbre_mfcc(dull_again, dull) < 0.3 * timbre_mfcc(bright, dull)
    assert timbre_mfcc(bright, dull) == pytest.approx(timbre_mfcc(dull, bright))


def test_order_in_time_and_repetition_do_not_matter(rng: np.random.Generator) -> None:
    waveform = _tone([220.0, 262.0, 330.0], 1.0)
    sound = Sound(waveform, RATE)
    assert timbre_mfcc(Sound(np.tile(waveform, 3), RATE), sound) < 1e-3
    assert timbre_mfcc(Sound(waveform[::-1], RATE), sound) < 1e-2
