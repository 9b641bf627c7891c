"""Every engine end to end: files or samples in, a recording and its recipe out."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import rain, stereo
from scipy import signal

from estilo.audio import Audio
from estilo.engines import ENGINES
from estilo.engines.building import engine_rate
from estilo.errors import SettingsError
from estilo.pipeline.report import Report
from estilo.pipeline.transfer import Transfer, texture, transfer

RATE = 16_000
BASELINES = [name for name in ENGINES if name not in ("optimise", "auto")]


def _content(sample_rate: int = RATE) -> Audio:
    return Audio(0.3 * stereo(0.7, sample_rate), sample_rate)


STYLE = Audio(rain(0.6, 22_050), 22_050)


@pytest.mark.parametrize("engine", BASELINES)
@pytest.mark.parametrize("sample_rate", [RATE, 96_000])
def test_rate_length_channels_and_loudness_are_the_contents(engine: str, sample_rate: int) -> None:
    content = _content(sample_rate)
    result = transfer(content, STYLE, engine=engine, scores=False)
    assert result.audio.samples.shape == content.samples.shape
    assert result.audio.sample_rate == sample_rate
    assert result.report.plan.engine == engine
    level = result.report.level
    if engine == "content":
        assert np.array_equal(result.audio.samples, content.samples)
    else:
        assert level is not None
        assert level.target_lufs is not None
        assert level.achieved_lufs == pytest.approx(level.target_lufs - level.shortfall_lu, abs=0.1)


@pytest.mark.parametrize("engine", BASELINES)
def test_a_report_renders_the_same_again(engine: str) -> None:
    first = transfer(_content(), [STYLE, _content()], style_weights=[1, 3], engine=engine, mix=0.7)
    report = Report.model_validate_json(first.report.to_json())
    again = Transfer(report.plan)(
        _content(), [STYLE, _content()], style_weights=[s.weight or 0.0 for s in report.styles]
    )
    assert again.report.output.samples_sha256 == report.output.samples_sha256


@pytest.mark.parametrize("engine", ["eq", "crossfade"])
def test_strength_0_returns_the_content_bit_for_bit(engine: str) -> None:
    loud = Audio(3.0 * stereo(0.5, 96_000), 96_000)
    result = transfer(loud, STYLE, engine=engine, strength=0)
    np.testing.assert_array_equal(result.audio.samples, loud.samples)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "content", "strength": 0.5}, "engine 'content' has no setting 'strength'"),
        (
            {"engine": "style", "strength": 0},
            "a setting of optimise, .*mosaic, notes, eq, crossfade; leave it out",
        ),
        ({"engine": "eq", "n_steps": 3}, "engine 'eq' has no setting 'n_steps', a setting of opt"),
        ({"engine": "eq", "smoothing": 1}, "unknown setting 'smoothing'; did you mean 'smoothing_"),
        ({"n_steps": 2, "limit_db": 3.0}, "engine 'optimise' has no setting 'limit_db', .* of eq"),
        ({"engine": "eq", "preset": "dipani"}, "preset 'dipani' is of engine 'optimise', and"),
        ({"engine": "eq", "feature_network": object()}, "'eq' takes no feature network; leave"),
        ({"engine": "eq", "raw": True}, "raw writes what the original method of a preset"),
        ({"engine": "eq", "limit_db": 0.0}, "limit_db must be above 0"),
    ],
)
def test_what_an_engine_does_not_have_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Transfer(**options)


def test_a_preset_may_be_of_any_engine(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('summary = "soft"\nengine = "eq"\n[settings]\nstrength = 0.25\n')
    chosen = Transfer(preset=str(path), smoothing_erb=2.0)
    assert chosen.plan.engine == "eq"
    settings = chosen.plan.settings
    assert (settings.strength, settings.smoothing_erb) == (0.25, 2.0)
    assert transfer(_content(), STYLE, preset=str(path)).report.plan.settings.strength == 0.25


def test_textures_are_copied_by_the_style_engine_and_refused_by_the_others() -> None:
    wide = Audio(stereo(1.0, RATE), RATE)
    result = texture(wide, seconds=1.7, engine="style")
    assert result.audio.samples.shape == (2, round(1.7 * RATE))
    same = result.audio.samples[:, : round(0.85 * RATE)]
    scale = np.sum(same * wide.samples[:, : same.shape[1]]) / np.sum(same**2)
    np.testing.assert_allclose(scale * same, wide.samples[:, : same.shape[1]], atol=2e-3)
    with pytest.raises(SettingsError, match="a texture has none; choose another engine"):
        texture(wide, seconds=1.0, engine="eq")
    with pytest.raises(SettingsError, match="leave out the preset, the engine"):
        texture(wide, seconds=1.0, engine="style", realism=0.5)


def test_baselines_work_at_the_contents_own_rate() -> None:
    """So that what lies above 24 kHz is filtered as the rest is."""
    for settings in (ENGINES[engine]() for engine in BASELINES):
        if settings.works_in == "blocks":
            assert engine_rate(settings, 192_000) == (settings.sample_rate_hz or 192_000)
    tone = np.sin(2 * np.pi * 30_000 * np.arange(48_000) / 96_000)
    content = Audio(rain(0.5, 96_000) + 0.05 * tone, 96_000)
    dark = Audio(signal.lfilter([0.01], [1.0, -0.99], np.cumsum(rain(0.5, 96_000))), 96_000)
    output = transfer(content, dark, engine="eq").audio.samples[0]
    before, after = (np.abs(np.mean(x * tone)) / np.std(x) for x in (content.samples[0], output))
    assert after < 0.5 * before
