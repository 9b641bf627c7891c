"""The scoreboard's tables as text, for Markdown and the terminal alike."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from estilo.evaluation.agreement import agreements
from estilo.evaluation.board import Board
from estilo.evaluation.bootstrap import (
    Interval,
    difference_interval,
    mean_interval,
    ratio_interval,
)
from estilo.evaluation.entries import Entry
from estilo.evaluation.measuring import Column
from estilo.evaluation.published import TABLES, Published

NOTHING = "–"
_BASE_SERIES = "content"
_COLUMNS_AT_ONCE = 5


@dataclass(frozen=True)
class Table:
    """Cells as text.

    Args:
        heading: headings of the columns; the first one names the rows.
        rows: cells.
    """

    heading: list[str]
    rows: list[list[str]]

    def without_intervals(self) -> "Table":
        """The same, narrower.

        Example:
            >>> Table(["", "LSD ↓"], [["eq", "14.3 [13.9, 14.7] (n = 3)"]]).without_intervals().rows
            [['eq', '14.3 (n = 3)']]
        """
        rows = [[re.sub(r" \[[^]]*\]", "", cell) for cell in row] for row in self.rows]
        return Table(self.heading, rows)


def headline_table(
    board: Board, *, columns: list[Column] | None = None, group: str | None = None
) -> Table:
    """The metrics that decide, with their intervals, and speed.

    Args:
        board: all results.
        columns: only these of them.
        group: group of the items; the table is then without speed.
    """
    table = _means(board, board.headlines if columns is None else columns, group=group)
    if group is not None:
        return table
    rows = [
        [*row, _factor(board.real_time_factor(entry)), *_failed(board, entry)]
        for row, entry in zip(table.rows, board.entries, strict=True)
    ]
    failed = ["failed"] if board.failures else []
    return Table([*table.heading, "× real time", *failed], rows)


def other_tables(board: Board) -> list[Table]:
    """All other metrics, a few columns at a time."""
    rest = [column for column in board.columns if column not in board.headlines]
    starts = range(0, len(rest), _COLUMNS_AT_ONCE)
    return [_means(board, rest[start : start + _COLUMNS_AT_ONCE]) for start in starts]


def relative_table(board: Board) -> Table | None:
    """How far each row is from the content copied, beside what was published; None for textures."""
    base = next((entry for entry in board.entries if entry.series == _BASE_SERIES), None)
    if base is None:
        return None
    ways = [_Relative.of(column) for column in board.headlines]
    rows = []
    for entry in board.entries:
        intervals = [
            way.interval(
                board.values(entry, way.column), board.values(base, way.column), alike=board.alike()
            )
            for way in ways
        ]
        rows.append([entry.name, *(_cell(each, decimals=3) for each in intervals)])
    published = TABLES.get(board.set_name, ())
    rows += [
        [f"*published:* {row.name}", *(way.published(row, published[0]) for way in ways)]
        for row in published[1:]
    ]
    return Table(["", *(way.heading for way in ways)], rows)


def agreement_table(board: Board) -> Table | None:
    """How far scores without the target agree with it; None where there is nothing to say."""
    found = agreements(board)
    if not found:
        return None
    rows = [
        [
            _heading(each.column),
            _cell(each.within, decimals=2, expected=len(board.items)),
            *(_cell(part, decimals=2) for part in (each.of_means, each.strongest, each.with_lsd)),
        ]
        for each in found
    ]
    return Table(["", "within items", "of means", "strongest", "with LSD"], rows)


@dataclass(frozen=True)
class _Relative:
    """A column against the content's own: as a ratio, or a difference where that may be 0."""

    column: Column
    heading: str
    interval: Callable[..., Interval]
    published: Callable[[Published, Published], str]

    @classmethod
    def of(cls, column: Column) -> "_Relative":
        if column.name == "pitch":
            heading = f"{column.label}: difference"
            return cls(column, heading, difference_interval, _pitch_difference)
        published = _unpublished
        if column.name == "lsd":
            published = _lsd_ratio
        elif column.is_timbre and not column.is_equalised:
            published = _timbre_ratio
        return cls(column, f"{column.label}: ratio", ratio_interval, published)


def _pitch_difference(row: Published, base: Published) -> str:
    return f"{row.pitch - base.pitch:.3f}"


def _timbre_ratio(row: Published, base: Published) -> str:
    return f"{row.timbre / base.timbre:.3f}"


def _lsd_ratio(row: Published, base: Published) -> str:
    return NOTHING if row.lsd is None or base.lsd is None else f"{row.lsd / base.lsd:.3f}"


def _unpublished(_row: Published, _base: Published) -> str:
    return NOTHING


def _means(board: Board, columns: list[Column], *, group: str | None = None) -> Table:
    cells: list[list[str]] = []
    for column in columns:
        intervals = [
            mean_interval(board.values(entry, column, group=group), alike=board.alike(group=group))
            for entry in board.entries
        ]
        decimals = _decimals(intervals)
        most = max((each.n for each in intervals), default=0)
        cells.append([_cell(each, decimals=decimals, expected=most) for each in intervals])
    names = [entry.name for entry in board.entries]
    rows = [list(row) for row in zip(names, *cells, strict=True)]
    return Table(["", *(_heading(column) for column in columns)], rows)


def _heading(column: Column) -> str:
    return f"{column.label} {'↓' if column.better == 'lower' else '↑'}"


def _decimals(intervals: list[Interval]) -> int:
    """Three, or fewer where a column holds large values, or more where it holds small ones."""
    largest = max((abs(each.value) for each in intervals if math.isfinite(each.value)), default=0.0)
    places = next((n for n, bound in enumerate((100.0, 10.0, 0.1, 0.0)) if largest >= bound), 3)
    return 1 + places if largest > 0.0 else 3


def _cell(interval: Interval, *, decimals: int, expected: int | None = None) -> str:
    """Mean and interval, and how many items are behind it where some are missing."""
    if interval.n == 0:
        return NOTHING
    value, low, high = (_number(x, decimals) for x in (interval.value, interval.low, interval.high))
    text = value if low == high else f"{value} [{low}, {high}]"
    return text if expected in (None, interval.n) else f"{text} (n = {interval.n})"


def _number(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0.0 else text.replace("-", "−")


def _factor(value: float) -> str:
    if not math.isfinite(value):
        return NOTHING
    if value < 1e-4:
        return "< 0.0001"
    return f"{value:.2g}" if value < 100.0 else f"{value:.0f}"


def _failed(board: Board, entry: Entry) -> list[str]:
    if not board.failures:
        return []
    return [str(sum(result.measured.error is not None for result in board.of(entry)))]
