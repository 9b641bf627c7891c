"""Settings: bounds, contradictions, and a way through JSON and back."""

import pytest
from pydantic import ValidationError

from estilo.engines.optimise.settings import OptimiseSettings
from estilo.errors import SettingsError
from estilo.presets import build_settings, load_preset, preset_names


def test_defaults_are_valid_and_every_field_is_described() -> None:
    def check(model: type) -> None:
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"

    settings = OptimiseSettings()
    for model in (
        type(settings),
        *(type(getattr(settings, n)) for n in ("stft", "cqt", "network")),
    ):
        check(model)
    check(type(settings.style_views[0]))
    check(type(settings.content_views[0]))


@pytest.mark.parametrize("preset", [None, *preset_names()])
def test_json_and_back_is_the_same(preset: str | None) -> None:
    engine, values = "optimise", {}
    if preset is not None:
        engine, values = load_preset(preset).engine, load_preset(preset).settings
    settings = build_settings(engine, values)
    again = build_settings(engine, settings.model_dump(mode="json"))
    assert again == settings


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"strength": 1.5}, "strength must lie between 0 and 1, got 1.5"),
        ({"strenght": 0.5}, "unknown setting 'strenght'; did you mean 'strength'"),
        ({"n_steps": 2.5}, "n_steps: .*integer"),
        ({"representation": "waveform", "phase": "pghi"}, "phase has an effect only with"),
        ({"representation": "mel", "n_phase_iterations": 8}, "n_phase_iterations has an effect"),
        ({"representation": "mel", "cqt": {"low_hz": 50.0}}, "cqt has an effect only with"),
        ({"network": {"kernel": 3}}, "network has an effect only with features other than"),
        ({"learning_rate": 0.1}, "learning_rate has an effect only with an optimiser other than"),
        (
            {"representation": "waveform", "clamp_frames": (0.0, 1.0)},
            "clamp_frames has an effect only with representation",
        ),
        (
            {"representation": "stft", "content_weight": 0.1, "strength": 0.2},
            "strength and content_weight both set the weights",
        ),
        ({"style_views": ()}, "style_views: .*at least 1"),
        (
            {"representation": "waveform", "style_views": [{"widths": [0]}]},
            "style_views.0.widths.0",
        ),
    ],
)
def test_what_is_wrong_is_said(values: dict, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        build_settings("optimise", values)


def test_extra_terms_are_names_with_weights():
    typed = OptimiseSettings.model_validate({"extra_terms": "rhythm=0.5, mean-square=1"})
    assert typed.extra_terms == {"rhythm": 0.5, "mean-square": 1.0}
    assert OptimiseSettings(extra_terms={"rhythm": 0.5}).extra_terms == {"rhythm": 0.5}
    for wrong, said in (
        ({"rythm": 0.5}, "unknown loss 'rythm'; did you mean 'rhythm'"),
        ("rhythm", "valid number"),
        ({"rhythm": 0.0}, "greater than 0"),
    ):
        with pytest.raises(ValidationError, match=said):
            OptimiseSettings.model_validate({"extra_terms": wrong})
