"""Speeds from two tempos, against the definition."""

import numpy as np
import pytest

from estilo.errors import InputError
from estilo.matching.tempo import match_tempo


@pytest.mark.parametrize("content_bpm", [20.0, 40.0, 60.0, 90.0, 125.0, 180.0, 240.0, 400.0])
@pytest.mark.parametrize("style_bpm", [43.0, 71.0, 97.0, 120.0, 166.0, 231.0])
def test_beats_meet_with_the_least_stretch(content_bpm, style_bpm):
    fit = match_tempo(content_bpm, style_bpm)
    assert style_bpm * fit.speed * float(fit.relation) == pytest.approx(content_bpm)
    octaves = np.log2(content_bpm / style_bpm) - np.arange(-5, 6)
    assert abs(np.log2(fit.speed)) == pytest.approx(np.abs(octaves).min())
    assert abs(np.log2(fit.speed)) <= 0.5


@pytest.mark.parametrize("content_bpm", [90.0, 181.0])
@pytest.mark.parametrize("style_bpm", [60.0, 120.0])
def test_no_beat_is_set_against_a_third_of_others(content_bpm, style_bpm):
    """90 bpm that are read as 181 are not made four against three by a style of 120."""
    fit = match_tempo(content_bpm, style_bpm)
    beats = 90.0 / (style_bpm * fit.speed)
    assert np.log2(beats) == pytest.approx(round(np.log2(beats)), abs=0.01)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_an_octave_error_of_the_analysis_does_not_matter(factor):
    right, wrong = match_tempo(120.0, 104.0), match_tempo(120.0, 104.0 * factor)
    assert wrong.speed == pytest.approx(right.speed)


@pytest.mark.parametrize(("content", "style"), [(0.0, 100.0), (100.0, -1.0), (float("nan"), 100.0)])
def test_bad_tempos(content, style):
    with pytest.raises(InputError, match="tempos must be positive"):
        match_tempo(content, style)
