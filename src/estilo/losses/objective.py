"""Named terms with calibrated weights, added up."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

from estilo.losses.base import Loss

Role = Literal["style", "content", "rhythm"]


@dataclass(frozen=True)
class Term:
    """One loss on one view of the candidate, against a target that is already prepared.

    Args:
        role: role, which decides the weight that it gets.
        view: function from what is optimised to the frames that the loss compares.
        loss: the loss.
        target: what `Loss.prepare` returned.
        scale: its value at the opposite end: a style term's at the untouched content, a content
            term's at the style. Divided by it, every term is 1 there and 0 at its own end, in
            whatever units it came, so that one strength can weigh them.
        weight: its own, where it does not share that of its role.
    """

    role: Role
    view: Callable[[Tensor], Tensor]
    loss: Loss
    target: Any
    scale: float = 1.0
    weight: float | None = None

    def value(self, candidate: Tensor) -> Tensor:
        """The calibrated loss, ``()``."""
        return self.loss.forward(self.view(candidate), self.target) / self.scale


@dataclass(frozen=True)
class Objective:
    """What the optimiser minimises: terms by name, averaged within a role, weighted by role.

    Args:
        terms: terms by name; those with a weight of their own are added with that weight.
        weights: weights of the averages, by role; a role without one counts nothing.
    """

    terms: Mapping[str, Term]
    weights: Mapping[Role, float]

    def evaluate(self, candidate: Tensor) -> tuple[Tensor, dict[str, float]]:
        """Total loss ``()`` and the calibrated value of every term that has a weight."""
        counts = Counter(term.role for term in self.terms.values() if term.weight is None)
        # A new object for every evaluation: views may keep what terms share while they see it.
        candidate = candidate.view_as(candidate)
        total = candidate.new_zeros(())
        values: dict[str, float] = {}
        for name, term in self.terms.items():
            weight = term.weight
            if weight is None:
                weight = self.weights.get(term.role, 0.0) / counts[term.role]
            if weight == 0.0:
                continue
            value = term.value(candidate)
            values[name] = float(value.detach())
            total = total + weight * value
        return total, values
