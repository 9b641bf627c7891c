"""Textures: length, channels, level and how much was copied."""

from typing import Any

import numpy as np
import pyloudnorm
import pytest
from clips import audio, melody, rain, stereo

from estilo.audio import Audio
from estilo.errors import InputError, SettingsError
from estilo.pipeline.transfer import Transfer

RATE = 16_000
QUICK: dict[str, Any] = {"n_steps": 2}


def _texture(*styles: Audio, seconds: float = 1.0, **options: Any):
    return Transfer(**(QUICK | options)).texture(list(styles), seconds=seconds)


@pytest.mark.parametrize("representation", ["waveform", "mel", "stft"])
@pytest.mark.parametrize("seconds", [0.5, 1.2345])
def test_length_and_rate_are_those_asked_for(seconds: float, representation: str) -> None:
    result = _texture(
        audio(rain(1.0, 22_050), 22_050), seconds=seconds, representation=representation
    )
    assert result.audio.sample_rate == 22_050
    assert result.audio.samples.shape == (1, round(seconds * 22_050))
    assert np.isfinite(result.audio.samples).all()
    assert result.report.job == "texture"
    assert result.report.content is None
    assert result.report.seconds == seconds


@pytest.mark.parametrize("sample_rate", [8000, 96_000])
def test_any_rate(sample_rate: int) -> None:
    result = _texture(audio(rain(0.6, sample_rate), sample_rate), seconds=0.6)
    assert result.audio.n_samples == round(0.6 * sample_rate)


def test_a_stereo_style_gives_a_stereo_texture_as_wide() -> None:
    samples = stereo(2.0, RATE)
    result = _texture(audio(samples, RATE), seconds=2.0)
    assert result.audio.n_channels == 2

    def width(x: np.ndarray) -> float:
        return float(np.sum((x[0] - x[1]) ** 2) / np.sum((x[0] + x[1]) ** 2))

    assert width(result.audio.samples) == pytest.approx(width(samples), rel=0.02)
    both = np.stack([melody(1.0, RATE)] * 2)
    narrow = _texture(audio(both, RATE)).audio.samples
    np.testing.assert_array_equal(narrow[0], narrow[1])


def test_offset_and_pops_of_a_style_are_no_texture() -> None:
    style = rain(2.0, RATE)
    popped = style + 0.2
    popped[20_000:20_030] += 5.0 * np.hanning(30)
    plain, calm = (_texture(audio(each, RATE)).audio.samples for each in (style, popped))
    levels_db = [10.0 * np.log10(np.square(each).mean()) for each in (plain, calm)]
    assert levels_db[1] == pytest.approx(levels_db[0], abs=0.5)
    assert np.abs(calm).max() < 1.5 * np.abs(plain).max()
    assert abs(calm.mean()) < 0.02 * calm.std()


def test_the_first_style_decides_about_channels() -> None:
    wide, mono = audio(stereo(1.0, RATE), RATE), audio(rain(1.0, RATE), RATE)
    assert _texture(wide, mono).audio.n_channels == 2
    assert _texture(mono, wide).audio.n_channels == 1


def test_loudness_is_the_styles() -> None:
    style = audio(0.3 * rain(3.0, 48_000), 48_000)
    result = _texture(style, seconds=3.0)
    meter = pyloudnorm.Meter(48_000, filter_class="DeMan")
    before, after = (meter.integrated_loudness(a.samples.T) for a in (style, result.audio))
    assert after == pytest.approx(before, abs=0.5)


def test_another_seed_is_another_texture_and_the_same_is_the_same() -> None:
    style = audio(rain(1.0, RATE), RATE)
    one, again, other = (_texture(style, seed=seed).audio.samples for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_the_copy_score_is_reported_where_there_is_enough() -> None:
    result = _texture(audio(rain(2.0, RATE), RATE), seconds=1.5)
    scores = result.report.scores
    assert 0.0 < scores["copy_score"] < 0.5
    assert 0.0 < scores["copy_score_of_style"] < 0.5
    short = _texture(audio(rain(0.7, RATE), RATE), seconds=1.0).report.scores
    assert "copy_score_of_style" not in short  # its halves are shorter than half a second
    assert "copy_score" not in _texture(audio(rain(0.4, RATE), RATE)).report.scores


def test_progress_of_both_sides_is_one() -> None:
    told: list[float] = []
    Transfer(**QUICK).texture(
        audio(stereo(1.0, RATE), RATE), seconds=1.0, on_progress=lambda p: told.append(p.fraction)
    )
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_what_cannot_be_made_is_refused() -> None:
    style = audio(rain(1.0, RATE), RATE)
    for seconds in (0.0, -1.0, float("nan")):
        with pytest.raises(SettingsError, match="seconds must be positive"):
            _texture(style, seconds=seconds)
    with pytest.raises(InputError, match="the first style has 3 channels; mix it down first"):
        _texture(Audio(np.ones((3, RATE)), RATE))
    with pytest.raises(InputError, match="silent"):
        _texture(Audio(np.zeros((1, RATE)), RATE))
    with pytest.raises(InputError, match="the shortest clip"):
        _texture(style, seconds=0.001)


@pytest.mark.parametrize("shape", [1.0, 2.0])
def test_fades_of_the_file_are_not_copied(shape: float) -> None:
    """The result is as even as one of the same recording that was never faded."""
    even, rate = rain(4.0, 16_000), 16_000
    ramp = np.minimum(np.arange(len(even)) / (0.8 * rate), 1.0) ** shape
    faded = (even * ramp * ramp[::-1]).astype(np.float32)
    lowest_db = []
    for style in (even, faded):
        samples = _texture(Audio(style, rate), seconds=5.0, scores=False).audio.samples
        levels = np.square(samples[0][: len(samples[0]) // 3200 * 3200]).reshape(-1, 3200).mean(1)
        lowest_db.append(10.0 * np.log10(levels.min() / np.median(levels)))
    assert lowest_db[1] > lowest_db[0] - 2.0
