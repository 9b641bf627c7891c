"""Models of settings that are made directly refuse bad values in words of estilo's own."""

import pytest
from pydantic import BaseModel, ValidationError

import estilo
from estilo.engines import ENGINES
from estilo.errors import SettingsError
from estilo.fields import bounds, leaves

MODELS = {name: ENGINES[name] for name in ENGINES}


def beyond(model: type[BaseModel]) -> dict[str, float]:
    """A value below the least that each bounded field at the top takes."""
    found = {}
    for path, info in leaves(model):
        least = bounds(info).get("ge", bounds(info).get("gt"))
        if len(path) == 1 and isinstance(least, int | float):
            found[path[0]] = least - 1
    return found


@pytest.mark.parametrize("name", MODELS)
def test_settings_of_every_engine(name):
    model = MODELS[name]
    for field, value in beyond(model).items():
        with pytest.raises(SettingsError, match=rf"^{field}.*, got {value}") as caught:
            model(**{field: value})
        assert "\n" not in str(caught.value)
        with pytest.raises(ValidationError):  # what is read from files has words of its own
            model.model_validate({field: value})
    with pytest.raises(SettingsError, match=r"^unknown setting 'unheard_of'; leave it out$"):
        model(unheard_of=1)
    assert model() == model.model_validate({})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mix": 7}, "mix must lie between 0 and 1, got 7"),
        ({"engine": "bogus"}, "unknown engine 'bogus'"),
        ({"mixx": 1}, "unknown setting 'mixx'; did you mean 'mix'?"),
        ({"seed": "a"}, "seed: .*, got 'a'"),
    ],
)
def test_plans(options, words):
    with pytest.raises(SettingsError, match=f"^{words}"):
        estilo.Plan(**{"settings": estilo.settings.Auto(), **options})


def test_nested_models_name_the_whole_path():
    with pytest.raises(SettingsError, match=r"^stft\.n_fft must lie between 16 and .*, got 3$"):
        estilo.settings.Optimise(stft={"n_fft": 3})
    with pytest.raises(SettingsError, match=r"^unknown setting 'stft\.nfft'"):
        estilo.settings.Optimise(stft={"nfft": 512})
