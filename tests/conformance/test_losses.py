"""What every registered loss keeps to, whatever it compares."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from estilo.losses import LOSSES
from estilo.losses.base import Loss

RATE_HZ = 20.0
# Every loss is tested at its defaults; these beside them.
VARIANTS: dict[str, list[Callable[[], Loss]]] = {
    "gram": [
        lambda: LOSSES["gram"](form="primal"),
        lambda: LOSSES["gram"](form="dual", reduction="mean", normaliser="filters-positions"),
    ],
    "arccos-style": [
        lambda: LOSSES["arccos-style"](widths=(1,)),
        lambda: LOSSES["arccos-style"](widths=(4,)),
    ],
    "arccos-content": [
        lambda: LOSSES["arccos-content"](width=1),
        lambda: LOSSES["arccos-content"](width=3),
    ],
}


def _default(name: str) -> Callable[[], Loss]:
    return lambda: LOSSES[name].for_frames(frame_rate_hz=RATE_HZ)


GRAM_LIKE = {"gram", "arccos-style"}
CASES = [
    pytest.param(name, builder, id=f"{name}-{number}")
    for name in LOSSES
    for number, builder in enumerate([_default(name), *VARIANTS.get(name, [])])
]


@pytest.fixture(params=[case.values for case in CASES], ids=[case.id for case in CASES])
def named(request: pytest.FixtureRequest) -> tuple[str, Loss]:
    name, builder = request.param
    return name, builder()


def _frames(rng: np.random.Generator, n_frames: int = 40) -> torch.Tensor:
    return torch.from_numpy(rng.standard_normal((6, n_frames)))


def test_every_loss_is_one_and_says_what_it_is() -> None:
    assert set(VARIANTS) <= set(LOSSES)
    assert all(LOSSES[name].against in ("style", "content") for name in LOSSES)
    assert all(issubclass(LOSSES[name], Loss) for name in LOSSES)
    assert all(LOSSES.summary(name).endswith((".", "``")) for name in LOSSES)


def test_zero_when_equal_and_positive_otherwise(
    named: tuple[str, Loss], rng: np.random.Generator
) -> None:
    _, loss = named
    reference = _frames(rng)
    target = loss.prepare([reference], [1.0])
    other = float(loss.forward(_frames(rng), target))
    assert other > 0.0
    assert abs(float(loss.forward(reference.clone(), target))) < 1e-5 * other
    for distance in (1e-1, 1e-2, 1e-3):
        near = float(loss.forward(reference + distance * _frames(rng), target))
        assert -1e-6 * other <= near < other


def test_gradient_is_finite_zero_at_the_target_and_leads_downhill(
    named: tuple[str, Loss], rng: np.random.Generator
) -> None:
    _, loss = named
    reference = _frames(rng)
    target = loss.prepare([reference], [1.0])
    candidate = _frames(rng).requires_grad_()
    value = loss.forward(candidate, target)
    (gradient,) = torch.autograd.grad(value, candidate)
    assert value.shape == ()
    assert torch.isfinite(gradient).all()
    step = 1e-3 * gradient / gradient.norm()
    with torch.no_grad():
        assert float(loss.forward(candidate - step, target)) < float(value)
    there = reference.clone().requires_grad_()
    (rest,) = torch.autograd.grad(loss.forward(there, target), there)
    assert float(rest.norm()) < 2e-3 * float(gradient.norm())


def test_silence_is_finite(named: tuple[str, Loss], rng: np.random.Generator) -> None:
    _, loss = named
    for reference in (torch.zeros(6, 40).double(), _frames(rng)):
        silence = torch.zeros(6, 40, dtype=torch.float64, requires_grad=True)
        value = loss.forward(silence, loss.prepare([reference], [1.0]))
        value.backward()
        assert torch.isfinite(value)
        assert silence.grad is not None
        assert torch.isfinite(silence.grad).all()


def test_inputs_are_unchanged_and_the_dtype_is_kept(
    named: tuple[str, Loss], rng: np.random.Generator
) -> None:
    _, loss = named
    for dtype in (torch.float32, torch.float64):
        reference, candidate = _frames(rng).to(dtype), _frames(rng).to(dtype)
        kept = reference.clone(), candidate.clone()
        value = loss.forward(candidate, loss.prepare([reference], [1.0]))
        assert value.dtype == dtype
        assert torch.equal(reference, kept[0])
        assert torch.equal(candidate, kept[1])


def test_gram_like_terms_take_any_length_and_ignore_repetition(
    named: tuple[str, Loss], rng: np.random.Generator
) -> None:
    name, loss = named
    if name not in GRAM_LIKE:
        return
    reference = _frames(rng)
    target = loss.prepare([reference], [1.0])
    other = float(loss.forward(_frames(rng, 25), target))
    again = float(loss.forward(reference.repeat(1, 4), target))
    assert again < (1e-5 if getattr(loss, "widths", (1,)) == (1,) else 0.1) * other
