"""Styles whose band ends early, and bands in which the content has nothing."""

import numpy as np
import pytest
import soxr
from clips import melody, rain

from estilo.analysis.bandwidth import bandwidth_hz
from estilo.audio import Audio
from estilo.errors import SettingsError
from estilo.pipeline.clips import Clip
from estilo.pipeline.regions import Place, segments
from estilo.pipeline.transfer import transfer

RATE = 32_000
STYLE = rain(2.0, RATE)
CONTENT = Audio(melody(2.0, RATE) + 0.05 * rain(2.0, RATE, seed=3), RATE)


def cut_at(samples: np.ndarray, hz: int) -> np.ndarray:
    return soxr.resample(soxr.resample(samples, RATE, 2 * hz), 2 * hz, RATE)


def rounded(samples: np.ndarray) -> np.ndarray:
    """As a file of 16 bits holds them."""
    return np.round(samples * 2**15) / 2**15


@pytest.mark.parametrize("ends_hz", [3400, 5500, 11_000])
@pytest.mark.parametrize("sound", [STYLE, melody(2.0, RATE) + 0.01 * STYLE], ids=["rain", "tune"])
def test_a_cut_is_found(sound: np.ndarray, ends_hz: int) -> None:
    for samples in (cut_at(sound, ends_hz), rounded(cut_at(sound, ends_hz))):
        found = bandwidth_hz(Audio(samples, RATE))
        assert found is not None
        assert 0.88 * ends_hz < found < 1.06 * ends_hz


@pytest.mark.parametrize(
    "samples",
    [
        STYLE,
        np.cumsum(np.cumsum(STYLE)) * 1e-3,
        melody(2.0, RATE),
        np.sin(0.8 * np.arange(RATE)),
        sum(0.5**k * np.sin(0.2 * k * np.arange(2 * RATE)) for k in range(1, 9)),
        np.zeros(1000),
        np.ones(1),
    ],
    ids=["noise", "dark noise", "tune", "sine", "partials", "silence", "one sample"],
)
def test_what_is_dark_by_itself_has_none(samples: np.ndarray) -> None:
    assert bandwidth_hz(Audio(samples, RATE)) is None


def high_db(audio: Audio) -> float:
    """Level from 6 to 12 kHz against that below 3 kHz."""
    power = np.abs(np.fft.rfft(audio.samples[0])) ** 2
    hz = np.fft.rfftfreq(audio.n_samples, 1.0 / RATE)
    low, high = power[hz < 3000].sum(), power[(hz >= 6000) & (hz < 12_000)].sum()
    return float(10.0 * np.log10(high / low))


@pytest.mark.parametrize("way", ["low rate", "upsampled"])
def test_what_the_style_does_not_know_stays_the_contents(way: str) -> None:
    style = Audio(cut_at(STYLE, 4000), RATE)
    if way == "low rate":
        style = Audio(soxr.resample(STYLE, RATE, 8000), 8000)
    result = transfer(CONTENT, style, engine="eq", scores=False)
    assert high_db(result.audio) == pytest.approx(high_db(CONTENT), abs=3.0)
    (said,) = result.report.warnings
    assert "style 1 holds nothing above" in said
    assert "kHz; there the content stays as it is" in said


def test_nothing_is_said_where_the_content_ends_there_too() -> None:
    content = Audio(cut_at(CONTENT.samples[0], 4000), RATE)
    result = transfer(content, Audio(cut_at(STYLE, 4000), RATE), engine="eq", scores=False)
    assert result.report.warnings == []


def test_others_go_on_where_a_style_ends_and_chosen_bands_stay() -> None:
    known, chosen = Place(known_to_hz=4000.0), Place(bands_hz=((0.0, 500.0),))
    (segment,) = segments([known, Place(), chosen], n_samples=100, sample_rate=RATE)
    assert [(each.high_hz, sorted(each.styles)) for each in segment.bands] == [
        (500.0, [2]),
        (4000.0, [0, 1]),
        (np.inf, [1]),
    ]
    with pytest.raises(SettingsError, match=r"applies from 5000 Hz.*nothing in it above 4000 Hz"):
        segments(
            [Place(bands_hz=((5000.0, np.inf),), known_to_hz=4000.0)],
            n_samples=100,
            sample_rate=RATE,
        )


def test_a_range_in_which_the_content_has_nothing_is_named() -> None:
    tone = Audio(0.2 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE), RATE)
    for at, is_empty in (("0-300Hz", True), ("0s-0.5s,3kHz-", True), ("500Hz-", False)):
        result = transfer(tone, [Clip(Audio(STYLE, RATE), at=at)], engine="eq", scores=False)
        found = [each for each in result.report.warnings if "style 1 is hardly heard" in each]
        assert len(found) == is_empty
