"""Every family lists every part in its folder: one line adds a part, and none is forgotten."""

import inspect
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pytest

import estilo
from estilo.cli.app import COMMANDS, build_app
from estilo.engines import ENGINES
from estilo.evaluation.sets import TEST_SETS
from estilo.export import EXPORTERS
from estilo.features import FEATURES
from estilo.losses import LOSSES
from estilo.metrics import METRICS
from estilo.metrics.base import Metric
from estilo.presets import PRESETS
from estilo.registry import Registry
from estilo.representations import REPRESENTATIONS

FAMILIES = {
    "estilo.engines": (ENGINES, "settings:EngineSettings"),
    "estilo.losses": (LOSSES, "base:Loss"),
    "estilo.features": (FEATURES, "base:Features"),
    "estilo.representations": (REPRESENTATIONS, "base:Representation"),
    "estilo.evaluation.sets": (TEST_SETS, "base:TestSet"),
    "estilo.export": (EXPORTERS, "base:Exporter"),
}
REGISTRIES = [registry for registry, _ in FAMILIES.values()] + [METRICS, PRESETS]


def _modules(package: str) -> list[ModuleType]:
    """All modules in a folder, those of its folders too."""
    found = []
    for each in iter_modules(import_module(package).__path__, prefix=f"{package}."):
        found.append(import_module(each.name))
        if each.ispkg:
            found += _modules(each.name)
    return found


@pytest.mark.parametrize("package", FAMILIES)
def test_every_class_of_the_kind_is_registered(package: str) -> None:
    registry, path = FAMILIES[package]
    module, _, name = path.partition(":")
    kind = getattr(import_module(f"{package}.{module}"), name)
    parts = {
        each
        for module in _modules(package)
        for each in vars(module).values()
        if inspect.isclass(each) and issubclass(each, kind) and each.__module__ == module.__name__
        if each is not kind and not inspect.isabstract(each) and not each.__name__.startswith("_")
    }
    final = {each for each in parts if not any(other.__base__ is each for other in parts)}
    own = {registry[name] for name in registry if registry.origin(name) is None}
    assert final == own


def test_every_metric_is_registered() -> None:
    found = [
        each
        for module in _modules("estilo.metrics")
        for each in vars(module).values()
        if isinstance(each, Metric)
    ]
    own = [METRICS[name] for name in METRICS if METRICS.origin(name) is None]
    assert {each.name for each in found} == {each.name for each in own}


def test_every_preset_in_the_folder_is_registered() -> None:
    folder = Path(inspect.getfile(import_module("estilo.presets"))).parent
    own = {name for name in PRESETS if PRESETS.origin(name) is None}
    assert own == {path.stem for path in folder.glob("*.toml")}


def test_every_command_is_a_file_and_a_line() -> None:
    for name, command in COMMANDS.items():
        assert command.path.startswith("estilo.cli.")
        assert build_app(name)[name]
    paths = {command.path.partition(":")[0] for command in COMMANDS.values()}
    assert len(paths) == len(COMMANDS)


@pytest.mark.parametrize("registry", REGISTRIES, ids=[each.family for each in REGISTRIES])
def test_every_family_is_open_under_a_plural_name(registry: Registry) -> None:
    assert registry.group is not None
    group = registry.group.removeprefix("estilo.")
    assert group.endswith("s")
    assert group.isidentifier()
    document = Path(estilo.__file__).parents[2] / "docs" / "developing" / "adding-a-part.md"
    if document.exists():  # not in an installed package
        assert f"`{registry.group}`" in document.read_text(encoding="utf-8")
