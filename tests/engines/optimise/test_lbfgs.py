import itertools

import pytest
import torch

from estilo.engines.optimise.lbfgs import LBFGS


def rosenbrock(x):
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()


def descend(optimiser, x, function, n_steps):
    def evaluate():
        x.grad = None
        loss = function(x)
        loss.backward()
        return loss

    losses = []
    for _ in range(n_steps):
        optimiser.step(evaluate)
        losses.append(function(x.detach()).item())
    return losses


def start(value=-1.2, n=10):
    return torch.full((n,), value, dtype=torch.float64, requires_grad=True)


def test_takes_the_steps_of_torchs_own():
    ours, theirs = start(), start()
    mine = descend(LBFGS([ours]), ours, rosenbrock, 40)
    reference = torch.optim.LBFGS(
        [theirs], max_iter=1, max_eval=12, history_size=20, line_search_fn="strong_wolfe"
    )
    other = descend(reference, theirs, rosenbrock, 40)
    assert mine == pytest.approx(other, rel=1e-6)


def test_reaches_the_known_minimum():
    x = start()
    descend(LBFGS([x]), x, rosenbrock, 100)
    torch.testing.assert_close(x.detach(), torch.ones(10, dtype=torch.float64))


def test_never_goes_up():
    x = start()
    losses = descend(LBFGS([x]), x, rosenbrock, 60)
    assert all(later <= earlier for earlier, later in itertools.pairwise(losses))


def test_solves_a_quadratic_of_several_tensors():
    generator = torch.Generator().manual_seed(0)
    mixing = torch.randn(6, 6, generator=generator, dtype=torch.float64)
    matrix = mixing @ mixing.T + torch.eye(6, dtype=torch.float64)
    wanted = torch.randn(6, generator=generator, dtype=torch.float64)
    parts = [torch.zeros(2, 2, dtype=torch.float64), torch.zeros(2, dtype=torch.float64)]
    for part in parts:
        part.requires_grad_()

    def evaluate():
        for part in parts:
            part.grad = None
        x = torch.cat([part.reshape(-1) for part in parts])
        loss = 0.5 * x @ matrix @ x - wanted @ x
        loss.backward()
        return loss

    optimiser = LBFGS(parts)
    for _ in range(60):
        optimiser.step(evaluate)
    found = torch.cat([part.detach().reshape(-1) for part in parts])
    torch.testing.assert_close(found, torch.linalg.solve(matrix, wanted))


def test_backs_away_from_where_the_loss_is_not_finite():
    x = start(value=1.0, n=1)
    losses = descend(LBFGS([x], rate=100.0), x, lambda x: (x - 3.0 * torch.log(x)).sum(), 30)
    assert x.item() == pytest.approx(3.0, rel=1e-6)
    assert losses[-1] == pytest.approx(3.0 - 3.0 * torch.log(torch.tensor(3.0)).item())


def test_stays_at_a_minimum():
    x = start(value=1.0)
    descend(LBFGS([x]), x, rosenbrock, 3)
    assert torch.equal(x.detach(), torch.ones(10, dtype=torch.float64))
