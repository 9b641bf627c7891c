import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estilo.errors import SettingsError
from estilo.pipeline.regions import EVERYWHERE, Place, place_of, segments, split_place

TOP = math.inf


@pytest.mark.parametrize(
    ("text", "times_s", "bands_hz"),
    [
        ("0-200Hz", [], [(0.0, 200.0)]),
        ("-200Hz", [], [(0.0, 200.0)]),
        ("200-Hz", [], [(200.0, TOP)]),
        ("200Hz-", [], [(200.0, TOP)]),
        ("200Hz-2kHz", [], [(200.0, 2000.0)]),
        ("2-8 khz", [], [(2000.0, 8000.0)]),
        ("10s-20s", [(10.0, 20.0)], []),
        ("10-20.5s", [(10.0, 20.5)], []),
        ("10s-20", [(10.0, 20.0)], []),
        ("-5s", [(0.0, 5.0)], []),
        ("5s-", [(5.0, TOP)], []),
        ("1:30-2:00", [(90.0, 120.0)], []),
        ("1:30-100s", [(90.0, 100.0)], []),
        ("59:59.5-1:00:01", [(3599.5, 3601.0)], []),
        ("1s-2s, 3s-4s,-100Hz,1kHz-", [(1.0, 2.0), (3.0, 4.0)], [(0.0, 100.0), (1000.0, TOP)]),
        ("", [], []),
    ],
)
def test_ranges_are_read(text, times_s, bands_hz):
    assert place_of(text) == Place(tuple(times_s), tuple(bands_hz))


@pytest.mark.parametrize("text", ["10-20", "10", "s", "-", "-Hz", "10s-2kHz", "1s-2s,", "ten-20s"])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(SettingsError, match="is no range of time or frequency; give for instance"):
        place_of(text)


@pytest.mark.parametrize(
    "text", ["20s-10s", "5s-5s", "2kHz-200Hz", "2:00-1:30", "0-0Hz", "200-2kHz"]
)
def test_empty_ranges_are_refused(text):
    with pytest.raises(SettingsError, match="is empty: it ends where it begins, or before"):
        place_of(text)


def test_only_a_suffix_of_ranges_is_one(tmp_path):
    assert split_place("a/low.wav@0-200Hz") == ("a/low.wav", "0-200Hz")
    assert split_place("me@home.wav") == ("me@home.wav", "")
    assert split_place("me@home.wav@1s-2s,-1kHz") == ("me@home.wav", "1s-2s,-1kHz")
    assert split_place("@1s-2s") == ("@1s-2s", "")
    named = tmp_path / "odd@1s-2s"
    named.touch()
    assert split_place(str(named)) == (str(named), "")
    with pytest.raises(SettingsError, match="'10x-20x' is no range"):
        split_place(f"{named}@10x-20x")
    with pytest.raises(SettingsError, match="is empty"):
        split_place("low.wav@20s-10s")


def sets(place_texts, *, n_samples=100, sample_rate=10):
    """Who applies where: samples, edges in Hz, numbers."""
    cut = segments(
        [place_of(text) for text in place_texts], n_samples=n_samples, sample_rate=sample_rate
    )
    return [
        (each.start, each.stop, [(b.low_hz, b.high_hz, sorted(b.styles)) for b in each.bands])
        for each in cut
    ]


def test_styles_without_ranges_are_one_set():
    assert sets(["", ""]) == [(0, 100, [(0.0, TOP, [0, 1])])]


def test_a_range_takes_the_place_of_styles_without_one():
    assert sets(["", "2s-4s"]) == [
        (0, 20, [(0.0, TOP, [0])]),
        (20, 40, [(0.0, TOP, [1])]),
        (40, 100, [(0.0, TOP, [0])]),
    ]


def test_ranges_that_overlap_apply_together_and_beyond_them_is_the_content():
    assert sets(["-2kHz", "1kHz-3kHz"], sample_rate=8000, n_samples=8000) == [
        (
            *(0, 8000),
            [(0.0, 1e3, [0]), (1e3, 2e3, [0, 1]), (2e3, 3e3, [1]), (3e3, TOP, [])],
        )
    ]


def test_times_and_bands_of_one_style_hold_together():
    assert sets(["2s-4s,8s-,200Hz-"], sample_rate=1000, n_samples=10_000) == [
        (0, 2000, [(0.0, TOP, [])]),
        (2000, 4000, [(0.0, 200.0, []), (200.0, TOP, [0])]),
        (4000, 8000, [(0.0, TOP, [])]),
        (8000, 10_000, [(0.0, 200.0, []), (200.0, TOP, [0])]),
    ]


def test_the_end_may_lie_beyond_the_content():
    assert sets(["5s-60s"])[-1] == (50, 100, [(0.0, TOP, [0])])


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["10s-11s"], r"from 10 s lies beyond the content, which is 10\.000 s long"),
        (["1kHz-"], "from 1000 Hz lies beyond the content, which ends at 1000 Hz"),
        (["-10Hz"], "has an edge below 20 Hz, where nothing is heard"),
        (["1.0001s-1.0002s"], "holds not one sample"),
        (["", "-5s", "5s-"], "style 1 applies nowhere"),
        (["", "-500Hz", "300Hz-"], "style 1 applies nowhere"),
    ],
)
def test_what_cannot_be_is_said(texts, message):
    with pytest.raises(SettingsError, match=message):
        sets(texts, sample_rate=2000, n_samples=20_000)


spans = st.tuples(st.integers(0, 90), st.integers(1, 10)).map(lambda pair: (pair[0], sum(pair)))
places = st.builds(
    lambda times, bands: Place(
        tuple((float(a), float(b)) for a, b in times),
        tuple((20.0 * a, 20.0 * b) for a, b in bands),
    ),
    st.lists(spans, max_size=2),
    st.lists(spans, max_size=2),
)


@given(st.lists(places, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_every_moment_and_frequency_belongs_to_exactly_those_that_claim_it(claims):
    """Against the definition, point by point."""
    try:
        cut = segments(claims, n_samples=1000, sample_rate=10_000 // 100)
    except SettingsError:
        return  # a claim beyond the end, or one that is never heard
    assert [each.start for each in cut] == [0, *(each.stop for each in cut[:-1])]
    assert cut[-1].stop == 1000
    for each in cut:
        assert each.bands[0].low_hz == 0.0
        assert each.bands[-1].high_hz == TOP
        for band in each.bands:
            time_s = 0.5 * (each.start + each.stop) / 100
            hz = 0.5 * (band.low_hz + min(band.high_hz, 1e5))
            inside = [
                i
                for i, place in enumerate(claims)
                if (not place.times_s or any(a <= time_s < b for a, b in place.times_s))
                and (not place.bands_hz or any(a <= hz < b for a, b in place.bands_hz))
            ]
            ranged = [i for i in inside if claims[i] != EVERYWHERE]
            assert sorted(band.styles) == (ranged or inside)
