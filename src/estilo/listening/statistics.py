"""Statistics of listening tests: screening, intervals, exact binomial tests, rank correlations."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from estilo.evaluation.bootstrap import CONFIDENCE, N_RESAMPLES, SEED, UNKNOWN, Interval

GOOD_RATING, MOST_BAD = 90.0, 0.15
"""A hidden reference that was recognised is rated at least so high, in all but this share."""


def screened(references: Mapping[str, Sequence[float]]) -> list[str]:
    """Listeners who are left out, as they rated the hidden reference below 90 too often.

    Args:
        references: ratings of the hidden references, by listener.

    Returns:
        Those who did so for more than 15 % of the items.

    Source: ITU-R BS.1534-3 (2015), post-screening of assessors.

    Example:
        >>> screened({"Ada": [100.0, 95.0], "Bo": [100.0, 60.0]})
        ['Bo']
    """
    return [
        listener
        for listener, ratings in references.items()
        if len(ratings) and np.mean(np.asarray(ratings) < GOOD_RATING) > MOST_BAD
    ]


def crossed_interval(values: ArrayLike, listeners: Sequence[str], items: Sequence[str]) -> Interval:
    """Mean of ratings with an interval for other listeners and other items at once.

    Listeners and items are drawn with replacement 2000 times, each as many as there are, and a
    rating counts as often as its listener times its item was drawn; the interval leaves out 2.5 %
    at either end. With one listener it is the bootstrap over items.

    Args:
        values: ratings. **Shape** ``(n_ratings,)``.
        listeners: listener of each rating.
        items: item of each rating.

    Returns:
        `Interval.n` is the number of ratings.

    Source: A. B. Owen 2007, "The pigeonhole bootstrap", Annals of Applied Statistics 1,
    https://doi.org/10.1214/07-AOAS122

    Example:
        >>> crossed_interval([60.0, 80.0], ["Ada", "Ada"], ["a", "b"])
        Interval(value=70.0, low=60.0, high=80.0, n=2)
    """
    ratings = np.asarray(values, dtype=np.float64)
    if not len(ratings):
        return UNKNOWN
    rng = np.random.default_rng(SEED)
    weights = _draws(listeners, rng) * _draws(items, rng)
    totals = weights.sum(axis=1)
    # With gaps in who rated what, a draw may hold no rating at all.
    means = (weights @ ratings)[totals > 0] / totals[totals > 0]
    tail = 100.0 * (1.0 - CONFIDENCE) / 2.0
    low, high = np.percentile(means, [tail, 100.0 - tail])
    return Interval(float(ratings.mean()), float(low), float(high), len(ratings))


def binomial_p(n_correct: int, n_trials: int) -> float:
    """Probability of so many correct answers or more in A/B/X by tossing a coin.

    Args:
        n_correct: number of correct answers.
        n_trials: number of trials, which was fixed beforehand.

    Example:
        >>> round(binomial_p(12, 16), 3)
        0.038
    """
    ways = sum(math.comb(n_trials, k) for k in range(n_correct, n_trials + 1))
    return ways / 2**n_trials


def rank_correlations(votes: ArrayLike, scores: ArrayLike) -> tuple[float, float]:
    """Spearman's rho and Kendall's tau-b; NaN where one side is constant, or of fewer than three.

    Args:
        votes: what listeners said. **Shape** ``(n,)``.
        scores: what was measured; pairs with NaN are left out. **Shape** ``(n,)``.

    Example:
        >>> rho, tau = rank_correlations([10.0, 20.0, 30.0], [1.0, 3.0, 2.0])
        >>> round(rho, 3), round(tau, 3)
        (0.5, 0.333)
    """
    from scipy import stats

    pairs = np.array([votes, scores], dtype=np.float64)
    ours, theirs = pairs[:, np.isfinite(pairs).all(axis=0)]
    if len(ours) < 3 or np.ptp(ours) == 0.0 or np.ptp(theirs) == 0.0:
        return math.nan, math.nan
    rho: Any = stats.spearmanr(ours, theirs)
    tau: Any = stats.kendalltau(ours, theirs)
    return float(rho.statistic), float(tau.statistic)


def _draws(names: Sequence[str], rng: np.random.Generator) -> np.ndarray:
    """How often each rating's name was drawn. **Shape** ``(N_RESAMPLES, n_ratings)``."""
    found, places = np.unique(np.asarray(names), return_inverse=True)
    n = len(found)
    return rng.multinomial(n, np.full(n, 1.0 / n), N_RESAMPLES)[:, places]
