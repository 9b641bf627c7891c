"""How far a mean over the items of a test set can be trusted."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

N_RESAMPLES = 2000
CONFIDENCE = 0.95
SEED = 0


@dataclass(frozen=True)
class Interval:
    """An estimate and the interval around it.

    Args:
        value: the estimate; NaN where there is nothing to estimate from.
        low: lower end of the 95 % interval.
        high: upper end.
        n: items behind it.
    """

    value: float
    low: float
    high: float
    n: int


UNKNOWN = Interval(math.nan, math.nan, math.nan, 0)
"""Interval where nothing was measured."""


def mean_interval(values: ArrayLike, *, alike: Sequence[str] | None = None) -> Interval:
    """Mean over items with its percentile-bootstrap interval.

    Items are drawn with replacement, as many as there are, 2000 times; the interval leaves out
    2.5 % of the means at either end. It says how the mean would vary with other items of the same
    kind, not how sure one item's value is. Items that are alike, as two phrases of the same
    instruments are, are drawn together.

    Args:
        values: one per item; NaN is left out. **Shape** ``(n_items,)``.
        alike: name of the group of each item; each item is a group of its own if not given.

    Source: B. Efron 1979, "Bootstrap methods: another look at the jackknife",
    https://doi.org/10.1214/aos/1176344552

    Example:
        >>> mean_interval([1.0, 2.0, 3.0, np.nan])
        Interval(value=2.0, low=1.0, high=3.0, n=3)
    """
    (kept,), groups = _known(values, alike=alike)
    return interval_over_items(
        lambda counts: counts @ kept / counts.sum(axis=1), n=len(kept), alike=groups
    )


def ratio_interval(
    values: ArrayLike, base: ArrayLike, *, alike: Sequence[str] | None = None
) -> Interval:
    """Ratio of two means over the same items, which are drawn together.

    Args:
        values: one per item. **Shape** ``(n_items,)``.
        base: what they are divided by. **Shape** ``(n_items,)``.
        alike: name of the group of each item, as in `mean_interval`.

    Returns:
        NaN where the base's mean is 0.

    Example:
        >>> ratio_interval([1.0, 2.0], [2.0, 4.0]).value
        0.5
    """
    (ours, theirs), groups = _known(values, base, alike=alike)

    def ratios(counts: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return (counts @ ours) / (counts @ theirs)

    return interval_over_items(ratios, n=len(ours), alike=groups)


def difference_interval(
    values: ArrayLike, base: ArrayLike, *, alike: Sequence[str] | None = None
) -> Interval:
    """Difference of two means over the same items, which are drawn together.

    Args:
        values: one per item. **Shape** ``(n_items,)``.
        base: what is taken away. **Shape** ``(n_items,)``.
        alike: name of the group of each item, as in `mean_interval`.

    Example:
        >>> difference_interval([1.0, 2.0], [2.0, 4.0]).value
        -1.5
    """
    return mean_interval(np.subtract(values, base), alike=alike)


def interval_over_items(
    estimates: Callable[[np.ndarray], np.ndarray], *, n: int, alike: Sequence[str] | None = None
) -> Interval:
    """Any estimate from all items with its percentile-bootstrap interval.

    Args:
        estimates: function that takes how often each item counts, **shape** ``(n_draws, n)``, and
            gives an estimate for each draw, **shape** ``(n_draws,)``.
        n: number of items.
        alike: name of the group of each item, as in `mean_interval`.

    Returns:
        NaN where the estimate from each item once is.

    Example:
        >>> interval_over_items(lambda counts: counts @ np.array([1.0, 2.0, 3.0]) / 3.0, n=3)
        Interval(value=2.0, low=1.0, high=3.0, n=3)
    """
    value = float(estimates(np.ones((1, n), dtype=np.intp))[0]) if n else math.nan
    if not math.isfinite(value):
        return UNKNOWN
    resampled = estimates(_counts(n, alike))
    tail = 100.0 * (1.0 - CONFIDENCE) / 2.0
    low, high = np.percentile(resampled[np.isfinite(resampled)], [tail, 100.0 - tail])
    return Interval(value, float(low), float(high), n)


def _known(
    *columns: ArrayLike, alike: Sequence[str] | None
) -> tuple[list[np.ndarray], list[str] | None]:
    """Columns, and groups, without the items that one of the columns has no value for."""
    rows = np.array([np.asarray(column, dtype=np.float64) for column in columns])
    places = np.flatnonzero(np.isfinite(rows).all(axis=0))
    groups = None if alike is None else [alike[place] for place in places.tolist()]
    return list(rows[:, places]), groups


def _counts(n: int, alike: Sequence[str] | None) -> np.ndarray:
    """How often each item is drawn, the same for every row of a table.

    **Shape** ``(N_RESAMPLES, n)``.
    """
    groups = np.arange(n)
    if alike is not None and len(set(alike)) < n:
        groups = np.unique(alike, return_inverse=True)[1]
    n_groups = int(groups.max()) + 1
    draws = np.random.default_rng(SEED).integers(0, n_groups, (N_RESAMPLES, n_groups))
    return np.array([np.bincount(draw, minlength=n_groups) for draw in draws])[:, groups]
