"""How far outputs moved, in per cent."""

import pytest
from clips import melody, rain

from estilo.analysis.descriptors import Descriptors, describe
from estilo.analysis.movement import MOVING, how_far
from estilo.analysis.sound import Sound


def of(**values) -> Descriptors:
    return Descriptors(duration_s=1.0, sample_rate_hz=44_100, n_channels=1, **values)


def moved(name, content, style, output):
    return how_far(*(of(**{name: value}) for value in (content, style, output)))[name]


@pytest.mark.parametrize(
    ("name", "values", "percent"),
    [
        ("pitch_salience", (0.2, 0.8, 0.5), 50.0),
        ("pitch_salience", (0.2, 0.8, 0.1), -100 / 6),
        ("n_partials", (10.0, 2.0, 0.0), 125.0),
        ("spectral_centroid_hz", (500.0, 8000.0, 2000.0), 50.0),
        ("tempo_bpm", (60.0, 120.0, 240.0), 200.0),
        ("onsets_per_s", (0.0, 4.0, 3.0), 75.0),
    ],
)
def test_known_ways(name, values, percent):
    assert moved(name, *values) == pytest.approx(percent)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("pitch_salience", (0.50, 0.52, 0.9)),
        ("spectral_centroid_hz", (1000.0, 1030.0, 2000.0)),
        ("tempo_bpm", (None, 120.0, 120.0)),
        ("tempo_bpm", (100.0, 120.0, None)),
        ("spectral_centroid_hz", (0.0, 120.0, 100.0)),
    ],
)
def test_none_where_there_is_no_way_to_go(name, values):
    assert moved(name, *values) is None


def test_content_is_0_and_style_100():
    content, style = (describe(Sound(make(3.0, 16_000), 16_000)) for make in (melody, rain))
    at_start, at_end = how_far(content, style, content), how_far(content, style, style)
    known = [name for name in MOVING if at_start[name] is not None]
    assert len(known) >= 6
    assert [at_start[name] for name in known] == pytest.approx([0.0] * len(known))
    assert [at_end[name] for name in known] == pytest.approx([100.0] * len(known))


def test_covers_every_numeric_descriptor_of_sound():
    left_out = {"duration_s", "sample_rate_hz", "n_channels", "loudness_lufs", "true_peak_dbtp"}
    left_out |= {"tempo_confidence", "beats_s", "key", "key_confidence"}
    assert set(MOVING) == set(Descriptors.model_fields) - left_out
