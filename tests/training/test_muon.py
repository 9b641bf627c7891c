import pytest
import torch

from estilo.training.muon import Muon, orthogonalised


@pytest.mark.parametrize("shape", [(40, 40), (24, 90), (90, 24), (1, 7)], ids=str)
def test_singular_values_come_near_one_and_directions_stay(shape):
    """Against the singular value decomposition."""
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    values = values.clamp(min=0.05 * float(values.max()))
    matrix = left @ values.diag() @ right
    found = left.T @ orthogonalised(1e3 * matrix) @ right.T
    assert ((found.diagonal() > 0.65) & (found.diagonal() < 1.25)).all()
    assert (found - found.diagonal().diag()).abs().max() < 1e-4


def plain(matrix):
    """Newton-Schulz as it is written down, in double precision."""
    x = matrix.double() / matrix.double().norm()
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x


@pytest.mark.parametrize("steepness", [0.0, 2.0, 5.0])
@pytest.mark.parametrize("rank", [1, 4, 30])
def test_iterating_on_squares_alone_loses_nothing(rank, steepness):
    generator = torch.Generator().manual_seed(3)
    left, right = (
        torch.linalg.qr(torch.randn(n, rank, generator=generator, dtype=torch.float64))[0]
        for n in (30, 64)
    )
    values = 10.0 ** (-steepness * torch.linspace(0.0, 1.0, rank, dtype=torch.float64))
    matrix = (left * values) @ right.T
    found, expected = orthogonalised(matrix.float()), plain(matrix)
    assert float((found - expected).norm()) < 2e-3 * float(expected.norm())


def test_nothing_stays_nothing():
    assert (orthogonalised(torch.zeros(3, 5)) == 0.0).all()


def test_steps_are_those_of_torch():
    """`torch.optim.Muon`, which rounds to bfloat16 on the way."""
    generator = torch.Generator().manual_seed(2)
    start = torch.randn(30, 50, generator=generator)
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    vector = torch.nn.Parameter(torch.zeros(3))
    mine = Muon([ours, vector], rate=0.02)
    other = torch.optim.Muon([theirs], lr=0.02, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")
    for _ in range(4):
        gradient = torch.randn(30, 50, generator=generator)
        for each in (ours, theirs):
            each.grad = gradient.clone()
        vector.grad = torch.ones(3)
        mine.step()
        other.step()
    moved, expected = ours.detach() - start, theirs.detach() - start
    assert float((moved - expected).norm()) < 0.03 * float(expected.norm())
    assert (vector < 0.0).all()


def test_matrices_without_a_gradient_stay():
    still = torch.nn.Parameter(torch.ones(3, 3))
    optimiser = Muon([still, torch.nn.Parameter(torch.zeros(2))], rate=0.1)
    optimiser.step()
    assert (still == 1.0).all()
    assert optimiser.state_dict()["0"]["state"] == {}
