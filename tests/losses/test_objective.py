from dataclasses import replace

import pytest
import torch

from estilo.losses.difference import MeanSquare
from estilo.losses.objective import Objective, Term

LOSS = MeanSquare()


def _term(role: str, goal: float, *, scale: float = 1.0, gain: float = 1.0) -> Term:
    target = LOSS.prepare([torch.full((1, 4), goal)], [1.0])
    return Term(role, lambda x: gain * x, LOSS, target, scale)  # pyright: ignore[reportArgumentType]


def test_terms_are_averaged_within_a_role_and_weighted_by_role() -> None:
    terms = {
        "style-1": _term("style", 1.0),
        "style-2": _term("style", 3.0, scale=2.0),
        "content": _term("content", 2.0),
    }
    goal = Objective(terms, {"style": 0.5, "content": 10.0})
    total, values = goal.evaluate(torch.zeros(1, 4))
    assert values == {"style-1": 1.0, "style-2": 4.5, "content": 4.0}
    assert total.item() == pytest.approx(0.5 * (1.0 + 4.5) / 2 + 10.0 * 4.0)


def test_a_term_with_a_weight_of_its_own_is_added_with_it() -> None:
    extra = replace(_term("style", 2.0), weight=3.0)
    goal = Objective({"style": _term("style", 1.0), "extra": extra}, {"style": 0.5})
    total, values = goal.evaluate(torch.zeros(1, 4))
    assert values == {"style": 1.0, "extra": 4.0}
    assert total.item() == pytest.approx(0.5 * 1.0 + 3.0 * 4.0)


def test_a_view_comes_before_the_loss() -> None:
    total, _ = Objective({"a": _term("style", 4.0, gain=2.0)}, {"style": 1.0}).evaluate(
        torch.full((1, 4), 2.0)
    )
    assert total.item() == 0.0


def test_a_term_without_weight_is_not_computed() -> None:
    def fail(_frames: torch.Tensor) -> torch.Tensor:
        raise AssertionError("its value is not needed")

    terms = {"style": _term("style", 1.0), "rhythm": Term("rhythm", fail, LOSS, None)}
    for weights in ({"style": 1.0}, {"style": 1.0, "rhythm": 0.0}):
        total, values = Objective(terms, weights).evaluate(torch.zeros(1, 4))
        assert list(values) == ["style"]
        assert total.item() == 1.0


def test_gradient_reaches_the_candidate() -> None:
    candidate = torch.zeros(1, 4, requires_grad=True)
    total, _ = Objective({"a": _term("style", 1.0)}, {"style": 3.0}).evaluate(candidate)
    total.backward()
    torch.testing.assert_close(candidate.grad, torch.full((1, 4), 3.0 * 2.0 * -1.0 / 4.0))
