"""Muon for the weights that are matrices, Adam for all others."""

from collections.abc import Iterable
from typing import Any

import torch
from torch.nn import Parameter


class Muon:
    """Two optimisers that look like one.

    Steps for matrices are orthogonalised (Jordan et al. 2024, "Muon: an optimizer for hidden layers
    in neural networks"; Liu et al. 2025, arXiv:2502.16982, for their length, at which Adam's rates
    fit); vectors and convolutions follow Adam.

    Args:
        parameters: all that are trained.
        rate: length of a step, of both.
    """

    def __init__(self, parameters: Iterable[Parameter], *, rate: float) -> None:
        parameters = list(parameters)
        matrices = [each for each in parameters if each.ndim == 2]
        others = [each for each in parameters if each.ndim != 2]
        self._parts: tuple[torch.optim.Optimizer, ...] = (
            torch.optim.Muon(matrices, lr=rate, weight_decay=0.0, adjust_lr_fn="match_rms_adamw"),
            torch.optim.Adam(others, lr=rate, betas=(0.9, 0.99)),
        )

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """Of both, to set their rates."""
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
        """What has to be kept."""
        return {str(place): part.state_dict() for place, part in enumerate(self._parts)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """What was kept."""
        for place, part in enumerate(self._parts):
            part.load_state_dict(state[str(place)])
