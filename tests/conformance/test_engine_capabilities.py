"""What every registered engine declares of itself (`EngineSettings`) is what it does."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from clips import melody, rain, stereo, task
from networks import write_small

from estilo.audio import Audio
from estilo.engines import ENGINES
from estilo.engines.base import Engine, run
from estilo.engines.building import bare_engine, build_engine, check_network, engine_rate
from estilo.engines.choosing import Choice, choose_engine
from estilo.engines.refining import check_refinable, refinement
from estilo.engines.settings import EngineSettings
from estilo.engines.style_files import style_format_of, takes
from estilo.engines.windowed import WindowedEngine
from estilo.errors import SettingsError
from estilo.features.random1d import Random1d
from estilo.fields import description
from estilo.neural.style_files import style_from
from estilo.presets import build_settings

RATE = 8000
PLAYING = [name for name in ENGINES if not ENGINES[name].chooses_engine]
QUICK: dict[str, dict[str, Any]] = {"optimise": {"n_steps": 2}}


def settings_of(name: str) -> EngineSettings:
    return ENGINES[name].model_validate(QUICK.get(name, {}))


def result(name: str, asked: Any) -> tuple[Engine[Any], np.ndarray, list[Any]]:
    engine = build_engine(name, settings_of(name))
    output, state = run(engine, asked)
    return engine, output.numpy(), engine.grains(state)


def test_describing_engines_imports_no_torch() -> None:
    code = (
        "import sys; from estilo.engines import ENGINES; made = [each() for each in "
        "ENGINES.values()]; [(s.amount, s.returns_content, s.working_rate_hz) for s in made]; "
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", PLAYING)
def test_where_it_works(name: str) -> None:
    """In windows of one channel, inside wrappers, or by blocks of all channels as it is."""
    settings = settings_of(name)
    assert settings.works_in in ("windows", "blocks")
    is_wrapped = isinstance(build_engine(name, settings), WindowedEngine)
    assert is_wrapped == (settings.works_in == "windows")
    if not is_wrapped:
        asked = task(stereo(0.5, RATE), rain(0.5, RATE), sample_rate=RATE)
        assert run(bare_engine(name, settings), asked)[0].shape == (2, RATE // 2)


@pytest.mark.parametrize("name", PLAYING)
def test_what_keeps_the_content_sounds_otherwise_with_another(name: str) -> None:
    content, style = melody(0.5, RATE), rain(0.5, RATE)
    outputs = [
        result(name, task(each, style, sample_rate=RATE))[1] for each in (content, content[::-1])
    ]
    is_heard = not np.allclose(*outputs, atol=1e-3)
    assert settings_of(name).keeps_content == is_heard


@pytest.mark.parametrize("name", PLAYING)
def test_several_styles(name: str) -> None:
    styles = (rain(0.5, RATE), stereo(0.6, RATE))
    _, both, _ = result(name, task(melody(0.5, RATE), *styles, sample_rate=RATE))
    _, first, _ = result(name, task(melody(0.5, RATE), styles[0], sample_rate=RATE))
    hears_all = not np.array_equal(both, first)
    assert hears_all == (settings_of(name).takes_several_styles and name != "content")


@pytest.mark.parametrize("name", PLAYING)
def test_textures_are_made_or_refused_before_work_starts(name: str) -> None:
    asked = task(None, rain(0.5, RATE), sample_rate=RATE, n_samples=3000)
    engine = build_engine(name, settings_of(name))
    if settings_of(name).makes_textures:
        assert run(engine, asked)[0].shape == (1, 3000)
    else:
        with pytest.raises(SettingsError, match="a texture has none; choose another engine"):
            engine.prepare(asked)


@pytest.mark.parametrize("name", ENGINES)
def test_refining(name: str) -> None:
    assert ENGINES[name].refining_keeps in ("output", "content")
    if ENGINES[name].is_refinable:
        check_refinable(name)
        refiner, settings = refinement(0.5, keeps=ENGINES[name].refining_keeps)
        assert not ENGINES[refiner].is_refinable
        assert settings.amount == 0.5
    else:
        with pytest.raises(SettingsError, match=r"leave (it|refine) out"):
            check_refinable(name)


@pytest.mark.parametrize("name", PLAYING)
def test_style_files(name: str, tmp_path: Path) -> None:
    """An engine that takes a format plays in a style of it; all others are never given one."""
    path = tmp_path / "rain.estilo-style"
    style_format = style_format_of(path)
    assert style_format is not None
    if not takes(settings_of(name), style_format):
        assert settings_of(name).style_format is None
        return
    from estilo.engines.neural.style_file import write_style

    weights = write_small(tmp_path / "small.safetensors")
    write_style(path, style_from(Audio(rain(0.8, RATE), RATE), name="Rain", weights=weights))
    style_format.check(path)
    asked = task(melody(0.5, RATE), rain(0.5, RATE), sample_rate=RATE)
    settings = ENGINES[name](weights=str(weights))
    coded = asked.__class__(**{**vars(asked), "styles": (style_format.read(path).to("cpu"),)})
    output, _ = run(build_engine(name, settings), coded)
    assert torch.isfinite(output).all()
    assert output.abs().max() > 1e-3


@pytest.mark.parametrize("name", PLAYING)
def test_streams(name: str) -> None:
    path = ENGINES[name].streams
    if path is not None:
        module, _, attribute = path.partition(":")
        stream = getattr(import_module(module), attribute)
        assert {"start", "process"} <= set(dir(stream))


@pytest.mark.parametrize("name", PLAYING)
def test_grains(name: str) -> None:
    asked = task(melody(1.0, RATE), stereo(0.8, RATE), sample_rate=RATE)
    _, _, grains = result(name, asked)
    assert bool(grains) == settings_of(name).reports_grains


@pytest.mark.parametrize("name", ENGINES)
def test_feature_networks(name: str) -> None:
    network = Random1d(4, n_filters=2, kernel=3, generator=torch.Generator())
    check_network(name, None)
    if ENGINES[name].takes_feature_network:
        check_network(name, network)
    else:
        with pytest.raises(SettingsError, match="takes no feature network; leave it out"):
            check_network(name, network)


@pytest.mark.parametrize("name", PLAYING)
def test_weights(name: str) -> None:
    engine = build_engine(name, settings_of(name))
    assert (engine.weights_id is not None) == settings_of(name).has_weights


@pytest.mark.parametrize("name", ENGINES)
def test_settings_that_name_files_are_declared(name: str) -> None:
    """No browser may name a file of the machine, so every setting that does so says it."""
    model = ENGINES[name]
    naming = {
        field
        for field, info in model.model_fields.items()
        if "path of" in description(info).lower()
    }
    assert naming == set(model.names_files)
    for field in model.names_files:
        assert build_settings(name, {field: "some/file"}).weights_path is not None


@pytest.mark.parametrize("name", ENGINES)
def test_amount_is_the_strength(name: str) -> None:
    if "strength" in ENGINES[name].model_fields:
        assert ENGINES[name](strength=0.25).amount == 0.25
        assert ENGINES[name](strength=0.0).returns_content
    else:
        assert ENGINES[name]().amount == 1.0


@pytest.mark.parametrize("name", PLAYING)
@pytest.mark.parametrize("content_rate", [22_050, 192_000])
def test_rates(name: str, content_rate: int) -> None:
    settings = settings_of(name)
    windows_hz = min(content_rate, 48_000)
    any_hz = content_rate if settings.works_in == "blocks" else windows_hz
    assert engine_rate(settings, content_rate) == (settings.sample_rate_hz or any_hz)


def test_the_rate_of_the_network_is_what_its_settings_say() -> None:
    from estilo.models.network import SAMPLE_RATE

    assert ENGINES["neural"].sample_rate_hz == SAMPLE_RATE


@pytest.mark.parametrize("name", ENGINES)
def test_what_chooses_names_an_engine_that_can_be_built(name: str) -> None:
    settings = settings_of(name)
    if not settings.chooses_engine:
        return
    content = Audio(melody(1.0, RATE), RATE)
    choice = choose_engine(settings, content, [Audio(rain(1.0, RATE), RATE)])
    assert isinstance(choice, Choice)
    chosen = ENGINES[choice.engine].model_validate(choice.settings)
    assert isinstance(build_engine(choice.engine, chosen), Engine)
    with pytest.raises(SettingsError, match="chooses another engine and cannot be built itself"):
        build_engine(name, settings)
