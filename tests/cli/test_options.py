import dataclasses
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from estilo.cli import options
from estilo.engines import ENGINES
from estilo.errors import SettingsError


class View(BaseModel):
    width: int = 1


class Inner(BaseModel):
    """The inner part."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    kernel: int | tuple[int, ...] = 11
    """Kernel."""
    padding: Literal["valid", "same"] | Annotated[int, Field(ge=0)] = "valid"
    """Padding."""


class Outer(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)

    n_steps: Annotated[int, Field(ge=1, le=9)] = 4
    """Steps
    of ``it``."""
    rate: Annotated[float, Field(gt=0)] | None = None
    """Rate."""
    start: Literal["eq", "noise"] = "eq"
    """Start."""
    is_on: bool = True
    """Switch."""
    views: tuple[View, ...] = (View(), View())
    """Views."""
    bounds: tuple[float, float] | None = None
    """Bounds."""
    inner: Inner = Inner()
    """Inner."""


@pytest.fixture
def settings():
    return {setting.option: setting for setting in options.settings_of(Outer)}


def test_names_help_and_defaults_come_from_the_model(settings):
    assert {name: (each.help, each.default) for name, each in settings.items()} == {
        "--n-steps": ("Steps of it. (1 to 9)", "4"),
        "--rate": ("Rate. (above 0)", False),
        "--start": ("Start.", "eq"),
        "--is-on": ("Switch.", "--is-on"),
        "--views": ("Views.", "2 of them"),
        "--bounds": ("Bounds.", False),
        "--inner.kernel": ("Kernel.", "11"),
        "--inner.padding": ("Padding. (valid, same, or a number, at least 0)", "valid"),
    }


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        ("--inner.kernel", "11", 11),
        ("--inner.kernel", "3,5", [3, 5]),
        ("--inner.kernel", "[3, 5]", [3, 5]),
        ("--inner.padding", "same", "same"),
        ("--inner.padding", "4", 4),
        ("--inner.padding", "some", "some"),
        ("--bounds", "0,1.5", [0, 1.5]),
        ("--views", '[{"width": 3}]', [{"width": 3}]),
    ],
)
def test_text_becomes_values(settings, option, text, value):
    assert settings[option].value(text) == value


def test_broken_json_is_shown(settings):
    with pytest.raises(SettingsError, match=r"--views is not JSON: .*single quotes"):
        settings["--views"].value("[{width: 3}]")


def test_every_setting_of_every_engine_has_an_option_and_help():
    names = {each.name for each in dataclasses.fields(options.engine_options())}
    for model in ENGINES.values():
        for setting in options.settings_of(model):
            assert setting.attribute in names
            assert setting.help, setting.option


def test_only_what_was_given_is_passed_on():
    made = options.engine_options(without=("strength",))
    assert not hasattr(made(), "strength")
    assert options.given_settings(made()) == {}
    given = made(n_steps=3, network__kernel="3,5", stft__n_fft=512, standardise=False)
    assert options.given_settings(given) == {
        "n_steps": 3,
        "network": {"kernel": [3, 5]},
        "stft": {"n_fft": 512},
        "standardise": False,
    }


def test_weights_may_be_repeated_or_listed():
    assert options.StyleOptions().weights is None
    assert options.StyleOptions(style_weight=["2,1", "3"]).weights == [2.0, 1.0, 3.0]
    with pytest.raises(SettingsError, match="--style-weight must be numbers, got 'much'"):
        _ = options.StyleOptions(style_weight=["much"]).weights
