"""The pitch metric against sets counted one by one, and what follows from its definition."""

import warnings

import numpy as np
import pytest

from estilo.analysis.multipitch import multipitch, notes_per_frame
from estilo.analysis.sound import Sound
from estilo.errors import InputError
from estilo.metrics.base import NothingToMeasure
from estilo.metrics.pitch import PITCH, jaccard_distance, pitch_distance

RATE = 16_000


def _tone(note: float, duration_s: float = 1.0, rate: int = RATE) -> np.ndarray:
    time_s = np.arange(round(duration_s * rate)) / rate
    base_hz = 440.0 * 2.0 ** ((note - 69) / 12)
    partials = np.arange(1, int(7500 // base_hz) + 1)[:, None]
    return 0.1 * (np.sin(2 * np.pi * partials * base_hz * time_s + partials**2) / partials).sum(0)


def _by_sets(ours: np.ndarray, theirs: np.ndarray) -> float:
    distances = []
    for a, b in zip(notes_per_frame(ours), notes_per_frame(theirs), strict=True):
        either = set(a) | set(b)
        distances.append(1.0 - len(set(a) & set(b)) / len(either) if either else 0.0)
    return float(np.mean(distances))


def test_equals_sets_counted_one_by_one(rng: np.random.Generator) -> None:
    for density in (0.01, 0.05, 0.5):
        ours, theirs = rng.random((2, 50, 88)) < density
        assert jaccard_distance(ours, theirs) == pytest.approx(_by_sets(ours, theirs), abs=1e-12)


def test_frames_empty_in_both_count_zero() -> None:
    ours, theirs = np.zeros((2, 4, 88), dtype=bool)
    assert jaccard_distance(ours, theirs) == 0.0
    ours[0, 3] = True
    assert jaccard_distance(ours, theirs) == 0.25
    theirs[0, 3:5] = True
    assert jaccard_distance(ours, theirs) == 0.125


def test_from_sounds_it_is_the_distance_of_their_notes() -> None:
    ours = Sound(_tone(57) + _tone(64), RATE)
    theirs = Sound(_tone(57) + _tone(61), RATE)
    expected = _by_sets(multipitch(ours), multipitch(theirs))
    assert pitch_distance(ours, theirs) == pytest.approx(expected)
    assert expected == pytest.approx(2 / 3, abs=0.1)


def test_identical_sounds_have_none() -> None:
    sound = Sound(np.concatenate([_tone(60), _tone(67)]), RATE)
    assert pitch_distance(sound, sound) == PITCH.best == 0.0


def test_gain_changes_nothing_and_an_octave_everything() -> None:
    content = Sound(_tone(60), RATE)
    assert pitch_distance(Sound(0.2 * _tone(60), RATE), content) < 0.05
    assert pitch_distance(Sound(_tone(72), RATE), content) > 0.9


def test_another_timbre_with_the_same_note_is_near(rng: np.random.Generator) -> None:
    content = _tone(60)
    dull = np.convolve(content, np.hanning(15) / np.hanning(15).sum(), mode="same")
    noisy = content + 0.003 * rng.standard_normal(RATE)
    assert pitch_distance(Sound(dull, RATE), Sound(content, RATE)) < 0.15
    assert pitch_distance(Sound(noisy, RATE), Sound(content, RATE)) < 0.15


def test_the_output_is_cut_or_padded_to_the_content() -> None:
    content = Sound(_tone(60), RATE)
    longer = Sound(np.concatenate([_tone(60), _tone(70)]), RATE)
    half = Sound(_tone(60, 0.5), RATE)
    assert pitch_distance(longer, content) < 0.1
    assert pitch_distance(half, content) == pytest.approx(0.5, abs=0.1)
    assert pitch_distance(Sound(_tone(60, rate=44_100), 44_100), content) < 0.1


def test_silence_warns_and_gives_no_number() -> None:
    sound, silence = Sound(_tone(60), RATE), Sound(np.zeros(RATE), RATE)
    for pair in ((sound, silence), (silence, sound)):
        with pytest.warns(NothingToMeasure, match="pitch is not a number"):
            assert np.isnan(pitch_distance(*pair))


def test_what_is_no_sound_is_refused() -> None:
    with pytest.raises(InputError, match="Sounds, got ndarray"):
        pitch_distance(np.zeros(9), Sound(np.ones(9), RATE))  # type: ignore[arg-type]


def test_noise_against_noise_is_a_number(rng: np.random.Generator) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = (Sound(rng.standard_normal(RATE), RATE) for _ in range(2))
        assert 0.0 <= pitch_distance(first, second) <= 1.0
