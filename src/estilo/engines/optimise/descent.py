"""Optimisers driven one step at a time, with a way back when numbers stop being finite."""

from collections.abc import Callable

import torch
from torch import Tensor

from estilo.engines.optimise.lbfgs import LBFGS
from estilo.errors import DivergenceError

_DEFAULT_RATES = {"adam": 0.03, "adagrad": 0.1, "rmsprop": 0.01}
_LOSS_SCALE = 1e3  # L-BFGS tries min(1, 1/|gradient|) first: tiny losses would start at full length
_N_TRIES = 3
_PATIENCE = 5  # steps that may pass without a drop of the loss by this share:
_LEAST_DROP = 1e-3

Evaluate = Callable[[], tuple[Tensor, dict[str, float]]]


class Descent:
    """Minimises a function of some tensors, step by step.

    A step that turns non-finite is undone and the step size halved; the third time in a run is an
    error. The best parameters seen are kept.

    Args:
        parameters: leaf tensors, changed in place.
        evaluate: total loss and its terms at the current parameters.
        optimiser: ``lbfgs``, ``adam``, ``adagrad`` or ``rmsprop``.
        learning_rate: step size; None takes the optimiser's own.

    Raises:
        DivergenceError: from `step`, at the third non-finite step.
    """

    def __init__(
        self,
        parameters: list[Tensor],
        evaluate: Evaluate,
        *,
        optimiser: str,
        learning_rate: float | None = None,
    ) -> None:
        self.parameters = parameters
        self.loss = float("inf")
        self.losses: dict[str, float] = {}
        self.n_evaluations = 0
        self.best_loss = float("inf")
        self._evaluate = evaluate
        self._name = optimiser
        self._rate = learning_rate if learning_rate else _DEFAULT_RATES.get(optimiser, 1.0)
        self._n_failures = 0
        self._n_idle = 0
        self._reached = float("inf")
        self._best: list[Tensor] = []
        self._seen: list[Tensor] | None = None
        self._seen_loss = torch.zeros(())
        self._seen_losses: dict[str, float] = {}
        self._optimiser = self._build()

    def step(self) -> None:
        """One step; afterwards `loss` and `losses` hold the values that it started from or met."""
        before = [p.detach().clone() for p in self.parameters]
        self._optimiser.step(self._closure)  # pyright: ignore[reportCallIssue, reportArgumentType]
        if all(bool(torch.isfinite(p).all()) for p in self.parameters) and self._is_loss_finite():
            self.loss, self.losses = float(self._seen_loss) / _LOSS_SCALE, self._seen_losses
            self._note_progress()
            return
        self._n_failures += 1
        if self._n_failures >= _N_TRIES:
            raise DivergenceError(
                f"the optimisation turned non-finite {_N_TRIES} times, the last at a step size of "
                f"{self._rate:g}; try another start or optimiser, or a smaller learning rate"
            )
        with torch.no_grad():
            for parameter, value in zip(self.parameters, before, strict=True):
                parameter.copy_(value)
        self._seen = None
        self._rate /= 2.0
        self._optimiser = self._build()

    @property
    def is_converged(self) -> bool:
        """Whether L-BFGS has stopped getting anywhere; the others' losses jump about too much."""
        return self._name == "lbfgs" and self._n_idle >= _PATIENCE

    def restore_best(self) -> None:
        """Put the best parameters seen back in place."""
        with torch.no_grad():
            for parameter, value in zip(self.parameters, self._best, strict=False):
                parameter.copy_(value)

    def _note_progress(self) -> None:
        if self._seen is not None and self.loss < self.best_loss:
            self.best_loss, self._best = self.loss, self._seen
        if self.loss < (1.0 - _LEAST_DROP) * self._reached:
            self._reached, self._n_idle = self.loss, 0
        else:
            self._n_idle += 1

    def _is_loss_finite(self) -> bool:
        return bool(torch.isfinite(self._seen_loss))

    def _build(self) -> "torch.optim.Optimizer | LBFGS":
        match self._name:
            case "adam":
                return torch.optim.Adam(self.parameters, lr=self._rate)
            case "adagrad":
                return torch.optim.Adagrad(self.parameters, lr=self._rate)
            case "rmsprop":
                return torch.optim.RMSprop(self.parameters, lr=self._rate)
            case _:
                return LBFGS(self.parameters, rate=self._rate)

    def _closure(self) -> Tensor:
        """Loss and gradients; those just computed are reused.

        One L-BFGS step starts where the last one's line search ended, so half of all evaluations
        would otherwise repeat.
        """
        if self._seen is not None and all(
            torch.equal(p, s) for p, s in zip(self.parameters, self._seen, strict=True)
        ):
            return self._seen_loss
        for parameter in self.parameters:
            parameter.grad = None
        loss, losses = self._evaluate()
        (loss * _LOSS_SCALE).backward()
        self.n_evaluations += 1
        if not all(p.grad is None or bool(torch.isfinite(p.grad).all()) for p in self.parameters):
            loss = torch.full_like(loss.detach(), torch.nan)
        self._seen = [p.detach().clone() for p in self.parameters]
        self._seen_loss, self._seen_losses = loss.detach() * _LOSS_SCALE, losses
        return self._seen_loss
