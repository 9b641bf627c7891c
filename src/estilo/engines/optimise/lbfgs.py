"""Limited-memory BFGS with a line search.

`torch.optim.LBFGS` does the same, but the first use of any of torch's optimisers imports its
compiler, which takes more than a second of every command.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

_HISTORY = 20
_MOST_EVALUATIONS = 12  # of one line search
_DECREASE, _CURVATURE = 1e-4, 0.9  # the two Wolfe conditions (Nocedal & Wright 2006, section 3.1)
_LEAST_CURVATURE = 1e-10
_EXTENSION = 2.5  # of a step after which it still goes down steeply


@dataclass(frozen=True)
class _Trial:
    """A point on the search line."""

    length: float
    loss: float
    slope: float
    gradient: Tensor


class LBFGS:
    """Minimises a function of some tensors by quasi-Newton steps.

    Reference: Nocedal & Wright, Numerical Optimization (2006), algorithms 7.4, 3.5 and 3.6.

    Args:
        parameters: leaf tensors, changed in place.
        rate: length of the first trial of every line search, relative to the quasi-Newton step.
    """

    def __init__(self, parameters: list[Tensor], *, rate: float = 1.0) -> None:
        self._parameters = parameters
        self._rate = rate
        self._pairs: deque[tuple[Tensor, Tensor, float]] = deque(maxlen=_HISTORY)

    @torch.no_grad()
    def step(self, evaluate: Callable[[], Tensor]) -> None:
        """One step.

        Args:
            evaluate: the loss at the current parameters, after leaving its gradients in them.
        """
        loss, gradient = self._evaluated(evaluate)
        start = _flat(self._parameters)
        direction = self._direction(gradient)
        slope = float(gradient @ direction)
        if not slope < 0.0:
            return  # at a minimum, or nothing is finite any more
        first = self._rate
        if not self._pairs:
            first *= min(1.0, 1.0 / float(gradient.abs().sum()))

        def at(length: float) -> _Trial:
            self._move(start + length * direction)
            trial_loss, trial_gradient = self._evaluated(evaluate)
            return _Trial(length, trial_loss, float(trial_gradient @ direction), trial_gradient)

        found = _line_search(at, _Trial(0.0, loss, slope, gradient), first)
        self._move(start + found.length * direction)
        self._evaluated(evaluate)  # its side effects, too, are those of the point that was taken
        step, change = found.length * direction, found.gradient - gradient
        curvature = float(step @ change)
        if curvature > _LEAST_CURVATURE:
            self._pairs.append((step, change, curvature))

    def _evaluated(self, evaluate: Callable[[], Tensor]) -> tuple[float, Tensor]:
        with torch.enable_grad():
            loss = float(evaluate().detach())
        return loss, _flat([p.grad for p in self._parameters if p.grad is not None])

    def _direction(self, gradient: Tensor) -> Tensor:
        """The two-loop recursion."""
        direction = -gradient
        shares = []
        for step, change, curvature in reversed(self._pairs):
            share = float(step @ direction) / curvature
            shares.append(share)
            direction = direction - share * change
        if self._pairs:
            _, change, curvature = self._pairs[-1]
            direction = direction * (curvature / float(change @ change))
        for (step, change, curvature), share in zip(self._pairs, reversed(shares), strict=True):
            direction = direction + step * (share - float(change @ direction) / curvature)
        return direction

    def _move(self, flat: Tensor) -> None:
        offset = 0
        for parameter in self._parameters:
            n = parameter.numel()
            parameter.copy_(flat[offset : offset + n].view_as(parameter))
            offset += n


def _flat(tensors: list[Tensor]) -> Tensor:
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors])


def _line_search(at: Callable[[float], _Trial], origin: _Trial, length: float) -> _Trial:
    """A point that meets the strong Wolfe conditions, or the lowest of those that were tried."""
    low, high = origin, None
    for _ in range(_MOST_EVALUATIONS):
        trial = at(length)
        allowed = origin.loss + _DECREASE * trial.length * origin.slope
        if not (trial.loss <= allowed and trial.loss < low.loss):  # not finite, either
            high = trial
        elif abs(trial.slope) <= -_CURVATURE * origin.slope:
            return trial
        else:
            end = math.inf if high is None else high.length
            if trial.slope * (end - low.length) >= 0.0:
                high = low
            low = trial
        length = _EXTENSION * low.length if high is None else _between(low, high)
    return low


def _between(low: _Trial, high: _Trial) -> float:
    """Minimum of the cubic through both ends (equation 3.59), well inside them."""
    width = high.length - low.length
    place = 0.5
    if math.isfinite(high.loss):
        first = low.slope + high.slope - 3.0 * (high.loss - low.loss) / width
        root = first * first - low.slope * high.slope
        if root >= 0.0:
            root = math.copysign(math.sqrt(root), width)
            bottom = high.slope - low.slope + 2.0 * root
            if bottom:
                place = 1.0 - (high.slope + root - first) / bottom
    return low.length + min(max(place, 0.1), 0.9) * width
