import math

import numpy as np
import pytest
from scipy import stats

from estilo.evaluation.bootstrap import UNKNOWN, mean_interval
from estilo.listening.statistics import binomial_p, crossed_interval, rank_correlations, screened


def test_listeners_are_screened_as_the_standard_says():
    """More than 15 % of the items below 90: 3 of 20 are not more, 4 of 20 are."""
    at_the_edge = [90.0] * 17 + [89.0] * 3
    assert screened({"a": at_the_edge, "b": [90.0] * 16 + [89.0] * 4, "c": []}) == ["b"]


@pytest.mark.parametrize(("k", "n"), [(0, 16), (8, 16), (12, 16), (16, 16), (61, 100), (1, 1)])
def test_the_binomial_test_is_exact(k, n):
    expected = stats.binomtest(k, n, 0.5, alternative="greater").pvalue
    assert binomial_p(k, n) == pytest.approx(expected, rel=1e-12)


def test_one_listener_is_the_bootstrap_over_items(rng):
    values = rng.uniform(0, 100, 30)
    items = [str(i) for i in range(30)]
    ours, theirs = crossed_interval(values, ["Ada"] * 30, items), mean_interval(values)
    assert ours.value == pytest.approx(theirs.value)
    # Two sets of 2000 draws: their ends differ by a twentieth of the width.
    assert ours.low == pytest.approx(theirs.low, abs=0.1 * (theirs.high - theirs.low))
    assert ours.high == pytest.approx(theirs.high, abs=0.1 * (theirs.high - theirs.low))


@pytest.mark.parametrize("spread", ["items", "listeners"])
def test_intervals_are_as_wide_as_what_varies_asks_for(rng, spread):
    """Ten items by eight listeners, of which only the ones or the others differ."""
    items, listeners = np.divmod(np.arange(80), 8)
    effects = rng.standard_normal(10 if spread == "items" else 8)
    values = effects[items if spread == "items" else listeners]
    found = crossed_interval(values, list(map(str, listeners)), list(map(str, items)))
    error = effects.std() / math.sqrt(len(effects))
    assert (found.high - found.low) / 3.92 == pytest.approx(error, rel=0.15)
    assert found.n == 80


def test_no_ratings_have_no_mean():
    assert crossed_interval([], [], []) == UNKNOWN


def test_ranks_by_hand():
    """Without ties: rho = 1 - 6 sum d^2 / (n (n^2 - 1)), tau = pairs that agree less the others."""
    votes, scores = [1.0, 2.0, 3.0, 4.0], [10.0, 30.0, 20.0, 40.0]
    assert rank_correlations(votes, scores) == pytest.approx((1 - 6 * 2 / 60, 4 / 6))
    assert rank_correlations(votes, [-x for x in scores]) == pytest.approx((-0.8, -4 / 6))


def test_what_has_no_ranks_is_unknown():
    for votes, scores in ([1.0, 2.0], [2.0, 1.0]), ([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]):
        assert all(map(math.isnan, rank_correlations(votes, scores)))
    nan = float("nan")
    assert rank_correlations([1.0, 2.0, 3.0, 9.0], [1.0, 2.0, 3.0, nan]) == pytest.approx((1, 1))
