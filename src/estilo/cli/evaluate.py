"""``estilo evaluate``: measure what was kept, what was taken and what went wrong."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from estilo.app.words import arrived_in_words, spoken_time, verdict
from estilo.cli.describe import PRECISIONS, ROWS, cell
from estilo.cli.options import WHAT, AcceptTruncated, json_flag, numbers
from estilo.cli.progress import Reporter
from estilo.errors import SettingsError

if TYPE_CHECKING:
    from rich.table import Table

    from estilo.analysis.sound import Sound
    from estilo.metrics.base import Metric, Role
    from estilo.metrics.fault import Fault
    from estilo.metrics.scores import References, Scores
    from estilo.pipeline.scoring import Heard

_GROUPS = {
    "content": "against the content: what was kept",
    "style": "against the style: what was taken",
    "target": "against the target: how far it is from perfect",
    None: "of the output alone: faults",
}


def evaluate(
    output: Annotated[Path, Parameter(help="The recording to be judged.")],
    /,
    *,
    content: Annotated[
        Path | None,
        Parameter(group=WHAT, metavar="FILE", help="The content, which was to be kept."),
    ] = None,
    style: Annotated[
        list[Path] | None,
        Parameter(
            group=WHAT,
            negative=(),
            consume_multiple=False,
            metavar="FILE",
            help="A style that was to be taken; give the option once per style.",
        ),
    ] = None,
    style_weight: Annotated[
        list[str] | None,
        Parameter(
            group=WHAT,
            negative=(),
            consume_multiple=False,
            metavar="NUMBER",
            help="Weight of each style, in their order: 2,1 or the option once per style.",
        ),
    ] = None,
    target: Annotated[
        Path | None,
        Parameter(
            group=WHAT,
            metavar="FILE",
            help="The target, which a perfect transfer would give; timbre and notes are compared "
            "with it.",
        ),
    ] = None,
    json_: Annotated[
        bool,
        json_flag("Print one object of numbers, faults and remarks instead of tables."),
    ] = False,
    accept_truncated: AcceptTruncated = False,
) -> int:
    """Measure what an output kept of the content and took of the style, and faults.

    The scores depend on what is given: without content and style only faults
    can be measured. In recordings longer than 40 s four stretches of 10 s are
    measured. The numbers, faults and remarks (why a number is missing) are
    those in the recipe beside a result.

    For example:
      estilo evaluate out.wav --content melody.wav --style rain.wav
      estilo evaluate out.wav --content melody.wav --style rain.wav --json
    """
    from estilo.app.inputs import decode, opened
    from estilo.pipeline.clips import Clip

    paths = [each for each in (output, content, *(style or []), target) if each is not None]
    clips = [Clip(path, accept_truncated=accept_truncated) for path in paths]
    weights = _weights(style_weight, n_styles=len(style or []))
    reporter = Reporter(is_quiet=False)
    with reporter.listening(), opened(clips) as files:
        # After the headers, so that a bad file is named at once.
        from estilo.pipeline.scoring import heard, scores

        audio = {path: decode(file) for path, file in zip(paths, files, strict=True)}
        parts = heard(
            audio[output],
            content=None if content is None else audio[content],
            styles=[audio[each] for each in style or []],
            style_weights=weights,
            target=None if target is None else audio[target],
        )
        found = scores(parts)
        for failure in found.failures:
            reporter.warn(failure)
        if json_:
            print(json.dumps(_said(found), indent=2, allow_nan=False))
        else:
            _print_tables(found, parts)
    return 0


def _said(found: "Scores") -> dict[str, object]:
    """Numbers, faults in the order of time, and why numbers are missing: as recipes hold them."""
    faults = [asdict(fault) for fault in found.faults]
    return {"scores": found.values, "faults": faults, "remarks": found.remarks}


def _weights(given: list[str] | None, *, n_styles: int) -> Sequence[float] | None:
    if given is None:
        return None
    from estilo.pipeline.clips import normalised_weights

    if n_styles == 0:
        raise SettingsError("--style-weight is given and no style; name it with --style")
    weights = [w for text in given for w in numbers(text, option="--style-weight")]
    return normalised_weights(weights, n_styles)


def _print_tables(found: "Scores", parts: "Heard") -> None:
    from estilo.cli.terminal import Terminal

    console = Terminal()
    values = found.values
    console.print(verdict(values, found.remarks))
    if arrived := arrived_in_words(values):
        console.print(arrived)
    console.print(_metrics_table(values, parts.against))
    if found.faults:
        console.print(_faults_table(found.faults))
    if parts.against.content is not None and parts.against.blend is not None:
        console.print(_attributes_table(parts.against.content, parts.against.blend, parts.output))
    console.print(_descriptors_table(parts))


def _faults_table(faults: Sequence["Fault"]) -> "Table":
    """What went wrong, with times, the severest faults of every kind."""
    table = _plain_table("", "severity", "from", "to", "Hz")
    table.add_row("faults", style="bold")
    for fault in faults:
        channel = "" if fault.channel is None else f", channel {fault.channel + 1}"
        table.add_row(
            f"  {fault.words}{channel}",
            f"{fault.severity:.2f}",
            spoken_time(fault.start_s),
            spoken_time(fault.end_s),
            f"{fault.low_hz:.0f}–{fault.high_hz:.0f}",
        )
    return table


def _metrics_table(values: dict[str, float], against: "References") -> "Table":
    """The metrics that were measured, by what the output was held against."""
    from estilo.metrics import METRICS

    table = _plain_table("", "output", "best", "")
    found: dict[str, Metric] = {name: METRICS[name] for name in METRICS if name in values}
    for group, title in _GROUPS.items():
        rows = [name for name, each in found.items() if _group(each.against, against) == group]
        if rows:
            table.add_row(title, style="bold")
        for name in rows:
            each, value = found[name], cell(values[name], ".3g")
            table.add_row(f"  {each.label}", value, f"{each.best:g}", f"{each.better} is better")
    return table


def _group(role: "Role | None", against: "References") -> str | None:
    """Heading of the metrics of a role."""
    if role in ("timbre", "notes") and against.target is not None:
        return "target"
    return {"timbre": "style", "notes": "content"}.get(str(role), role)


def _attributes_table(content: "Sound", style: "Sound", output: "Sound") -> "Table":
    """Attributes of content, output and style, and how far the output moved."""
    from estilo.metrics.attributes import compared

    table = _plain_table("attributes", "", "content", "output", "style", "moved")
    for each in compared(content, style, output):
        values = (each.content, each.output, each.style)
        cells = [cell(value, PRECISIONS.get(each.unit, ".1f")) for value in values]
        table.add_row(each.label, each.unit, *cells, _moved(each.moved_percent))
    return table


def _descriptors_table(parts: "Heard") -> "Table":
    """The descriptors of every recording side by side, and how far the output moved."""
    from estilo.analysis.descriptors import describe
    from estilo.analysis.movement import MOVING, how_far

    against = parts.against
    given = {"content": against.content, "style": against.blend, "target": against.target}
    heard = {name: of.once(describe) for name, of in given.items() if of is not None}
    heard["output"] = parts.output.once(describe)
    has_way = {"content", "style"} <= set(heard)
    moved = how_far(*(heard[name] for name in ("content", "style", "output"))) if has_way else {}
    table = _plain_table("descriptors", "", *heard, *(["moved"] if has_way else []))
    for name, label, unit, spec in ROWS:
        if name in MOVING or name == "key":
            cells = [cell(getattr(of, name), spec) for of in heard.values()]
            cells += [_moved(moved.get(name))] if has_way else []
            table.add_row(label, unit, *cells)
    return table


def _moved(percent: float | None) -> str:
    return "–" if percent is None else f"{round(percent)} %"  # as an integer: no -0


def _plain_table(*headings: str) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        is_first = not table.columns or heading == ""
        table.add_column(heading, justify="left" if is_first else "right", no_wrap=True)
    return table
