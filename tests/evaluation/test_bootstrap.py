import math
from dataclasses import astuple

import numpy as np
import pytest
from scipy import stats

from estilo.evaluation.bootstrap import (
    N_RESAMPLES,
    SEED,
    UNKNOWN,
    difference_interval,
    interval_over_items,
    mean_interval,
    ratio_interval,
)


def by_scipy(data, statistic):
    """The same draws, by another implementation."""
    done = stats.bootstrap(
        data,
        statistic,
        n_resamples=N_RESAMPLES,
        method="percentile",
        paired=len(data) > 1,
        vectorized=False,
        rng=np.random.default_rng(SEED),
    )
    return done.confidence_interval


def test_means_have_scipys_interval(rng):
    values = rng.gamma(2.0, size=40)
    ours = mean_interval(values)
    theirs = by_scipy((values,), np.mean)
    assert (ours.value, ours.n) == (pytest.approx(values.mean()), 40)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=1e-9)


def test_ratios_have_scipys_interval(rng):
    base = rng.gamma(3.0, size=30)
    values = base * rng.uniform(0.4, 0.9, 30)
    ours = ratio_interval(values, base)
    theirs = by_scipy((values, base), lambda a, b: a.mean() / b.mean())
    assert ours.value == pytest.approx(values.mean() / base.mean())
    # Scipy may draw pairs in another order, so that only the distribution is the same.
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)


def test_differences_of_pairs_are_narrower_than_of_strangers(rng):
    base = 10.0 * rng.standard_normal(50)
    ours = difference_interval(base + 1.0 + 0.1 * rng.standard_normal(50), base)
    assert ours.low < ours.value < ours.high
    assert ours.value == pytest.approx(1.0, abs=0.1)
    assert ours.high - ours.low < 0.1


def test_the_mean_is_inside_about_95_times_in_100(rng):
    inside = [
        (each := mean_interval(rng.standard_normal(60))).low < 0.0 < each.high for _ in range(400)
    ]
    assert 0.9 < np.mean(inside) < 0.98


@pytest.mark.parametrize("interval", [ratio_interval, difference_interval])
def test_items_that_are_alike_count_as_one(interval, rng):
    base = rng.gamma(3.0, size=12)
    values = base * rng.uniform(0.4, 0.9, 12)
    names = [f"{number:02}" for number in range(12)]
    once = interval(values, base)
    thrice = interval(np.tile(values, 3), np.tile(base, 3), alike=names * 3)
    assert (thrice.value, thrice.low, thrice.high) == pytest.approx(
        (once.value, once.low, once.high)
    )
    strangers = interval(np.tile(values, 3), np.tile(base, 3))
    assert strangers.high - strangers.low < 0.75 * (once.high - once.low)
    assert interval(values, base, alike=names) == once


def test_it_repeats(rng):
    values = rng.standard_normal(20)
    assert mean_interval(values) == mean_interval(values)


def test_what_is_missing_is_left_out():
    assert mean_interval([2.0, math.nan, 4.0]) == mean_interval([2.0, 4.0])
    paired = ratio_interval([1.0, 5.0, math.nan], [2.0, math.nan, 7.0])
    assert (paired.value, paired.n) == (0.5, 1)
    for nothing in (
        mean_interval([]),
        mean_interval([math.nan]),
        ratio_interval([1.0], [math.nan]),
        ratio_interval([1.0, 2.0], [0.0, 0.0]),
        difference_interval([math.nan], [1.0]),
    ):
        assert nothing is UNKNOWN


def test_a_base_that_is_zero_for_some_items_still_gives_an_interval():
    ours = ratio_interval([1.0, 1.0, 1.0], [0.0, 1.0, 2.0])
    assert ours.value == 1.0
    assert ours.low == 0.5
    assert math.isfinite(ours.high)


def test_any_estimate_has_the_interval_of_the_mean_where_it_is_the_mean(rng):
    values = rng.standard_normal(30)
    found = interval_over_items(lambda counts: counts @ values / 30, n=30)
    expected = mean_interval(values)
    for ours, theirs in zip(astuple(found), astuple(expected), strict=True):
        assert ours == pytest.approx(theirs)
    nothing = interval_over_items(lambda counts: np.full(len(counts), math.nan), n=30)
    assert nothing is interval_over_items(lambda counts: counts.sum(1), n=0) is UNKNOWN
