"""Named settings: the defaults' alternatives, the original methods among them.

A preset is a TOML file: a summary, the faults it is known for, an engine, its settings, and what
the original method would have cut and written (``raw``). Users' own files have the same form; other
packages add presets through the entry points ``estilo.presets``, each a `Preset`
(``WARM = Preset.from_toml(files(__package__).joinpath("warm.toml").read_text())``).
"""

from collections.abc import Callable, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from estilo.documents import parse_toml
from estilo.engines import ENGINES
from estilo.engines.settings import EngineSettings
from estilo.errors import PluginError, SettingsError
from estilo.fields import complaint, without_none_words
from estilo.files import read_text
from estilo.registry import Registry, unknown

_MOST_BYTES = 2**18
SUITED_ENGINE = "auto"
"""The engine of a transfer that names none: it chooses one by what the recordings are."""
DEFAULT_ENGINE = "optimise"
"""The engine of textures and presets that name none, and of settings that are given without one."""


class RawSettings(BaseModel):
    """What the original method of a preset did around its optimisation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sample_rate_hz: int = Field(ge=8000, le=192_000)
    """Everything was mixed to mono and converted to this rate."""
    duration_s: float = Field(gt=0)
    """Content and style were cut to this length."""


class Preset(BaseModel):
    """Settings under a name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    summary: str
    """What it is, in a line."""
    faults: tuple[str, ...] = ()
    """What it is known to do wrong, a line each."""
    engine: str = DEFAULT_ENGINE
    settings: dict[str, Any] = {}
    """Settings of the engine that differ from its defaults."""
    refine: float = Field(default=0.0, ge=0.0, le=1.0)
    """How far the engine optimise goes on from what the engine has made."""
    raw: RawSettings | None = None
    times_real_time: float | None = Field(default=None, gt=0)
    """Seconds that one core of a usual machine needs for a second of content; None where they are
    few."""

    @classmethod
    def from_toml(cls, text: str, *, name: str = "") -> Self:
        """A preset from what a TOML file holds.

        Args:
            text: text of the file.
            name: what the preset is called; that of its entry point if not given.

        Raises:
            SettingsError: it is not TOML, or not a preset.
        """
        try:
            document = parse_toml(text, what=f"preset {name}")
        except ValueError as error:
            raise SettingsError(f"{error}; mend the file") from error
        try:
            return cls.model_validate({"name": name, **document})
        except ValidationError as error:
            raise SettingsError(f"preset {name}: {complaint(error, cls)}") from error


def _shipped(file: Traversable) -> Callable[[], Preset]:
    name = Path(file.name).stem
    return lambda: Preset.from_toml(file.read_text(encoding="utf-8"), name=name)


PRESETS = Registry(
    "preset",
    group="estilo.presets",
    instance_of="estilo.presets:Preset",
    parts={
        Path(file.name).stem: _shipped(file)
        for file in sorted(files(__name__).iterdir(), key=lambda file: Path(file.name).stem)
        if file.name.endswith(".toml")
    },
)

RENAMED_PRESETS = {"neural-practised": "neural-adapted"}
"""Names that presets had in earlier versions, and their names now."""


def renamed_preset(name: str) -> str:
    """The name that a preset has now.

    Args:
        name: name of a preset of this version or an earlier one, or the path of a TOML file.
    """
    return RENAMED_PRESETS.get(name, name)


def preset_names() -> list[str]:
    """Names of all presets: those that come with estilo, then other packages'."""
    return list(PRESETS)


def raw_preset_names() -> list[str]:
    """Names of the presets whose original method has cut and written in a way of its own."""
    return [name for name, preset in PRESETS.usable().items() if preset.raw is not None]


def load_preset(name: str) -> Preset:
    """A preset by name or by path of a TOML file.

    Args:
        name: one of `preset_names`, or a path that ends in ``.toml``.

    Raises:
        SettingsError: no such name or file, not TOML, or settings that its engine does not have.
        PluginError: it is another package's and cannot be used.
    """
    if name in RENAMED_PRESETS:
        raise SettingsError(
            f"the preset {name!r} is called {RENAMED_PRESETS[name]!r} now; give it under that name"
        )
    if name in PRESETS:
        preset = PRESETS[name].model_copy(update={"name": name})
        origin = PRESETS.origin(name)
        try:
            build_settings(preset.engine, preset.settings)
        except SettingsError as error:
            if origin is None:
                raise
            raise PluginError(
                f"the preset {name!r} of the package {origin} cannot be used: {error}; update or "
                "remove that package"
            ) from error
        return preset
    path = Path(name)
    if path.suffix != ".toml":
        raise unknown("preset", name, [*PRESETS, "or a .toml file"])
    text = read_text(path, most_bytes=_MOST_BYTES, what="the preset", error=SettingsError)
    preset = Preset.from_toml(text, name=name)
    build_settings(preset.engine, preset.settings)
    return preset


def build_settings(engine: str, values: dict[str, Any]) -> Any:
    """Validated settings of an engine.

    Args:
        engine: its name.
        values: the settings that differ from its defaults, by name.

    Raises:
        SettingsError: unknown engine, unknown setting, or a value out of its bounds.
    """
    model = ENGINES[engine]
    try:
        return model.model_validate(without_none_words(model, values))
    except ValidationError as error:
        new = _renamed(error, model)
        if new is not None:
            raise SettingsError(
                f"the setting {_name(error)!r} of the engine {engine!r} is called {new!r} now; "
                "give it under that name"
            ) from error
        others = _engines_with(error, engine)
        if others:
            raise SettingsError(
                f"engine {engine!r} has no setting {_name(error)!r}, a setting of "
                f"{', '.join(others)}; leave it out"
            ) from error
        raise SettingsError(complaint(error, model)) from error


def merged_settings(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with changes on top; nested ones are merged, a strength releases a fixed weight.

    Args:
        base: settings by name; left as they are.
        changes: values that take their place.

    Example:
        >>> merged_settings({"content_weight": 0.01, "n_steps": 9}, {"strength": 0.5})
        {'n_steps': 9, 'strength': 0.5}
    """
    merged = dict(base)
    if "strength" in changes and "content_weight" not in changes:
        merged.pop("content_weight", None)
    for name, value in changes.items():
        below = merged.get(name)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            value = merged_settings(below, value)
        merged[name] = value
    return merged


def _renamed(error: ValidationError, model: type[EngineSettings]) -> str | None:
    """The name that a setting has now, if the first complaint is about one that was renamed."""
    is_unknown = error.errors()[0]["type"] == "extra_forbidden"
    return model.renamed.get(_name(error)) if is_unknown else None


def _engines_with(error: ValidationError, engine: str) -> list[str]:
    """Other engines that have the setting that the first complaint calls unknown."""
    first = error.errors()[0]
    if first["type"] != "extra_forbidden" or len(first["loc"]) != 1:
        return []
    return [
        name
        for name, model in ENGINES.usable().items()
        if name != engine and _name(error) in model.model_fields
    ]


def _name(error: ValidationError) -> str:
    return ".".join(str(part) for part in error.errors()[0]["loc"])
