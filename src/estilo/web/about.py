"""What there is to choose from, made from the same models as the command line. Loads no torch."""

import inspect
import re
from importlib.util import find_spec
from typing import Any, get_args

from pydantic import BaseModel

from estilo.demo import CLIPS
from estilo.engines import ENGINES
from estilo.engines.settings import EngineSettings
from estilo.errors import EstiloError
from estilo.fields import Named, description
from estilo.io.formats import EXTENSIONS, NEEDS_PYAV
from estilo.presets import PRESETS, SUITED_ENGINE, load_preset
from estilo.version import __version__
from estilo.web.limits import Limits

OUT = ("wav", "flac", "mp3")
_UNITS = {
    "_hz": "Hz", "_s": "s", "_ms": "ms", "_db": "dB", "_bpm": "beats/min", "_cents": "cents",
    "_semitones": "semitones", "_erb": "ERB", "_kbps": "kbit/s",
}  # fmt: skip
_UNIT = re.compile(f"({'|'.join(_UNITS)})$")
_LONGEST_TITLE = 30


def about(limits: Limits) -> dict[str, Any]:
    """Version, engines, presets, built-in clips, formats and limits.

    Args:
        limits: how much the server takes.
    """
    has_av = find_spec("av") is not None
    return {
        "version": __version__,
        "engines": [_engine(name, model) for name, model in ENGINES.usable().items()],
        "presets": _presets(),
        "clips": [
            {"name": name, "about": _first_line(inspect.getdoc(make) or "")}
            for name, make in CLIPS.items()
        ],
        "formats": {
            "in": [name for name, kind in EXTENSIONS.items() if has_av or kind not in NEEDS_PYAV],
            "out": list(OUT),
        },
        "limits": {
            "bytes": limits.upload_bytes,
            "seconds": limits.upload_s,
            "queue": limits.n_waiting_jobs,
        },
    }


def schema_of(model: type[EngineSettings]) -> dict[str, Any]:
    """The JSON schema of an engine's settings, with their help and units.

    The strength is left out, as every job has one, and so are settings that name files.

    Args:
        model: the engine's settings.

    Example:
        >>> from estilo.engines import ENGINES
        >>> schema_of(ENGINES["eq"])["properties"]["limit_db"]["unit"]
        'dB'
    """
    schema = model.model_json_schema()
    models = {model.__name__: (model, schema), **_nested(model, schema)}
    for each, part in models.values():
        _describe(each, part.get("properties", {}))
    for name in ("strength", *model.names_files):
        schema.get("properties", {}).pop(name, None)
    return schema


def _nested(
    model: type[BaseModel], schema: dict[str, Any]
) -> dict[str, tuple[type[BaseModel], dict[str, Any]]]:
    """The models that fields of a model are, with their parts of the schema."""
    found: dict[str, tuple[type[BaseModel], dict[str, Any]]] = {}
    waiting: list[Any] = [info.annotation for info in model.model_fields.values()]
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)  # as of a tuple of models
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            continue
        name = kind.__name__
        if name in schema.get("$defs", {}) and name not in found:
            found[name] = (kind, schema["$defs"][name])
            waiting += [info.annotation for info in kind.model_fields.values()]
    return found


def _describe(model: type[BaseModel], properties: dict[str, Any]) -> None:
    """Add what JSON schemas do not know: help, units, and names of parts."""
    for name, field in properties.items():
        info = model.model_fields[name]
        unit = _UNIT.search(name)
        field["title"] = _UNIT.sub("", name).replace("_", " ")
        field["description"] = description(info)
        field["unit"] = _UNITS[unit[1]] if unit else None
        for each in info.metadata:
            if isinstance(each, Named):
                field["enum"] = list(each.names)


def _engine(name: str, model: type[EngineSettings]) -> dict[str, Any]:
    summary = ENGINES.summary(name).replace("``", "")
    title, colon, _ = summary.partition(":")
    return {
        "name": name,
        "title": title if colon and len(title) <= _LONGEST_TITLE else name,
        "about": summary,
        "is_default": name == SUITED_ENGINE,
        "has_strength": "strength" in model.model_fields,
        "schema": schema_of(model),
    }


def _presets() -> list[dict[str, str]]:
    found = []
    for name in PRESETS:
        try:
            preset = load_preset(name)
        except EstiloError:  # another package's, which the command line tells of
            continue
        found.append({"name": name, "about": preset.summary, "engine": preset.engine})
    return found


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
