"""How far a mean over the items of a test set can be trusted."""

import math
from collections.abc import Callable
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


def mean_interval(values: ArrayLike) -> Interval:
    """Mean over items with its percentile-bootstrap interval.

    Items are drawn with replacement, as many as there are, 2000 times; the interval leaves out
    2.5 % of the means at either end. It says how the mean would vary with other items of the same
    kind, not how sure one item's value is.

    Args:
        values: one per item; NaN is left out. **Shape** ``(n_items,)``.

    Source: B. Efron 1979, "Bootstrap methods: another look at the jackknife",
    https://doi.org/10.1214/aos/1176344552

    Example:
        >>> mean_interval([1.0, 2.0, 3.0, np.nan])
        Interval(value=2.0, low=1.0, high=3.0, n=3)
    """
    (kept,) = _known(values)
    if not len(kept):
        return UNKNOWN
    return _interval(kept.mean(), kept[_draws(len(kept))].mean(axis=1), n=len(kept))


def ratio_interval(values: ArrayLike, base: ArrayLike) -> Interval:
    """Ratio of two means over the same items, which are drawn together.

    Args:
        values: one per item. **Shape** ``(n_items,)``.
        base: what they are divided by. **Shape** ``(n_items,)``.

    Returns:
        NaN where the base's mean is 0.

    Example:
        >>> ratio_interval([1.0, 2.0], [2.0, 4.0]).value
        0.5
    """
    ours, theirs = _known(values, base)
    if not len(ours) or theirs.mean() == 0.0:
        return UNKNOWN
    draws = _draws(len(ours))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = ours[draws].mean(axis=1) / theirs[draws].mean(axis=1)
    return _interval(ours.mean() / theirs.mean(), ratios, n=len(ours))


def difference_interval(values: ArrayLike, base: ArrayLike) -> Interval:
    """Difference of two means over the same items, which are drawn together.

    Args:
        values: one per item. **Shape** ``(n_items,)``.
        base: what is taken away. **Shape** ``(n_items,)``.

    Example:
        >>> difference_interval([1.0, 2.0], [2.0, 4.0]).value
        -1.5
    """
    ours, theirs = _known(values, base)
    return mean_interval(ours - theirs)


def interval_over_items(estimates: Callable[[np.ndarray], np.ndarray], *, n: int) -> Interval:
    """Any estimate from all items with its percentile-bootstrap interval.

    Args:
        estimates: function that takes how often each item counts, **shape** ``(n_draws, n)``, and
            gives an estimate for each draw, **shape** ``(n_draws,)``.
        n: number of items.

    Returns:
        NaN where the estimate from each item once is.

    Example:
        >>> interval_over_items(lambda counts: counts @ np.array([1.0, 2.0, 3.0]) / 3.0, n=3)
        Interval(value=2.0, low=1.0, high=3.0, n=3)
    """
    value = float(estimates(np.ones((1, n), dtype=np.intp))[0]) if n else math.nan
    if not math.isfinite(value):
        return UNKNOWN
    counts = np.array([np.bincount(draw, minlength=n) for draw in _draws(n)])
    return _interval(value, estimates(counts), n=n)


def _known(*columns: ArrayLike) -> list[np.ndarray]:
    """Columns without the items that one of them has no value for."""
    rows = np.array([np.asarray(column, dtype=np.float64) for column in columns])
    return list(rows[:, np.isfinite(rows).all(axis=0)])


def _draws(n: int) -> np.ndarray:
    """The same draws for every row of a table. **Shape** ``(N_RESAMPLES, n)``."""
    return np.random.default_rng(SEED).integers(0, n, (N_RESAMPLES, n))


def _interval(value: float, resampled: np.ndarray, *, n: int) -> Interval:
    tail = 100.0 * (1.0 - CONFIDENCE) / 2.0
    low, high = np.percentile(resampled[np.isfinite(resampled)], [tail, 100.0 - tail])
    return Interval(float(value), float(low), float(high), n)
