"""The scoreboard's two pictures: what is kept against what is taken, and quality against speed."""

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from estilo.evaluation.board import Board
from estilo.evaluation.entries import Entry
from estilo.evaluation.measuring import Column
from estilo.plots.scatter import Panel, Point, plot_points

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Height = Callable[[Entry], float]

_SPEED = "× real time (processor seconds of one core per second of output)"


def tradeoff_picture(board: Board) -> "Figure | None":
    """Timbre against pitch, or for textures against how much was copied; means over all items.

    None where the horizontal column was not measured.
    """
    across = board.column("pitch" if board.has_content else "copy_score")
    if across is None:
        return None
    panels = [
        Panel(
            _points(
                board, partial(_mean, board, column=across), partial(_mean, board, column=column)
            ),
            f"{across.label}, lower is better",
            f"{column.label}, lower is better",
            title=title,
            guide=_guide(board, across),
        )
        for column, title in _heights(board)
    ]
    what = "Timbre against pitch" if board.has_content else "Timbre against copying"
    return plot_points(panels, title=_title(board, what))


def _heights(board: Board) -> list[tuple[Column, str]]:
    """What is drawn upwards, and the title of its panel."""
    told = []
    for plain, equalised in board.timbres:
        told += [(plain, "as it is"), (equalised, "after equalising to the style")]
    distance = board.column("texture_kad")
    return told if distance is None else [*told, (distance, "windows of 1 s")]


def _guide(board: Board, across: Column) -> tuple[float, str] | None:
    """For textures, how much of one half of a recording is in the other."""
    halves = [entry for entry in board.entries if entry.series == "target"]
    if board.has_content or not halves:
        return None
    return _mean(board, halves[0], across), "half against half"


def speed_picture(board: Board) -> "Figure":
    """What decides against the real-time factor, and last how far a row has both at once.

    That last panel is there because each of the others is won by a copy of the content or style.
    """
    told = [column for column in board.headlines if not column.is_equalised]
    heights: list[tuple[str, Height]] = [
        (column.label, partial(_mean, board, column=column)) for column in told
    ]
    if {"content_kept", "style_taken"} <= {column.name for column in board.columns}:
        heights.append(("1 − √(content kept · style taken)", partial(_missed, board)))
    panels = [
        Panel(
            _points(board, board.real_time_factor, height),
            _SPEED,
            f"{label}, lower is better",
            is_log_x=True,
        )
        for label, height in heights
    ]
    return plot_points(panels, title=_title(board, "Quality against speed"))


def _missed(board: Board, entry: Entry) -> float:
    """How far the geometric mean of what was kept and taken is from 1, mean over items."""
    kept, taken = (
        board.values(entry, column)
        for column in board.columns
        if column.name in ("content_kept", "style_taken")
    )
    values = 1.0 - np.sqrt(np.clip(kept, 0.0, 1.0) * np.clip(taken, 0.0, 1.0))
    return _mean_of(values)


def _points(board: Board, across: Height, up: Height) -> list[Point]:
    return [
        Point(
            entry.name,
            entry.series,
            across(entry),
            up(entry),
            is_control=entry.is_control,
        )
        for entry in sorted(board.entries, key=lambda entry: entry.strength or 0.0)
        # Against itself the target is without any fault, which says nothing.
        if entry.series != "target"
    ]


def _mean(board: Board, entry: Entry, column: Column) -> float:
    return _mean_of(board.values(entry, column))


def _mean_of(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else math.nan


def _title(board: Board, what: str) -> str:
    return f"{what}: {board.set_name} set, mean of {len(board.items)}"
