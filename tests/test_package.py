"""The package as its users first meet it."""

import ast
import inspect
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import estilo

SOURCES = Path(estilo.__file__).parent


def test_importing_it_loads_neither_torch_nor_matplotlib() -> None:
    program = (
        "import sys, estilo, estilo.engines, estilo.presets, estilo.pipeline.report\n"
        "estilo.Audio, estilo.Report, estilo.InputError\n"
        "estilo.presets.build_settings('optimise', estilo.presets.load_preset('dipani').settings)\n"
        "print([m for m in ('torch', 'matplotlib', 'scipy', 'librosa') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_public_names_are_sorted_and_lead_somewhere() -> None:
    assert list(estilo.__all__) == sorted(estilo.__all__)
    assert set(estilo.__all__) <= set(dir(estilo))
    for name in estilo.__all__:
        found = getattr(estilo, name)
        if isinstance(found, ModuleType):
            assert found.__name__ == f"estilo.{name}"
        elif name != "__version__":
            assert found.__name__ == name


def test_unknown_names_are_refused_as_python_does() -> None:
    with pytest.raises(AttributeError, match="'estilo' has no attribute 'transfre'"):
        _ = estilo.transfre


def test_every_error_is_one_tree_with_exit_codes() -> None:
    codes = {
        "EstiloError": 1,
        "InputError": 2,
        "AudioFileError": 2,
        "SettingsError": 2,
        "OutputError": 2,
        "PluginError": 2,
        "DivergenceError": 1,
        "Cancelled": 130,
    }
    for name, code in codes.items():
        error = getattr(estilo, name)
        assert issubclass(error, estilo.EstiloError)
        assert error.exit_code == code


def test_help_lists_every_option_with_type_and_default() -> None:
    for function in (estilo.transfer, estilo.texture, estilo.Transfer):
        signature = inspect.signature(function)
        own = () if function is estilo.texture else ("strength",)
        for name in (*estilo.Plan.model_fields, *own):
            parameter = signature.parameters[name]
            assert parameter.annotation is not inspect.Parameter.empty
            assert parameter.default is not inspect.Parameter.empty
            assert f"    {name}: " in (function.__doc__ or "")
        kinds = [each.kind for each in signature.parameters.values()]
        assert kinds.count(inspect.Parameter.VAR_KEYWORD) == 1
        assert "**options" not in (function.__doc__ or "")


def test_settings_are_typed_models_or_keywords() -> None:
    typed = estilo.Plan.of(settings=estilo.settings.Eq(smoothing_erb=2.0), mix=0.5)
    assert (typed.engine, typed.settings.strength) == ("eq", 1.0)
    assert typed == estilo.Plan.of(engine="eq", smoothing_erb=2.0, mix=0.5)
    assert estilo.Plan.of(settings={"n_steps": 3}, strength=0.2).settings.n_steps == 3
    with pytest.raises(estilo.SettingsError, match="were given for the engine 'optimise'"):
        estilo.Plan.of(engine="optimise", settings=estilo.settings.Eq())


def test_every_engine_has_its_settings_under_a_public_name() -> None:
    from estilo.engines import ENGINES

    own = {name for name in ENGINES if ENGINES.origin(name) is None}
    models = {getattr(estilo.settings, name) for name in estilo.settings.__all__}
    assert models == {ENGINES[name] for name in own}


def test_an_array_with_its_rate_is_audio_and_a_function_cancels(rng) -> None:
    samples = 0.1 * rng.standard_normal((4000, 2))
    result = estilo.transfer((samples, 8000), (samples, 8000), engine="eq", scores=False)
    assert result.audio.samples.shape == (2, 4000)
    with pytest.raises(estilo.Cancelled):
        estilo.transfer((samples, 8000), (samples, 8000), cancel=lambda: True)


def test_results_are_described_judged_drawn_and_rendered_again(rng, tmp_path) -> None:
    tone = estilo.Audio(0.3 * np.sin(0.3 * np.arange(8000)), 8000)
    noise = estilo.Audio(0.1 * rng.standard_normal(8000), 8000)
    result = estilo.transfer(tone, noise, n_steps=1)
    assert estilo.describe(tone).duration_s == 1.0
    scores = estilo.evaluate(result.audio, content=tone, style=noise).values
    assert scores == result.report.scores
    assert len(estilo.plot(result).axes) > len(estilo.plot(tone).axes)
    for name, audio in (("content", tone), ("style", noise)):
        estilo.save(audio, tmp_path / f"{name}.wav", bit_depth="float")
    first = estilo.transfer(tmp_path / "content.wav", tmp_path / "style.wav", n_steps=1)
    recipe = tmp_path / "out.json"
    recipe.write_text(first.report.to_json())
    again = estilo.rerun(recipe)
    assert again.report.output.samples_sha256 == first.report.output.samples_sha256


def test_no_room_imports_the_package_root() -> None:
    """The root knows all rooms, so that a room which imports it would close a circle."""
    found = []
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_root = isinstance(node, ast.Import) and any(e.name == "estilo" for e in node.names)
            if is_root:
                found.append(str(path))
    assert found == []


@pytest.mark.parametrize("room", ["pipeline", "app", "engines"])
def test_what_engines_can_do_is_declared_and_not_probed(room: str) -> None:
    """No look at signatures, at classes, or for an attribute that may be missing."""
    # Help is made of signatures; a module and a warning are no engines.
    allowed = {"pipeline/options.py", "pipeline/report.py", "app/listening.py"}
    found = []
    for path in (SOURCES / room).rglob("*.py"):
        place = path.relative_to(SOURCES).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or place in allowed:
                continue
            name = ast.unparse(node.func)
            is_guess = name in ("getattr", "hasattr") and isinstance(node.args[1], ast.Constant)
            if is_guess or name in ("inspect.signature", "issubclass"):
                found.append(f"{place}:{node.lineno} {name}")
    assert found == []


@pytest.mark.parametrize("name", ["oldest", "newest"])
def test_constraints_name_versions_that_the_package_asks_for(name):
    root = Path(__file__).parents[1]
    lines = (root / "constraints" / f"{name}.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *(project["optional-dependencies"]["eval"])]
    wanted = {each.name: each.specifier for each in map(Requirement, asked)}
    for package, version in pins.items():
        if package in wanted:
            assert version in wanted[package], package
    needed = {each.name for each in map(Requirement, project["dependencies"])}
    assert needed - set(pins) <= {"torch", "platformdirs"}
    assert project["readme"] == "README.md"
    if name == "oldest":  # the lower bounds are these, or what says so is wrong
        for package, version in pins.items():
            least = min(each.version for each in wanted[package] if each.operator == ">=")
            assert Version(version).release[:2] == Version(least).release[:2], package
