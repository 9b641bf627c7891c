import math

import numpy as np
import pytest

from estilo.evaluation.objective import objective, objective_names


def test_objective_of_the_content_copied_and_of_aims_reached():
    content = {"lsd": [10.0, 30.0], "timbre_mfcc": [0.2, 0.6], "timbre_eq": [1.0, 3.0]}
    content["chroma"] = [1.0, 0.9]
    # Twice missed by all the way, chroma better than it has to be: 1 + 1 − 0.1.
    assert objective(content, content) == pytest.approx(1.9)
    reached = {"lsd": [8.6, 25.8], "timbre_mfcc": [0.11, 0.33], "timbre_eq": [0.55, 1.65]}
    reached["chroma"] = [0.9, 0.8]
    assert objective(reached, content) == pytest.approx(0.0, abs=1e-9)
    # Half the way for the timbre by one metric, so a quarter by both; LSD 0.07 better than asked.
    other = {**reached, "timbre_mfcc": [0.155, 0.465], "lsd": [7.9, 23.7]}
    assert objective(other, content) == pytest.approx(0.25 - 0.1 * 0.07 / 0.14)
    assert objective({**reached, "chroma": [0.8, 0.8]}, content) == pytest.approx(0.5)


def test_objective_without_a_target():
    content = {"timbre_mfcc": [0.4, 0.2], "chroma": [1.0, 1.0], "onset_f1": [1.0, 1.0]}
    assert objective(content, content) == pytest.approx(1.0)
    scores = {"timbre_mfcc": [0.1, 0.2], "chroma": [0.8, 0.6], "onset_f1": [0.9, 0.5]}
    assert objective(scores, content) == pytest.approx(0.5 + 0.3 + 0.3)


def test_objective_of_what_was_not_measured():
    content = {"timbre_mfcc": [0.4, 0.4], "onset_f1": [1.0, math.nan]}
    scores = {"timbre_mfcc": [0.2, 0.2], "onset_f1": [0.8, 0.0]}
    assert objective(scores, content) == pytest.approx(0.5 + 0.2)
    nothing = {"timbre_mfcc": [0.4], "onset_f1": [math.nan]}
    assert objective(nothing, nothing) == pytest.approx(1.0)
    # Silence must not win by being impossible to measure.
    assert math.isnan(objective({**scores, "timbre_mfcc": [0.2, math.nan]}, content))


def test_objective_takes_many_draws_at_once(rng):
    content = {name: rng.uniform(0.1, 1.0, 6) for name in ("lsd", "timbre_mfcc", "chroma")}
    scores = {name: rng.uniform(0.1, 1.0, 6) for name in content}
    draws = rng.integers(0, 6, (5, 6))
    both = [{k: v[draws] for k, v in each.items()} for each in (scores, content)]
    one_by_one = [
        objective(*({k: v[draw] for k, v in each.items()} for each in (scores, content)))
        for draw in draws
    ]
    np.testing.assert_allclose(objective(*both), one_by_one)


def test_objective_names():
    names = [
        "lsd",
        "timbre_mfcc_eq",
        "pitch",
        "timbre_judge",
        "timbre_judge_eq",
        "onset_f1",
        "chroma",
    ]
    assert objective_names(names) == ["lsd", "timbre_mfcc_eq", "chroma"]
    assert objective_names(names[1:]) == ["timbre_mfcc_eq", "onset_f1", "chroma"]


def test_what_the_judge_says_is_no_aim():
    content = {"lsd": [10.0], "timbre_mfcc": [0.4], "chroma": [1.0]}
    for judged in ([0.1], [0.9]):
        assert objective(
            {**content, "timbre_judge": judged}, {**content, "timbre_judge": [0.5]}
        ) == (pytest.approx(1.9))
