"""Tables of the settings of engines: names, defaults, bounds and what they do."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from estilo.engines import ENGINES
from estilo.fields import bounds_in_words, choices, description, leaves, plain
from estilo.pipeline.plan import Plan

if TYPE_CHECKING:
    from rich.table import Table

_OF_EVERY_ENGINE = ("raw", "formant_shift_semitones")


def settings_tables(engine: str | None) -> "Iterator[Table]":
    """The settings of an engine, or of all engines, and those that every engine has.

    Args:
        engine: its name; None for all.

    Raises:
        SettingsError: there is no such engine.
    """
    for name in ENGINES.usable() if engine is None else (engine,):
        rows = [(".".join(path), info) for path, info in leaves(ENGINES[name])]
        yield _table(f"Settings of the engine {name}", rows)
    rows = [(name, Plan.model_fields[name]) for name in _OF_EVERY_ENGINE]
    yield _table("Settings of a transfer, with any engine", rows)


def _table(title: str, rows: list[tuple[str, FieldInfo]]) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    table.add_column("FIELD", no_wrap=True, style="bold")
    table.add_column("default")
    table.add_column("what it does")
    for name, info in rows:
        table.add_row(name, _default(info.default), _text(info))
    return table


def _text(info: FieldInfo) -> str:
    limits = [", ".join(map(str, choices(info.annotation, info.metadata))), bounds_in_words(info)]
    limits = [each for each in limits if each]
    text = description(info)
    return f"{text} ({'; or '.join(limits)})" if limits else text


def _default(value: Any) -> str:
    if isinstance(value, tuple) and any(isinstance(each, BaseModel) for each in value):
        return f"{len(value)} of them"
    return "none" if value == {} else plain(value)
