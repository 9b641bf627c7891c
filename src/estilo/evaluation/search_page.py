"""What a search writes: every trial, the best settings as a preset, and a page about both."""

import csv
import io
import json
import math
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from estilo.evaluation.board import Board
from estilo.evaluation.bootstrap import (
    CONFIDENCE,
    N_RESAMPLES,
    SEED,
    Interval,
    difference_interval,
    mean_interval,
)
from estilo.evaluation.entries import Entry
from estilo.evaluation.markdown import markdown_table
from estilo.evaluation.objective import ABOUT_PAIRS, ABOUT_TARGET, objective, objective_names
from estilo.evaluation.ranges import Numbers
from estilo.evaluation.search import CONTENT, FOUND, OWN, Found, scores_of
from estilo.evaluation.search_plan import BEST, PAGE, TRIALS, SearchPlan
from estilo.evaluation.tables import NOTHING, Table
from estilo.io.atomic import write_atomic
from estilo.presets import load_preset


def write(found: Found) -> list[Path]:
    """The page, the best settings, and all trials; what was there before is replaced.

    Returns:
        The files, the page first.

    Raises:
        OutputError: they cannot be written.
    """
    texts = {PAGE: page(found), BEST: preset_toml(found), TRIALS: trials_csv(found)}
    folder = found.plan.folder
    files = [write_atomic(folder / name, text.encode(), force=True) for name, text in texts.items()]
    load_preset(str(folder / BEST))  # whoever uses it should not be the first to try
    return files


def trials_csv(found: Found) -> str:
    """A line per trial: values, objective, and the means that it is made from."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = [each.name for each in found.plan.ranges]
    metrics = objective_names([column.name for column in found.plan.columns])
    writer.writerow(["trial", "state", "objective", "n_items", *names, *metrics, "error"])
    for trial in found.trials:
        numbers = [trial.objective, *(trial.scores.get(name, math.nan) for name in metrics)]
        first, *rest = ("" if math.isnan(each) else repr(each) for each in numbers)
        values = [shown(trial.values[name]) for name in names]
        row = [trial.number, trial.state, first, trial.n_items, *values, *rest, trial.error or ""]
        writer.writerow(row)
    return stream.getvalue()


def preset_toml(found: Found) -> str:
    """The best settings as a preset's file."""
    plan, best = found.plan, found.best
    gained = "found by a search" if best.number else "a search found none better"
    values = ", ".join(f"{name} {shown(value)}" for name, value in best.values.items())
    head = {
        "summary": f"{Path(plan.name).stem}, {gained}: {values}",
        "engine": plan.preset.engine,
    }
    return to_toml({**head, "settings": found.settings})


def to_toml(values: Mapping[str, Any]) -> str:
    """Nested mappings as TOML; what is None is left out, as TOML has nothing for it.

    Example:
        >>> print(to_toml({"a": 1, "b": {"c": (1, 8), "d": {"e": "x"}, "f": True}}), end="")
        a = 1
        <BLANKLINE>
        [b]
        c = [1, 8]
        f = true
        <BLANKLINE>
        [b.d]
        e = "x"
    """
    return _toml(values, above="").lstrip("\n")


def page(found: Found) -> str:
    """Everything about a search, in Markdown."""
    plan, best = found.plan, found.best
    counts = dict.fromkeys(("complete", "pruned", "failed"), 0)
    for trial in found.trials:
        counts[trial.state] += 1
    about = ABOUT_TARGET if _has_target(plan) else ABOUT_PAIRS
    n_tuning, n_held_out = len(plan.tuning), len(plan.held_out)
    outcome = (
        f"Trial {best.number} has the lowest objective. `{BEST}` holds it as a preset: "
        f"`estilo transfer CONTENT STYLE -o OUT --preset {BEST}`."
        if best.number
        else f"No trial has a lower objective than the preset itself, which `{BEST}` holds."
    )
    parts = [
        f"# Search: {plan.name} on the {plan.set_name} set",
        f"{len(found.trials)} trials ({counts['complete']} complete, {counts['pruned']} given up "
        f"early, {counts['failed']} failed), seed {plan.seed}; tree-structured Parzen estimator "
        f"with median pruning. Items are taken two by two: {n_tuning} to search on, {n_held_out} "
        f"held out, which no trial has seen. {outcome}",
        markdown_table(_values_table(found)),
        "## On the held-out half",
        "What to believe. " + _reading(),
        markdown_table(comparison(found, found.held_out)),
        "## On the half that was searched on",
        "Too good for the best, as it was chosen by these very values.",
        markdown_table(comparison(found, found.tuning)),
        "## Objective",
        about,
        "## Where it comes from",
        _origin(found),
    ]
    return "\n\n".join(parts) + "\n"


def comparison(found: Found, board: Board) -> Table:
    """Content copied, preset and best, and what the best gains.

    Args:
        found: what a search came to.
        board: one of its halves.
    """
    entries = {entry.name: entry for entry in board.entries}
    content, own = entries[CONTENT], entries[OWN]
    best = entries.get(FOUND, own)
    names = objective_names([column.name for column in found.plan.columns])
    scores = {entry.name: scores_of(board.of(entry), names) for entry in board.entries}
    rows = [["objective ↓", *_objective_cells(scores, best.name)]]
    for name in names:
        column = board.column(name)
        assert column is not None  # noqa: S101 - the names are the columns'
        arrow = "↓" if column.better == "lower" else "↑"
        values = [scores[entry.name][name] for entry in (content, own, best)]
        cells = [_cell(mean_interval(each)) for each in values]
        gain = _cell(difference_interval(values[2], values[1]), is_signed=True)
        rows.append([f"{column.label} {arrow}", *cells, gain])
    rows.append(["× real time", *(_speed(board, entry) for entry in (content, own, best)), ""])
    return Table(["", CONTENT, OWN, FOUND, f"{FOUND} − {OWN}"], rows)


def shown(value: Any) -> str:
    """A setting's value as one would type it.

    Example:
        >>> shown((1, 8)), shown(0.5), shown(None), shown(True)
        ('1,8', '0.5', 'none', 'true')
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ",".join(shown(each) for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _objective_cells(scores: Mapping[str, Mapping[str, NDArray]], best: str) -> list[str]:
    """As it is made from means over all items, items are drawn for all rows together."""
    content = scores[CONTENT]
    n = len(next(iter(content.values())))
    draws = np.random.default_rng(SEED).integers(0, n, (N_RESAMPLES, n))
    drawn = {
        row: objective(*({k: v[draws] for k, v in each.items()} for each in (scores[row], content)))
        for row in scores
    }
    whole = {row: float(objective(scores[row], content)) for row in scores}
    rows = [(whole[row], drawn[row]) for row in (CONTENT, OWN, best)]
    cells = [_cell(_percentiles(value, values, n)) for value, values in rows]
    gain = _percentiles(whole[best] - whole[OWN], drawn[best] - drawn[OWN], n)
    return [*cells, _cell(gain, is_signed=True)]


def _percentiles(value: float, resampled: NDArray, n: int) -> Interval:
    tail = 100.0 * (1.0 - CONFIDENCE) / 2.0
    low, high = np.percentile(resampled, [tail, 100.0 - tail])
    return Interval(value, float(low), float(high), n)


def _values_table(found: Found) -> Table:
    rows = []
    for each in found.plan.ranges:
        about = each.text.partition("=")[2]
        if isinstance(each, Numbers):
            about = f"{shown(each.low)} to {shown(each.high)}{', log' if each.is_log else ''}"
        own, best = found.plan.own[each.name], found.best.values[each.name]
        rows.append([f"`{each.name}`", about, shown(own), f"**{shown(best)}**"])
    return Table(["setting", "tried", OWN, FOUND], rows)


def _cell(interval: Interval, *, is_signed: bool = False) -> str:
    if interval.n == 0 or math.isnan(interval.value):
        return NOTHING
    sign = "+" if is_signed else ""
    value, low, high = (
        # "-0.000" would say that there is something.
        f"{round(each, 3) + 0.0:{sign}.3f}".replace("-", "−")
        for each in (interval.value, interval.low, interval.high)
    )
    return value if low == high else f"{value} [{low}, {high}]"


def _speed(board: Board, entry: Entry) -> str:
    factor = board.real_time_factor(entry)
    return f"{factor:.2g}" if math.isfinite(factor) else NOTHING


def _reading() -> str:
    return (
        "Means over the items, in brackets the 95 % interval (percentile bootstrap, "
        f"{N_RESAMPLES} draws of the items, seed {SEED}); a gain whose interval holds 0 may be "
        "chance. ↓ lower is better, ↑ higher. *× real time*: processor seconds of one core per "
        "second of output, median."
    )


def _origin(found: Found) -> str:
    plan = found.plan
    over = " ".join(f"--over {shlex.quote(each.text)}" for each in plan.ranges)
    command = (
        f"estilo search {shlex.quote(plan.name)} {over} {plan.options} "
        f"--n {len(plan.tuning) + len(plan.held_out)} --trials {len(found.trials)} "
        f"--seed {plan.seed}"
    )
    boards = (found.tuning, found.held_out)
    made = {
        what: "; ".join(sorted({each for board in boards for each in board.made(what)}))
        for what in ("commit", "machine", "versions")
    }
    dates = sorted({each[:10] for board in boards for each in board.made("created")})
    lines = [
        f"- Command: `{command}`",
        f"- Date: {dates[0] if len(dates) == 1 else f'{dates[0]} to {dates[-1]}'}",
        f"- Commit: {made['commit']}",
        f"- Hardware: {made['machine']}; one thread per output",
        f"- Versions: {made['versions']}",
    ]
    return "\n".join(lines)


def _has_target(plan: SearchPlan) -> bool:
    return any(column.name == "lsd" for column in plan.columns)


def _toml(values: Mapping[str, Any], *, above: str) -> str:
    plain = {k: v for k, v in values.items() if v is not None and not isinstance(v, Mapping)}
    tables = {k: v for k, v in values.items() if isinstance(v, Mapping)}
    lines = [f"{_key(key)} = {_value(value)}\n" for key, value in plain.items()]
    if above and (lines or not tables):
        lines.insert(0, f"\n[{above}]\n")
    for key, value in tables.items():
        lines.append(_toml(value, above=f"{above}.{_key(key)}" if above else _key(key)))
    return "".join(lines)


def _key(name: str) -> str:
    is_bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if is_bare else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, tuple | list):
        return f"[{', '.join(_value(each) for each in value)}]"
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None)
        return f"{{ {inside} }}"
    return repr(value)


def _text(text: str) -> str:
    # JSON's escapes are TOML's, but for one character that JSON lets through.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
