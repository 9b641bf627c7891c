"""Ranks, and how far two orders agree."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def ranks(values: ArrayLike) -> NDArray[np.float64]:
    """Ranks from 1, the smallest value's; equal values share the mean of their ranks.

    Args:
        values: numbers that are ranked along the last axis. **Shape** ``(..., n)``.

    **Shape**: result ``(..., n)``.

    Example:
        >>> ranks([0.3, 0.1, 0.3, 0.7])
        array([2.5, 1. , 2.5, 4. ])
    """
    numbers = np.asarray(values, dtype=np.float64)
    ours, others = numbers[..., :, None], numbers[..., None, :]
    return (others < ours).sum(-1) + 0.5 * (others == ours).sum(-1) + 0.5


def spearman(one: ArrayLike, other: ArrayLike) -> float:
    """Rank correlation: 1 for the same order, −1 for the opposite one.

    Args:
        one: numbers; pairs of which one is not finite are left out. **Shape** ``(n,)``.
        other: numbers beside them. **Shape** ``(n,)``.

    Returns:
        NaN where there are fewer than two pairs, or all values of a side are equal.

    Source: C. Spearman 1904, "The proof and measurement of association between two things",
    https://doi.org/10.2307/1412159

    Example:
        >>> spearman([1, 2, 3, 4], [10, 30, 20, 40])
        0.8
    """
    pairs = np.array([np.asarray(each, dtype=np.float64) for each in (one, other)])
    pairs = pairs[:, np.isfinite(pairs).all(axis=0)]
    return float(rank_correlations(*pairs)) if pairs.shape[1] > 1 else math.nan


def rank_correlations(one: ArrayLike, other: ArrayLike) -> NDArray[np.float64]:
    """`spearman` of many pairs of columns at once, all of whose values are finite.

    Args:
        one: numbers that are ranked along the last axis. **Shape** ``(..., n)``.
        other: numbers beside them. **Shape** ``(..., n)``.

    Returns:
        NaN where all values of a side are equal. **Shape** ``(...)``.

    Example:
        >>> rank_correlations([[1, 2, 3], [1, 2, 3]], [[1, 2, 3], [3, 2, 1]])
        array([ 1., -1.])
    """
    ours, theirs = (ranks(each) - (np.shape(each)[-1] + 1) / 2.0 for each in (one, other))
    norms = np.sqrt((ours**2).sum(-1) * (theirs**2).sum(-1))
    with np.errstate(invalid="ignore"):
        return (ours * theirs).sum(-1) / np.where(norms > 0.0, norms, np.nan)
