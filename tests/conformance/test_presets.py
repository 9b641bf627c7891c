"""What every preset that comes with estilo keeps to."""

import pytest

from estilo.engines.base import Engine
from estilo.engines.building import bare_engine, build_engine
from estilo.presets import build_settings, load_preset, preset_names


@pytest.fixture(params=preset_names())
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_it_builds_an_engine(name: str) -> None:
    preset = load_preset(name)
    settings = build_settings(preset.engine, preset.settings)
    assert isinstance(build_engine(preset.engine, settings), Engine)
    assert bare_engine(preset.engine, settings).settings == settings


def test_it_says_what_it_is_and_what_is_wrong_with_it(name: str) -> None:
    preset = load_preset(name)
    assert preset.name == name
    assert 20 < len(preset.summary) <= 100
    if preset.raw is not None:  # an original method: its faults are known
        loses_phase = preset.settings.get("representation") != "sms"
        assert any("Griffin-Lim" in fault for fault in preset.faults) == loses_phase
        assert any(fault.startswith("raw: mono") for fault in preset.faults)
    if name.endswith("-fixed"):
        assert name.removesuffix("-fixed") in preset_names()
        assert preset.faults == ()


def test_raw_needs_an_original_method(name: str) -> None:
    raw = load_preset(name).raw
    if raw is not None:
        assert raw.sample_rate_hz == 22_050
        assert 2 < raw.duration_s < 60
