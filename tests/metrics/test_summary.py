"""The numbers for musicians: at their ends, in between, and against faults that are put in."""

import math

import numpy as np
import pytest

from estilo.analysis.sound import Sound
from estilo.metrics.attributes import moved_attributes
from estilo.metrics.faults import faults
from estilo.metrics.summary import artifacts, content_kept, movement

RATE = 44_100


def _tones(rng: np.random.Generator, *, n_partials: int = 6, seconds: float = 2.0) -> np.ndarray:
    """Eight decaying notes."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    out = 1e-4 * rng.standard_normal(len(time_s))
    for start_s in np.arange(0.0, seconds, 0.25):
        after = np.maximum(time_s - start_s, 0.0)
        pitch_hz = 220.0 * 2.0 ** (rng.integers(0, 13) / 12)
        for k in range(1, n_partials + 1):
            decay = np.exp(-6.0 * after) * (time_s >= start_s)
            out += 0.1 / k * decay * np.sin(2 * np.pi * k * pitch_hz * after)
    return out


def _noise(rng: np.random.Generator, seconds: float = 2.0) -> np.ndarray:
    return 0.05 * np.diff(rng.standard_normal(round(seconds * RATE) + 1))


SAME = {"harmony_kept": 1.0, "notes_kept": 1.0, "note_levels_db": 0.0, "onsets_kept": 1.0}


def test_content_kept_is_the_mean_of_two_means() -> None:
    unrelated = {"harmony_kept": 0.2, "notes_kept": 0.01, "note_levels_db": 8.0, "onsets_kept": 0.1}
    assert content_kept(SAME) == 1.0
    assert content_kept(unrelated) == 0.0
    # A quarter of the way to unrelated costs an eighth of a third of a half.
    assert content_kept(SAME | {"notes_kept": 1 - 0.98 / 4}) == pytest.approx(1 - 1 / 48)
    assert content_kept(SAME | {"onsets_kept": 0.26}) == pytest.approx(0.5)
    assert math.isnan(content_kept({}))


def test_content_kept_counts_levels_pauses_words_and_image() -> None:
    new = {"pauses_db": 0.0, "words_kept": 1.0, "image_db": 0.0}
    assert content_kept(SAME | new) == 1.0
    # A third of harmony, which is a quarter of the whole beside rhythm, words and image.
    assert content_kept(SAME | new | {"note_levels_db": 7.0}) == pytest.approx(1 - 1 / 12)
    assert content_kept(SAME | new | {"words_kept": 0.0}) == pytest.approx(0.75)
    assert content_kept(SAME | new | {"image_db": 36.0}) == pytest.approx(0.5)
    assert content_kept(SAME | {"pauses_db": 43.0}) == pytest.approx(1 - 1 / 4)


def test_only_a_course_of_loudness_that_is_lost_for_good_counts() -> None:
    kept = [content_kept(SAME | {"loudness_correlation": x}) for x in (1.0, 0.58, 0.16)]
    assert kept == pytest.approx([1.0, 1 - 1 / 32, 1 - 1 / 4])


def test_without_a_difference_there_is_no_way_to_go(rng: np.random.Generator) -> None:
    rumble = np.cumsum(rng.standard_normal((2, 2 * RATE)), axis=1)
    first, second = (Sound(np.diff(each, append=0.0) + 0.1 * each, RATE) for each in rumble)
    assert movement(first, first, second) == {}


def test_each_fault_is_found_and_grows(rng: np.random.Generator) -> None:
    clean = Sound(_tones(rng), RATE)
    assert _worst(clean, clean) == 0.0
    click = np.eye(1, 2 * RATE, 50_000)[0]
    clipped, broken = clean.mono_full_rate.copy(), clean.mono_full_rate.copy()
    clipped = np.clip(clipped, -0.3 * clipped.max(), 0.3 * clipped.max())
    broken[100] = np.nan
    flicker = Sound(0.3 * rng.standard_normal(2 * RATE), RATE)
    assert _worst(Sound(clean.mono_full_rate + 0.5 * click, RATE), clean) == 0.5
    assert 0.0 < _worst(Sound(clipped, RATE), clean) <= 1.0
    assert _worst(Sound(broken, RATE), clean) == 1.0
    assert _worst(flicker, clean) > 0.6


def test_what_a_reference_has_is_no_fault(rng: np.random.Generator) -> None:
    clean, noise = Sound(_tones(rng), RATE), Sound(_noise(rng), RATE)
    assert artifacts(faults(noise, None, noise)) == 0.0
    assert artifacts(faults(noise, None, clean, noise)) == 0.0
    torn = Sound(clean.mono_full_rate + 0.5 * np.eye(1, 2 * RATE, 50_000)[0], RATE)
    assert _worst(torn, torn) == artifacts(faults(torn, clean, None, torn)) == 0.0


def test_silence_is_a_fault_where_there_was_sound(rng: np.random.Generator) -> None:
    silence = Sound(np.zeros(RATE), RATE)
    (fault,) = faults(silence, Sound(_tones(rng), RATE))
    assert (fault.kind, fault.severity) == ("silence", 1.0)
    assert artifacts(faults(silence, silence)) == artifacts(faults(silence)) == artifacts([]) == 0.0


def _worst(output: Sound, content: Sound) -> float:
    return artifacts(faults(output, content))


def test_movement_is_0_at_the_content_and_100_at_the_style(rng: np.random.Generator) -> None:
    content, style = Sound(_tones(rng), RATE), Sound(_noise(rng), RATE)
    stays, goes = movement(content, style, content), movement(content, style, style)
    assert set(stays.values()) == {0.0}
    assert list(goes.values()) == pytest.approx([100.0] * len(goes))
    assert {"moved_percent", "moved_spectrum_percent"} <= set(goes)
    assert all(name.startswith("moved_") and name.endswith("percent") for name in goes)
    between = Sound(content.mono_full_rate + style.mono_full_rate, RATE)
    halfway = movement(content, style, between)
    attributes = moved_attributes(content, style, between)
    assert len(attributes) >= 3
    assert halfway["moved_percent"] == np.median(list(attributes.values()))
    assert {f"moved_{name}_percent" for name in attributes} | {"moved_percent"} == set(halfway)
