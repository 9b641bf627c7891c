"""From a name and settings to an engine, and the rate it works at."""

import pytest
import torch

from estilo.engines.building import (
    bare_engine,
    build_engine,
    check_styles,
    engine_rate,
    working_rate,
)
from estilo.engines.eq.settings import EqSettings
from estilo.engines.optimise.settings import OptimiseSettings
from estilo.engines.sines.settings import SinesSettings
from estilo.errors import SettingsError
from estilo.features.random1d import Random1d
from estilo.presets import build_settings


@pytest.mark.parametrize(
    ("content_rate", "expected"),
    [
        (8000, 8000),
        (44_100, 44_100),
        (48_000, 48_000),
        (88_200, 44_100),
        (96_000, 48_000),
        (192_000, 48_000),
    ],
)
def test_the_engine_works_at_most_at_48_khz(content_rate: int, expected: int) -> None:
    assert working_rate(content_rate, None) == expected
    assert working_rate(content_rate, 22_050) == 22_050
    assert engine_rate(OptimiseSettings(), content_rate) == expected


def test_a_rate_that_is_set_holds() -> None:
    settings = OptimiseSettings(process_rate_hz=22_050)
    assert engine_rate(settings, 96_000) == 22_050
    assert engine_rate(SinesSettings(optimise=settings), 96_000) == 22_050
    assert engine_rate(SinesSettings(), 96_000) == 48_000


def test_what_chooses_an_engine_is_none() -> None:
    with pytest.raises(SettingsError, match="'auto' chooses another engine and cannot be built"):
        build_engine("auto", build_settings("auto", {}))


def test_a_network_is_taken_or_refused() -> None:
    network = Random1d(4, n_filters=2, kernel=3, generator=torch.Generator())
    with pytest.raises(SettingsError, match="'eq' takes no feature network; leave it out"):
        bare_engine("eq", build_settings("eq", {}), network=network)
    bare_engine("optimise", OptimiseSettings(representation="stft"), network=network)


def test_several_styles_are_taken_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    check_styles("eq", 3)
    monkeypatch.setattr(EqSettings, "takes_several_styles", False)
    check_styles("eq", 1)
    with pytest.raises(SettingsError, match="engine 'eq' takes one style, got 3; give one, or"):
        check_styles("eq", 3)
