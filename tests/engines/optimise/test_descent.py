"""Optimisers on functions whose minimum is known, and on functions that break."""

import itertools

import pytest
import torch

from estilo.engines.optimise.descent import Descent
from estilo.errors import DivergenceError

RATES = {"lbfgs": None, "adam": 0.1, "adagrad": 1.0, "rmsprop": 0.02}
GOAL = torch.tensor([1.0, -2.0, 3.0])
CURVATURE = torch.tensor([1.0, 5.0, 25.0])


def _quadratic(parameter: torch.Tensor):
    def evaluate() -> tuple[torch.Tensor, dict[str, float]]:
        value = (CURVATURE * (parameter - GOAL).square()).sum()
        return value, {"bowl": float(value.detach())}

    return evaluate


@pytest.mark.parametrize("optimiser", RATES)
def test_every_optimiser_finds_the_bottom_of_a_bowl(optimiser: str) -> None:
    parameter = torch.zeros(3, requires_grad=True)
    descent = Descent(
        [parameter], _quadratic(parameter), optimiser=optimiser, learning_rate=RATES[optimiser]
    )
    for _ in range(15 if optimiser == "lbfgs" else 400):
        descent.step()
    descent.restore_best()
    torch.testing.assert_close(parameter.detach(), GOAL, atol=2e-2, rtol=0)
    assert descent.best_loss < 1e-2
    assert descent.losses["bowl"] == pytest.approx(descent.loss, rel=1e-5, abs=1e-9)


def test_several_parameters_move_together() -> None:
    first, second = torch.zeros(2, requires_grad=True), torch.zeros(3, 2, requires_grad=True)

    def evaluate() -> tuple[torch.Tensor, dict[str, float]]:
        return (first - 1.0).square().sum() + (second @ first - 2.0).square().sum(), {}

    descent = Descent([first, second], evaluate, optimiser="lbfgs")
    for _ in range(30):
        descent.step()
    assert descent.best_loss < 1e-4


def test_lbfgs_never_evaluates_the_same_point_twice() -> None:
    parameter = torch.zeros(3, requires_grad=True)
    seen: list[tuple[float, ...]] = []
    inner = _quadratic(parameter)

    def evaluate() -> tuple[torch.Tensor, dict[str, float]]:
        seen.append(tuple(parameter.detach().tolist()))
        return inner()

    descent = Descent([parameter], evaluate, optimiser="lbfgs")
    for _ in range(6):
        descent.step()
    assert len(seen) == descent.n_evaluations
    assert all(a != b for a, b in itertools.pairwise(seen))


def test_lbfgs_says_when_it_gets_nowhere() -> None:
    parameter = torch.zeros(3, requires_grad=True)
    descent = Descent([parameter], _quadratic(parameter), optimiser="lbfgs")
    n_steps = 0
    while not descent.is_converged:
        descent.step()
        n_steps += 1
        assert n_steps < 60
    assert descent.best_loss < 1e-8


class _Breaking:
    """A bowl that returns what it is told at some evaluations."""

    def __init__(self, parameter: torch.Tensor, values: dict[int, float]) -> None:
        self.parameter, self.values, self.count = parameter, values, 0
        self.inner = _quadratic(parameter)

    def __call__(self) -> tuple[torch.Tensor, dict[str, float]]:
        self.count += 1
        value, losses = self.inner()
        return value * self.values.get(self.count, 1.0), losses


@pytest.mark.parametrize("optimiser", RATES)
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("first", [1, 2])
def test_a_non_finite_step_is_undone_and_the_rate_halved(
    optimiser: str, bad: float, first: int
) -> None:
    parameter = torch.zeros(3, requires_grad=True)
    evaluate = _Breaking(parameter, {first: bad})
    descent = Descent([parameter], evaluate, optimiser=optimiser, learning_rate=RATES[optimiser])
    rate = descent._rate
    for _ in range(2):
        descent.step()
    assert torch.isfinite(parameter).all()
    # In the middle of a step, the line search of L-BFGS turns back by itself.
    is_absorbed = optimiser == "lbfgs" and first == 2
    assert descent._rate == (rate if is_absorbed else rate / 2)
    for _ in range(20 if optimiser == "lbfgs" else 600):
        descent.step()
    descent.restore_best()
    torch.testing.assert_close(parameter.detach(), GOAL, atol=5e-2, rtol=0)


@pytest.mark.parametrize("optimiser", RATES)
def test_the_third_time_is_an_error(optimiser: str) -> None:
    parameter = torch.full((3,), 0.5, requires_grad=True)
    evaluate = _Breaking(parameter, dict.fromkeys(range(1, 100), float("nan")))
    descent = Descent([parameter], evaluate, optimiser=optimiser, learning_rate=RATES[optimiser])
    descent.step()
    descent.step()
    torch.testing.assert_close(parameter.detach(), torch.full((3,), 0.5))
    with pytest.raises(DivergenceError, match=r"non-finite 3 times.*try another start"):
        descent.step()


def test_best_is_kept_where_the_loss_jumps() -> None:
    parameter = torch.zeros(3, requires_grad=True)
    descent = Descent([parameter], _quadratic(parameter), optimiser="adam", learning_rate=5.0)
    losses = []
    for _ in range(12):
        descent.step()
        losses.append(descent.loss)
    assert losses[-1] > min(losses)
    descent.restore_best()
    assert _quadratic(parameter)()[0].item() == pytest.approx(min(losses), rel=1e-5)
