"""How far attributes moved, for outputs that were put between content and style on purpose."""

import numpy as np
import pytest
from known_tones import RATE, harmonics, notes, sound, times

from estilo.analysis.sound import Sound
from estilo.metrics.attributes import ATTRIBUTES, changes, compared, moved_attributes

NAMES = [
    "spectrum",
    "centroid",
    "tilt",
    "attack",
    "decay",
    "vibrato",
    "tremolo",
    "roughness",
    "tone_to_noise",
    "width",
    "room",
    "partials",
]


def _tremolo(db: float) -> Sound:
    swing = 10.0 ** (db * np.sin(2.0 * np.pi * 5.0 * times(3.0)) / 40.0)
    return sound(np.concatenate([np.zeros(RATE // 5), swing * harmonics(220.0, 3.0)]))


def _equalised(samples: np.ndarray, db_per_octave: float) -> np.ndarray:
    spectrum = np.fft.rfft(samples)
    hz = np.fft.rfftfreq(len(samples), 1.0 / RATE)
    gain_db = db_per_octave * np.log2(np.maximum(hz, 50.0) / 500.0)
    return np.fft.irfft(spectrum * 10.0 ** (gain_db / 20.0), len(samples))


def test_names_are_stable():
    tone = sound(notes())
    assert [each.name for each in compared(tone, tone, tone)] == NAMES
    assert set(ATTRIBUTES) < set(NAMES)


def test_content_is_0_and_style_is_100():
    content = sound(notes(attack_s=0.01, fall_db_per_s=30.0))
    style = sound(_equalised(notes(attack_s=0.15, f0_hz=300.0), -6.0))
    at_start, at_end = (moved_attributes(content, style, each) for each in (content, style))
    assert {"spectrum", "attack", "decay"} <= set(at_start)
    assert set(at_start.values()) == {0.0}
    assert list(at_end.values()) == pytest.approx([100.0] * len(at_end))


def test_halfway_in_decibels_is_half():
    moved = moved_attributes(_tremolo(1.0), _tremolo(9.0), _tremolo(5.0))
    assert moved["tremolo"] == pytest.approx(50.0, abs=3.0)
    moved = moved_attributes(_tremolo(1.0), _tremolo(9.0), _tremolo(11.0))
    assert moved["tremolo"] > 110.0


def test_halfway_in_time_is_the_geometric_mean():
    """Of times that are counted from -5 ms: 10 to 70 % of 20 and 200 ms, and of 68 ms."""
    between_s = (np.sqrt((12.0 + 5.0) * (120.0 + 5.0)) - 5.0) / 600.0
    short, long, between = (sound(notes(attack_s=each)) for each in (0.02, 0.2, between_s))
    assert moved_attributes(short, long, between)["attack"] == pytest.approx(50.0, abs=7.0)


def test_no_way_where_content_and_style_hardly_differ():
    rows = {each.name: each for each in compared(_tremolo(4.0), _tremolo(4.5), _tremolo(8.0))}
    assert rows["tremolo"].moved_percent is None
    assert rows["tremolo"].output == pytest.approx(8.0, rel=0.1)
    assert moved_attributes(_tremolo(4.0), _tremolo(4.5), _tremolo(8.0)) == {}


def test_an_equaliser_moves_the_spectrum_and_nothing_else():
    content = notes(attack_s=0.01, fall_db_per_s=30.0)
    style = _equalised(notes(attack_s=0.15, f0_hz=300.0), -6.0)
    output = sound(_equalised(content, -5.0))
    moved = moved_attributes(sound(content), sound(style), output)
    assert moved["spectrum"] > 60.0
    assert moved["attack"] == pytest.approx(0.0, abs=5.0)
    assert moved["decay"] == pytest.approx(0.0, abs=5.0)
    rows = {each.name: each for each in compared(sound(content), sound(style), output)}
    assert rows["partials"].output == pytest.approx(0.0, abs=0.1)


def test_other_notes_are_new_partials():
    content, other = sound(notes(f0_hz=220.0)), sound(notes(f0_hz=311.0))
    rows = {each.name: each for each in compared(content, other, other)}
    assert rows["partials"].output > 50.0
    assert (rows["partials"].content, rows["partials"].style) == (0.0, None)


def test_a_texture_has_no_notes_and_says_so(rng):
    noise = Sound(0.1 * rng.standard_normal(3 * RATE), RATE)
    rows = {each.name: each for each in compared(sound(notes()), noise, noise)}
    assert rows["spectrum"].moved_percent == pytest.approx(100.0)
    for name in ("room", "vibrato", "partials"):
        assert rows[name].style is None, name
        assert rows[name].moved_percent is None, name


@pytest.mark.parametrize("which", [0, 1, 2])
def test_silence_has_no_way(which):
    sounds = [sound(notes()) for _ in range(3)]
    sounds[which] = Sound(np.zeros(RATE), RATE)
    assert moved_attributes(*sounds) == {}


def test_changes_are_in_spreads_and_have_signs():
    more, less = (changes(_tremolo(a), _tremolo(b))["tremolo"] for a, b in ((2, 6), (6, 2)))
    assert more == pytest.approx(4.0 / ATTRIBUTES["tremolo"].spread.between, rel=0.1)
    assert less == -more
