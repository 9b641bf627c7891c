"""``estilo list``: the parts there are."""

from typing import Annotated, Literal

from cyclopts import Parameter

FAMILIES = ("engines", "presets", "terms")


def list_parts(
    family: Annotated[
        Literal["engines", "presets", "terms"] | None,
        Parameter(help="Which family; all of them if not given."),
    ] = None,
    /,
) -> int:
    """Show the engines, presets and terms there are, and what presets are known to do wrong.

    For example:
      estilo list
      estilo list presets
    """
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    tables = {"engines": _engines, "presets": _presets, "terms": _terms}
    for name in FAMILIES if family is None else (family,):
        console.print(tables[name]())
    return 0


def _table(title: str, rows: list[tuple[str, str]], *, caption: str) -> object:
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
    for name, text in rows:
        table.add_row(name, text.replace("``", ""))
    return table


def _engines() -> object:
    from estilo.engines import ENGINES

    rows = [(name, ENGINES.summary(name)) for name in ENGINES]
    caption = "--engine NAME; settings: estilo transfer --help"
    return _table("Engines", rows, caption=caption)


def _presets() -> object:
    from estilo.presets import load_preset, preset_names

    rows = []
    for name in preset_names():
        preset = load_preset(name)
        lines = [preset.summary, *(f"  fault: {fault}" for fault in preset.faults)]
        if preset.raw is not None:
            lines.append("  --raw writes what it would have written")
        rows.append((name, "\n".join(lines)))
    return _table("Presets", rows, caption="--preset NAME, or a TOML file of your own")


def _terms() -> object:
    from estilo.losses import LOSSES

    rows = [(name, LOSSES.summary(name)) for name in LOSSES]
    caption = "which of them are used follows from the settings"
    return _table("Terms of the loss", rows, caption=caption)
