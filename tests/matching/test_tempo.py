"""Speeds from two tempos, against the definition."""

import numpy as np
import pytest

from estilo.errors import InputError
from estilo.matching.tempo import FASTEST, RELATIONS, SLOWEST, match_tempo


@pytest.mark.parametrize("content_bpm", [40.0, 60.0, 90.0, 125.0, 180.0, 240.0])
@pytest.mark.parametrize("style_bpm", [43.0, 71.0, 97.0, 120.0, 166.0, 231.0])
def test_beats_meet_or_are_refused(content_bpm, style_bpm):
    speeds = [content_bpm / style_bpm / float(relation) for relation in RELATIONS]
    if not any(SLOWEST <= speed <= FASTEST for speed in speeds):
        with pytest.raises(InputError, match="times as fast"):
            match_tempo(content_bpm, style_bpm)
        return
    fit = match_tempo(content_bpm, style_bpm)
    assert style_bpm * fit.speed * float(fit.relation) == pytest.approx(content_bpm)
    assert SLOWEST <= fit.speed <= FASTEST
    # Whatever would be less of a stretch is less simple, and not by much.
    for speed, relation in zip(speeds, RELATIONS, strict=True):
        if abs(np.log2(speed)) < abs(np.log2(fit.speed)):
            assert 3 in relation.as_integer_ratio()
            assert abs(np.log2(fit.speed)) - abs(np.log2(speed)) < 0.1


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_an_octave_error_of_the_analysis_does_not_matter(factor):
    right, wrong = match_tempo(120.0, 104.0), match_tempo(120.0, 104.0 * factor)
    assert wrong.speed == pytest.approx(right.speed)


@pytest.mark.parametrize(("content", "style"), [(0.0, 100.0), (100.0, -1.0), (float("nan"), 100.0)])
def test_bad_tempos(content, style):
    with pytest.raises(InputError, match="tempos must be positive"):
        match_tempo(content, style)


def test_the_refusal_says_what_to_do():
    with pytest.raises(InputError, match=r"50 bpm .* 2\.00 times .* 200 bpm.*leave tempo out"):
        match_tempo(200.0, 50.0)
