import math

import numpy as np
import pytest
from heard_folder import ITEMS, ROWS

from estilo.errors import InputError
from estilo.listening.answers import Answer
from estilo.listening.results import (
    agreements,
    left_out,
    means_of_rows,
    scores_of_board,
    trials,
    votes,
)

# What listeners think of the rows, and of what is hidden among them.
OPINION = {
    "eq 0.5": 30.0,
    "sines 1": 60.0,
    "mosaic 1": 80.0,
    "hidden reference": 100.0,
    "content copied": 20.0,
    "low-pass 3.5 kHz": 10.0,
}


def said(design, listener, opinion, *, is_done=True):
    """Answers of a listener to whom every sound is worth what its row is."""
    return [
        Answer(page.name, listener, {x.name: opinion[x.label] for x in page.stimuli}, is_done)
        for page in design.pages
    ]


def test_ratings_are_unblinded(designed):
    design = designed()
    answers = [
        *said(design, "Ada", OPINION),
        *said(design, "Bo", {**OPINION, "sines 1": 70.0}),
        *said(design, "Cy", dict.fromkeys(OPINION, 0.0), is_done=False),
    ]
    every = votes(design, answers)
    assert len(every) == 2 * len(ITEMS) * len(OPINION)
    assert {vote.item for vote in every} == set(ITEMS)
    found = {each.label: each for each in means_of_rows(every)}
    assert list(found) == sorted(OPINION, key=lambda label: -OPINION[label])
    assert (found["sines 1"].mean.value, found["sines 1"].median) == (65.0, 65.0)
    assert (found["sines 1"].mean.low, found["sines 1"].mean.high) == (60.0, 70.0)
    assert found["eq 0.5"].mean.low == found["eq 0.5"].mean.high == 30.0
    assert found["sines 1"].mean.n == 6


def test_who_misses_the_reference_is_left_out(designed):
    design = designed()
    deaf = {**OPINION, "hidden reference": 80.0}
    every = votes(design, [*said(design, "Ada", OPINION), *said(design, "Bo", deaf)])
    assert left_out(every) == ["Bo"]


def test_trials_are_counted(designed):
    design = designed(kind="abx", rows=("eq 0.5", "sines 1"), n_trials=16)
    other = {"A": "B", "B": "A"}
    right = [Answer(p.name, "Ada", {"X": p.answer}, True) for p in design.pages]
    wrong = [Answer(p.name, "Bo", {"X": other[p.answer]}, True) for p in design.pages[:4]]
    ada, bo = trials(design, [*right, *wrong])
    assert (ada.n_correct, ada.n_answered, ada.p_value) == (16, 16, 2.0**-16)
    assert (bo.n_correct, bo.n_answered) == (0, 4)
    assert math.isnan(bo.p_value)
    assert votes(design, right) == []
    half = [Answer(p.name, "Cy", {"X": "A"}, True) for p in design.pages]
    *_, everybody = trials(design, [*right, *wrong, *half])
    n_a = sum(page.answer == "A" for page in design.pages)
    assert (everybody.n_correct, everybody.n_trials) == (16 + n_a, 32)


def write_board(path, scores):
    """A table with a score per row, the same for each item, and one that is missing."""
    lines = [
        "set,entry,series,strength,item,group,near,far,clicks_per_s,duration_s,wall_s,"
        "processor_s,error"
    ]
    for item in ITEMS:
        for row, value in scores.items():
            lines.append(f"x,{row},s,,{item},a,{value},{-value},,0.5,1,1,")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_scores_are_compared_with_listeners(designed, tmp_path):
    design = designed()
    every = votes(design, said(design, "Ada", OPINION))
    near = {"eq 0.5": 1.0, "sines 1": 2.0, "mosaic 1": 3.0, "content copied": 99.0}
    scores = scores_of_board(write_board(tmp_path / "pairs.csv", near))
    assert list(scores) == ["near", "far", "clicks_per_s"]
    found = {each.score: each for each in agreements(every, scores)}
    assert (found["near"].rho.value, found["near"].tau.value) == (1.0, 1.0)
    assert found["far"].rho.value == -1.0
    assert found["near"].rho_of_rows == 1.0
    assert found["near"].rho.n == len(ITEMS)
    assert math.isnan(found["clicks_per_s"].rho.value)
    # Rows in another order: rho = 1 - 6 sum d^2 / (n (n^2 - 1)) with d = 0, 1, -1.
    swapped = {"eq 0.5": 1.0, "sines 1": 3.0, "mosaic 1": 2.0}
    scores = scores_of_board(write_board(tmp_path / "pairs.csv", swapped))
    (first, *_) = agreements(every, scores)
    assert first.rho.value == pytest.approx(1 - 6 * 2 / (3 * 8))


def test_a_score_may_rank_rows_and_not_items(designed, tmp_path):
    """Votes that differ by item more than by row: correlations within items do not see that."""
    design = designed()
    answers = [
        Answer(
            page.name,
            "Ada",
            {
                each.name: 10.0 * ITEMS.index(page.item) + ROWS.index(each.label)
                for each in page.stimuli
                if each.label in ROWS
            },
            True,
        )
        for page in design.pages
    ]
    scores = {"s": {(item, row): float(ROWS.index(row)) for item in ITEMS for row in ROWS}}
    (found,) = agreements(votes(design, answers), scores)
    assert found.rho.value == 1.0
    shuffled = {key: value + 7.0 * (key[0] == "one") for key, value in scores["s"].items()}
    (again,) = agreements(votes(design, answers), {"s": shuffled})
    assert (again.rho.value, again.rho_of_rows) == (1.0, 1.0)
    assert np.isfinite(again.rho.low)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "item,entry,x\na,b,c\n"])
def test_other_tables_are_refused(tmp_path, text):
    (tmp_path / "pairs.csv").write_text(text)
    with pytest.raises(InputError, match=r"pairs\.csv is no table of a scoreboard"):
        scores_of_board(tmp_path / "pairs.csv")
