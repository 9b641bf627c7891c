"""``estilo list``: the parts there are."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from estilo.errors import EstiloError, SettingsError

if TYPE_CHECKING:
    from estilo.registry import Registry

Family = Literal[
    "engines",
    "presets",
    "terms",
    "representations",
    "features",
    "metrics",
    "test-sets",
    "instruments",
    "exporters",
]


def list_parts(
    family: Annotated[
        Family | Literal["settings"] | None,
        Parameter(help="Which family; all of them if not given.", show_choices=True),
    ] = None,
    engine: Annotated[
        str | None,
        Parameter(help="The engine whose settings are shown; all engines if not given."),
    ] = None,
    /,
) -> int:
    """Show the parts there are, those of other packages too, and what presets do wrong.

    The settings of an engine are shown with their defaults, units and bounds; any of them may be
    given as --set FIELD=VALUE, in a preset, and in Python.

    For example:
      estilo list
      estilo list presets
      estilo list settings mosaic
    """
    from estilo.cli.terminal import Terminal

    console = Terminal()
    if family == "settings":
        from estilo.cli.settings_list import settings_tables

        for table in settings_tables(engine):
            console.print(table)
        return 0
    if engine is not None:
        raise SettingsError(
            f"only settings are listed by engine, got {family} {engine}; give estilo list settings "
            f"{engine}"
        )
    for name, table in _TABLES.items():
        if family in (None, name):
            console.print(table())
    return 0


def _table(
    title: str, registry: "Registry", *, caption: str, about: Callable[[str], str] | None = None
) -> object:
    """The parts of a family, a line each; one that cannot be used says why.

    Args:
        title: above the table.
        registry: registry of the family.
        caption: how its names are used.
        about: what is said of a part, by its name; its summary if not given.
    """
    from rich import box
    from rich.table import Table

    table = Table(
        title=title,
        caption=caption,
        box=box.SIMPLE_HEAD,
        title_justify="left",
        caption_justify="left",
        show_header=False,
        pad_edge=False,
    )
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    for name in registry:
        origin = registry.origin(name)
        try:
            text = (about or registry.summary)(name)
        except EstiloError as error:
            text = str(error)
        else:
            text += "" if origin is None else f"\n  from the package {origin}"
        table.add_row(name, text.replace("``", ""))
    return table


def _engines() -> object:
    from estilo.engines import ENGINES

    return _table("Engines", ENGINES, caption="--engine NAME; settings: estilo list settings NAME")


def _presets() -> object:
    from estilo.presets import PRESETS, load_preset

    def about(name: str) -> str:
        preset = load_preset(name)
        lines = [preset.summary, *(f"  fault: {fault}" for fault in preset.faults)]
        if preset.raw is not None:
            lines.append("  --set raw=true writes what it would have written")
        return "\n".join(lines)

    caption = "--preset NAME, or a TOML file of your own"
    return _table("Presets", PRESETS, caption=caption, about=about)


def _terms() -> object:
    from estilo.losses import LOSSES

    caption = "which of them are used follows from the settings; extra_terms adds any"
    return _table("Terms of the loss", LOSSES, caption=caption)


def _representations() -> object:
    from estilo.representations import REPRESENTATIONS

    caption = "setting representation of the engine optimise"
    return _table("Representations", REPRESENTATIONS, caption=caption)


def _features() -> object:
    from estilo.features import FEATURES

    caption = "setting features of the engine optimise; module is for Python"
    return _table("Feature networks", FEATURES, caption=caption)


def _metrics() -> object:
    from estilo.metrics import METRICS

    def about(name: str) -> str:
        metric = METRICS[name]
        against = "of the output alone"
        if metric.against is not None:
            against = f"against the {_ROLES.get(metric.against, metric.against)}"
        return f"{metric.label}, {against}; {metric.better} is better, {metric.best:g} is best"

    return _table("Metrics", METRICS, caption="measured by estilo evaluate", about=about)


_ROLES = {"timbre": "target or style", "notes": "target or content"}


def _test_sets() -> object:
    from estilo.evaluation.sets import TEST_SETS

    return _table("Test sets", TEST_SETS, caption="estilo scoreboard --test-set NAME")


def _instruments() -> object:
    from estilo.datasets.instruments.sources import SOURCES

    caption = "estilo data instruments --sources A,B"
    return _table("Sources of instruments", SOURCES, caption=caption)


def _exporters() -> object:
    from estilo.export import EXPORTERS

    return _table("Exporters", EXPORTERS, caption="estilo export --format NAME")


_TABLES: dict[Family, Callable[[], object]] = {
    "engines": _engines,
    "presets": _presets,
    "terms": _terms,
    "representations": _representations,
    "features": _features,
    "metrics": _metrics,
    "test-sets": _test_sets,
    "instruments": _instruments,
    "exporters": _exporters,
}
