import math

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr

from estilo.evaluation.agreement import agreements
from estilo.evaluation.board import Board
from estilo.evaluation.entries import Entry
from estilo.evaluation.ledger import Result
from estilo.evaluation.makers import Copy
from estilo.evaluation.markdown import page
from estilo.evaluation.measuring import Column, Measured
from estilo.evaluation.ranks import rank_correlations, ranks, spearman

COLUMNS = (
    Column("judge", "judge", "higher", "style", "A judge."),
    Column("blind", "blind", "lower", "style", "A worse one."),
    Column("constant", "constant", "lower", None, "Nothing."),
    Column("lsd", "LSD (dB)", "lower", "target", "Distance."),
    Column("timbre_mfcc", "timbre (MFCC)", "lower", "timbre", "Distance."),
    Column("timbre_triplet", "timbre (triplet)", "lower", "timbre", "Distance."),
)
MADE = {
    "created": "2026-01-02T03:04:05+00:00",
    "commit": "abc1234",
    "versions": "estilo 0",
    "machine": "a chip, 2 cores, Linux",
}


def board(values, *, n_items, columns=COLUMNS, n_controls=1):
    """A board of ``values[column name]``, each of **shape** ``(n_items, n_rows)``."""
    n_rows = values["lsd"].shape[1]
    entries = tuple(
        Entry(f"row {row}", f"{row // 2}", Copy("style"), row % 2, is_control=row < n_controls)
        for row in range(n_rows)
    )
    results = {}
    for item in range(n_items):
        for row, entry in enumerate(entries):
            scores = {
                column.name: float(values[column.name][item, row])
                for column in columns
                if column.name in values
            }
            measured = Measured("mono", 8.0, 1.0, 1.0, scores)
            results[entry.name, str(item)] = Result(
                "k", "synthetic", str(item), entry.name, measured, MADE
            )
    items = tuple(str(item) for item in range(n_items))
    return Board("synthetic", items, entries, columns, results)


@pytest.fixture
def values(rng):
    """Distances that agree roughly, a judge that follows them, and one that does not."""
    truth = rng.standard_normal((12, 8))
    noisy = {
        name: truth + 0.3 * rng.standard_normal(truth.shape)
        for name in ("lsd", "timbre_mfcc", "timbre_triplet")
    }
    return {
        **noisy,
        "judge": 5.0 - truth + 0.2 * rng.standard_normal(truth.shape),
        "blind": rng.standard_normal(truth.shape),
        "constant": np.full(truth.shape, 0.3),
    }


def by_name(found):
    return {each.column.name: each for each in found}


def test_ranks_and_correlations_are_scipys(rng):
    one, other = rng.integers(0, 6, (2, 40, 9))  # many ties
    np.testing.assert_array_equal(ranks(one), rankdata(one, axis=1))
    expected = [spearmanr(a, b).statistic for a, b in zip(one, other, strict=True)]
    np.testing.assert_allclose(rank_correlations(one, other), expected)
    assert spearman(one[0], other[0]) == pytest.approx(expected[0])


def test_what_has_no_order():
    assert spearman([1.0, math.nan, 3.0, 4.0], [1.0, 9.0, 2.0, math.nan]) == 1.0
    for one, other in (([1.0], [2.0]), ([1.0, 1.0], [1.0, 2.0]), ([1.0, math.nan], [1.0, 2.0])):
        assert math.isnan(spearman(one, other))


def test_each_score_is_held_against_the_mean_rank(values):
    found = by_name(agreements(board(values, n_items=12)))
    # What needs the target is the truth, and what never varies has no order.
    assert list(found) == ["judge", "blind"]
    truth = np.mean(
        [
            rankdata(values[name][:, 1:], axis=1)
            for name in ("lsd", "timbre_mfcc", "timbre_triplet")
        ],
        axis=0,
    )
    for name, sign in (("judge", -1.0), ("blind", 1.0)):
        score = sign * values[name][:, 1:]
        each = [spearmanr(a, b).statistic for a, b in zip(score, truth, strict=True)]
        within, of_means = found[name].within, found[name].of_means
        assert within.value == pytest.approx(np.mean(each))
        assert of_means.value == pytest.approx(
            spearmanr(score.mean(0), truth.mean(0).round(9)).statistic
        )
        assert (within.n, of_means.n) == (12, 12)
        each = [spearmanr(a, b).statistic for a, b in zip(score, values["lsd"][:, 1:], strict=True)]
        assert found[name].with_lsd.value == pytest.approx(np.mean(each))
        # Series have two rows, the second one the stronger.
        each = [
            spearmanr(a, b).statistic for a, b in zip(score[:, ::2], truth[:, ::2], strict=True)
        ]
        assert found[name].strongest.value == pytest.approx(np.mean(each))
        assert within.low < within.value < within.high
        assert of_means.low <= of_means.value <= of_means.high
    assert found["judge"].within.value > 0.8 > 0.5 > found["blind"].within.value


def test_controls_do_not_count(values):
    before = agreements(board(values, n_items=12, n_controls=3))
    values["judge"][:, :3] += 100.0
    values["lsd"][:, :3] += 100.0
    assert agreements(board(values, n_items=12, n_controls=3)) == before


def test_what_is_missing_is_left_out(values):
    values["judge"][3, 4] = math.nan
    values["lsd"][5] = math.nan  # an item of which nothing is known
    found = by_name(agreements(board(values, n_items=12)))
    assert found["judge"].within.n == 11
    kept = [item for item in range(12) if item != 5]
    same = {name: value[kept] for name, value in values.items()}
    other = by_name(agreements(board(same, n_items=11)))
    assert found["blind"].within == other["blind"].within
    assert found["blind"].of_means.value == other["blind"].of_means.value


def test_where_there_is_nothing_to_say(values):
    assert agreements(board(values, n_items=12, n_controls=5)) == []
    without = tuple(column for column in COLUMNS if column.against != "target")
    assert agreements(board(values, n_items=12, columns=without)) == []
    assert "Agreement" not in page(board(values, n_items=12, columns=without))


def test_the_page_has_it(values):
    text = page(board(values, n_items=12))
    section = text.partition("## Agreement with the target")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    assert rows[0] == "|  | within items | of means | strongest | with LSD |"
    assert [row.split(" | ")[0] for row in rows[2:]] == ["| judge ↑", "| blind ↓"]
    assert "lsd, timbre_mfcc, timbre_triplet" in section
