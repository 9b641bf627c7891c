"""Muon for the weights that are matrices, Adam for all others."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter

_MOMENTUM = 0.95
_ADAMS_LENGTH = 0.2  # root mean square of Adam's steps at a rate of 1
_QUINTIC = (3.4445, -4.7750, 2.0315)
_N_ITERATIONS = 5


class Muon:
    """Two optimisers behind the interface of one.

    Steps for matrices are orthogonalised (Jordan et al. 2024, "Muon: an optimizer for hidden layers
    in neural networks"; Liu et al. 2025, arXiv:2502.16982, for their length, at which Adam's rates
    fit); vectors and convolutions follow Adam. That of torch computes in bfloat16, which many
    processors have to emulate: it takes several times as long as all else in a training step.

    Args:
        parameters: all parameters that are trained.
        rate: learning rate of both.
    """

    def __init__(self, parameters: Iterable[Parameter], *, rate: float) -> None:
        parameters = list(parameters)
        matrices = [each for each in parameters if each.ndim == 2]
        others = [each for each in parameters if each.ndim != 2]
        self._parts: tuple[torch.optim.Optimizer, ...] = (
            _Matrices(matrices, {"lr": rate}),
            torch.optim.Adam(others, lr=rate, betas=(0.9, 0.99)),
        )

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """Parameter groups of both optimisers, through which rates are set."""
        return [group for part in self._parts for group in part.param_groups]

    def zero_grad(self, *, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        for part in self._parts:
            part.zero_grad(set_to_none=set_to_none)

    def step(self) -> None:
        """Follow the gradients."""
        for part in self._parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """State of both optimisers, for a checkpoint."""
        return {str(place): part.state_dict() for place, part in enumerate(self._parts)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the state of both optimisers."""
        for place, part in enumerate(self._parts):
            part.load_state_dict(state[str(place)])


class _Matrices(torch.optim.Optimizer):
    """Orthogonalised momentum (Nesterov's), as `torch.optim.Muon` without decay of weights."""

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Follow the gradients, those of a closure's loss if one is given."""
        with torch.enable_grad():
            loss = None if closure is None else closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                kept = self.state[parameter]
                if not kept:
                    kept["momentum_buffer"] = torch.zeros_like(parameter)
                momentum = kept["momentum_buffer"].lerp_(parameter.grad, 1.0 - _MOMENTUM)
                direction = orthogonalised(parameter.grad.lerp(momentum, _MOMENTUM))
                length = _ADAMS_LENGTH * max(parameter.shape) ** 0.5
                parameter.add_(direction, alpha=-group["lr"] * length)
        return loss


def orthogonalised(matrix: Tensor) -> Tensor:
    r"""About the nearest matrix whose singular values are all 1.

    They come to lie in 0.7 to 1.2, those that are less than a hundredth of the matrix's norm below
    that. A quintic Newton-Schulz iteration :math:`X \gets (aI + bA + cA^2) X` with
    :math:`A = X X^T`. All factors are polynomials of the first :math:`A` and commute, so that they
    are multiplied by themselves, :math:`A` is carried along, and the matrix itself, which is
    larger, is met twice only.

    **Shape**: any, to the same.
    """
    x = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    x = x / x.norm().clamp(min=1e-7)
    gram = x @ x.T
    product = factor = _factor(gram)
    for _ in range(_N_ITERATIONS - 1):
        gram = factor @ gram @ factor
        factor = _factor(gram)
        product = factor @ product
    x = product @ x
    return x if matrix.shape[0] <= matrix.shape[1] else x.T


def _factor(gram: Tensor) -> Tensor:
    a, b, c = _QUINTIC
    factor = torch.addmm(gram, gram, gram, beta=b, alpha=c)
    factor.diagonal().add_(a)
    return factor
