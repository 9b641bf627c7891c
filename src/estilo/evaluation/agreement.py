"""Whether scores that know no target put engines in the order in which a known target puts them.

On a real pair there is only the style to judge by. Where the target is known, each item's outputs
have an order of truth: the mean of their ranks by the distances to the target. A score that can be
had without the target is as good as its order agrees with that one.

Only engines and presets count, at all their strengths: controls are made to mislead. Much of that
order is strength, which any score sees, and two of the three distances have a twin that is measured
against the style. So agreement is also told of each engine at its strongest alone, and with one
distance alone that has no twin.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from estilo.evaluation.board import Board
from estilo.evaluation.bootstrap import UNKNOWN, Interval, interval_over_items, mean_interval
from estilo.evaluation.entries import Entry
from estilo.evaluation.measuring import Column
from estilo.evaluation.ranks import rank_correlations, ranks, spearman

DISTANCES = ("lsd", "timbre_mfcc", "timbre_triplet")
"""Distances to the target whose ranks make the order of truth."""

ALONE = "lsd"
"""The distance that no score without the target is a twin of."""

FEWEST_ROWS = 4


@dataclass(frozen=True)
class Agreement:
    """How far a score agrees with the truth.

    Args:
        column: the score.
        within: rank correlation within an item, mean over items.
        of_means: rank correlation of the rows' means over all items.
        strongest: the same as within, over each engine at its strongest; unknown of fewer than four
            engines.
        with_lsd: the same as within, with the ranks by LSD alone.
    """

    column: Column
    within: Interval
    of_means: Interval
    strongest: Interval
    with_lsd: Interval


def agreements(board: Board) -> list[Agreement]:
    """Agreement of every score that needs no target, the best first; none where none is known.

    Args:
        board: all results.

    Returns:
        Empty for a board without the three distances to a target, or with fewer than four engines
        at all their strengths together.
    """
    distances = {
        column.name: _values(board, column) for column in board.columns if column.name in DISTANCES
    }
    rows = [entry for entry in board.entries if not entry.is_control]
    if not board.has_target or len(distances) < len(DISTANCES) or len(rows) < FEWEST_ROWS:
        return []
    truth, strongest = _mean_ranks(list(distances.values())), _strongest(rows)
    alike = board.alike()
    found = []
    for column in board.columns:
        if column.needs_target:
            continue
        values = _values(board, column)
        within = _within(values, truth, alike)
        if within.n:
            found.append(
                Agreement(
                    column,
                    within,
                    _of_means(values, truth, alike),
                    _within(values[:, strongest], truth[:, strongest], alike),
                    _within(values, distances[ALONE], alike),
                )
            )
    return sorted(found, key=lambda each: -each.within.value)


def _within(values: np.ndarray, truth: np.ndarray, alike: Sequence[str] | None) -> Interval:
    """Mean over items of how far two orders of their rows agree."""
    if values.shape[1] < FEWEST_ROWS:
        return UNKNOWN
    found = [spearman(*each) for each in zip(values, truth, strict=True)]
    return mean_interval(found, alike=alike)


def _strongest(rows: Sequence[Entry]) -> list[int]:
    """Places of the last rows of all series by strength."""
    last: dict[str, int] = {}
    for place, row in enumerate(rows):
        known = last.get(row.series)
        if known is None or (row.strength or 0.0) > (rows[known].strength or 0.0):
            last[row.series] = place
    return list(last.values())


def _values(board: Board, column: Column) -> np.ndarray:
    """A column of the engines, such that less is better; **shape** ``(n_items, n_rows)``."""
    rows = [board.values(entry, column) for entry in board.entries if not entry.is_control]
    return np.transpose(rows) * (1.0 if column.better == "lower" else -1.0)


def _mean_ranks(distances: list[np.ndarray]) -> np.ndarray:
    """Mean rank of each row within each item; NaN where a distance is missing."""
    stacked = np.array(distances)
    truth = np.full(stacked.shape[1:], np.nan)
    for item, of_item in enumerate(stacked.transpose(1, 0, 2)):
        is_known = np.isfinite(of_item).all(axis=0)
        if is_known.any():
            truth[item, is_known] = np.mean([ranks(each[is_known]) for each in of_item], axis=0)
    return truth


def _of_means(values: np.ndarray, truth: np.ndarray, alike: Sequence[str] | None) -> Interval:
    """Agreement of the means over items, each row's over those where all is known of it."""
    is_known = np.isfinite(values) & np.isfinite(truth)
    rows = is_known.any(axis=0)
    known = is_known[:, rows].astype(np.float64)
    columns = [np.where(is_known, each, 0.0)[:, rows] for each in (values, truth)]

    def estimates(counts: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):  # a row of which no item was drawn
            # Sums of thirds differ in their last digit: equal ranks are to stay equal.
            means = [np.round(counts @ each / (counts @ known), 12) for each in columns]
        found = rank_correlations(*means)
        return np.where(np.isfinite(means).all(axis=(0, 2)), found, np.nan)

    return interval_over_items(estimates, n=len(values), alike=alike)
