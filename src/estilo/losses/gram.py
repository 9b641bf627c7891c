"""Style as Gram matrices of feature maps: which filters fire together, whenever that is.

The loss is the squared distance of two matrices, ``‖F Fᵀ − A Aᵀ‖²``, with the candidate's maps F
``(filters, positions)`` and the styles' maps side by side in A, both scaled so that their products
are the Gram matrices. Two forms give the same number and gradient:

*primal*
    as it stands, with matrices ``(filters, filters)``. Cheap for few filters.

*dual*
    through products of positions, ``(positions, positions)``. Cheap for many filters: 4096 filters
    at 420 positions need 3.6 times fewer operations.

The textbook dual form is ``‖FᵀF‖² − 2 ‖FᵀA‖² + ‖AᵀA‖²``, a small difference of large numbers: where
the Gram matrices agree to a part δ, rounding errors ε of the products leave an error ε/δ² in the
loss. In float32, with 4096 filters at 420 positions, it was 20 % off at δ = 9e-4, 26 times the loss
at 9e-5, and negative at 9e-6, where this file's form was off by 4e-6, 8e-6 and 5e-4. That one takes
an orthonormal basis Q of A's columns, A = Q R, F = Q C + E, Qᵀ E = 0::

    ‖F Fᵀ − A Aᵀ‖²  = ‖C Cᵀ − R Rᵀ‖² + 2 ⟨Cᵀ C, Eᵀ E⟩ + ‖Eᵀ E‖²
    gradient / 4    = Q ((C Cᵀ − R Rᵀ) C + C Eᵀ E) + E (Cᵀ C + Eᵀ E)

No term is negative (the middle one is ‖E Cᵀ‖²), nothing large cancels but C Cᵀ − R Rᵀ, which is
the primal form's own subtraction, and the error is ε/δ as there. It costs about a third more
operations than the textbook form, less than that form in float64.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import torch
from torch import Tensor

from estilo.errors import InputError, SettingsError
from estilo.losses.base import Loss

Form = Literal["primal", "dual"]


@dataclass(frozen=True, eq=False)
class GramTarget:
    """The weighted mean of the styles' Gram matrices, as a factor A with A Aᵀ equal to it.

    Args:
        factor: A, ``(filters, positions of all styles)``.
    """

    factor: Tensor

    @cached_property
    def gram(self) -> Tensor:
        """A Aᵀ, ``(filters, filters)``."""
        return self.factor @ self.factor.mT

    @cached_property
    def basis_and_core(self) -> tuple[Tensor, Tensor]:
        """Q and R Rᵀ of A = Q R; ``(filters, rank)`` and ``(rank, rank)``."""
        # In float64, once: that Q is orthonormal is what keeps the dual form exact.
        basis, coordinates = torch.linalg.qr(self.factor.double())
        core = coordinates @ coordinates.mT
        return basis.to(self.factor.dtype), core.to(self.factor.dtype)


class GramLoss(Loss):
    """Squared distance of the Gram matrices of feature maps.

    ``G = scale · F Fᵀ / normaliser``, ``loss = reduction (G − Σ_i weight_i G_i)²``: the order of
    positions does not count, and several styles are a weighted mean of their matrices.

    | original method | normaliser | scale | reduction |
    |---|---|---|---|
    | Lebedev & Ulyanov, Lasagne | ``"positions"`` | 1 | ``"sum"`` |
    | Lebedev & Ulyanov, TensorFlow | 430, the frames before the network | 1 | ``"sum"`` |
    | Dipani | ``"filters-positions"`` | 2500 | ``"mean"`` |

    Args:
        normaliser: ``"positions"`` of each map, ``"filters-positions"`` their product, or a number
            for all maps.
        scale: factor on the Gram matrices, so squared on the loss.
        reduction: ``"sum"`` or ``"mean"`` over the matrix's elements.
        form: ``"primal"``, ``"dual"``, or ``"auto"`` for the one with fewer operations.

    Raises:
        SettingsError: a number is not positive, or a name is unknown.

    Example:
        >>> term = GramLoss()
        >>> style = torch.tensor([[1.0, 0.0, 2.0], [0.0, 3.0, 1.0]])
        >>> target = term.prepare([style], [1.0])
        >>> term.forward(style.flip(1), target).item()
        0.0
        >>> round(term.forward(2 * style, target).item(), 3)
        133.0

    Reference:
        Gatys, Ecker & Bethge (2015), arXiv:1505.07376; Ulyanov & Lebedev (2016), "Audio texture
        synthesis and style transfer"; as a squared maximum mean discrepancy, Li, Wang, Liu & Hou
        (2017), arXiv:1701.01036.
    """

    def __init__(
        self,
        *,
        normaliser: Literal["positions", "filters-positions"] | float = "positions",
        scale: float = 1.0,
        reduction: Literal["sum", "mean"] = "sum",
        form: Literal["auto", "primal", "dual"] = "auto",
    ) -> None:
        if isinstance(normaliser, str):
            if normaliser not in ("positions", "filters-positions"):
                raise SettingsError(
                    "normaliser must be 'positions', 'filters-positions' or a number, got "
                    f"{normaliser!r}"
                )
        elif not normaliser > 0:
            raise SettingsError(f"normaliser must be positive, got {normaliser}")
        if not scale > 0:
            raise SettingsError(f"scale must be positive, got {scale}; leave the term out instead")
        if reduction not in ("sum", "mean"):
            raise SettingsError(f"reduction must be 'sum' or 'mean', got {reduction!r}")
        if form not in ("auto", "primal", "dual"):
            raise SettingsError(f"form must be 'auto', 'primal' or 'dual', got {form!r}")
        self.normaliser = normaliser
        self.scale = scale
        self.reduction = reduction
        self.form = form

    def prepare(self, references: Sequence[Tensor], weights: Sequence[float]) -> GramTarget:
        """The weighted mean of the references' Gram matrices.

        Args:
            references: one tensor ``(filters, positions)`` per style, positions may differ.
            weights: one positive weight per style; they sum to 1.

        Raises:
            InputError: there is none, the filters differ, or the weights do not fit.
        """
        _check_references(references, weights)
        factors = [
            reference.detach() * math.sqrt(weight * self._gain(reference))
            for reference, weight in zip(references, weights, strict=True)
        ]
        return GramTarget(torch.cat(factors, dim=1) if len(factors) > 1 else factors[0])

    def forward(self, candidate: Tensor, target: GramTarget) -> Tensor:
        """Loss of the candidate.

        Args:
            candidate: maps of the output, ``(filters, positions)``.
            target: what `GramLoss.prepare` returned.

        **Shape**: result ``()``.

        Raises:
            InputError: the candidate has other filters than the target.
        """
        n_filters, n_target_positions = target.factor.shape
        if candidate.ndim != 2 or candidate.shape[0] != n_filters:
            raise InputError(
                f"the candidate has the shape {tuple(candidate.shape)}, expected ({n_filters}, "
                "positions); make its maps with the network that made the target's"
            )
        form = self.form
        if form == "auto":
            form = cheaper_form(n_filters, candidate.shape[1], n_target_positions)
        factor = candidate * math.sqrt(self._gain(candidate))
        if form == "primal":
            distance: Tensor = _Primal.apply(factor, target.gram)
        else:
            distance = _Dual.apply(factor, *target.basis_and_core)
        return distance / n_filters**2 if self.reduction == "mean" else distance

    def _gain(self, maps: Tensor) -> float:
        """Factor on F Fᵀ."""
        if self.normaliser == "positions":
            return self.scale / maps.shape[1]
        if self.normaliser == "filters-positions":
            return self.scale / maps.numel()
        return self.scale / float(self.normaliser)


def cheaper_form(n_filters: int, n_positions: int, n_target_positions: int) -> Form:
    """The form whose loss and gradient take fewer multiplications.

    Args:
        n_filters: rows of the maps.
        n_positions: number of positions of the candidate.
        n_target_positions: number of positions of all styles together.

    Example:
        >>> cheaper_form(4096, 420, 420), cheaper_form(64, 420, 420)
        ('dual', 'primal')
    """
    primal = count_multiplications("primal", n_filters, n_positions, n_target_positions)
    dual = count_multiplications("dual", n_filters, n_positions, n_target_positions)
    return "dual" if dual < primal else "primal"


def count_multiplications(
    form: Form, n_filters: int, n_positions: int, n_target_positions: int
) -> int:
    """Multiplications in the matrix products of one loss and its gradient.

    Args:
        form: form of the computation, one of the two.
        n_filters: rows of the maps.
        n_positions: number of positions of the candidate.
        n_target_positions: number of positions of all styles together.

    Example:
        >>> primal = count_multiplications("primal", 4096, 420, 420)
        >>> round(primal / count_multiplications("dual", 4096, 420, 420), 1)
        3.6
    """
    if form == "primal":
        return 2 * n_filters**2 * n_positions
    rank = min(n_filters, n_target_positions)
    within = n_filters * rank * n_positions
    return (
        3 * within
        + 2 * n_filters * n_positions**2
        + 2 * rank * n_positions**2
        + 2 * rank**2 * n_positions
    )


# The gradients are written out because autograd would take the gradient of a symmetric product as
# two products, half again as many operations. They are made with the value: a search along a line
# wants both, and nothing large need be kept in between.


class _Primal(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, factor: Tensor, gram: Tensor) -> Tensor:
        difference = factor @ factor.mT - gram
        if ctx.needs_input_grad[0]:
            ctx.save_for_backward((difference @ factor).mul_(4.0))
        return difference.square().sum()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return grads[0] * gradient, None


class _Dual(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, factor: Tensor, basis: Tensor, core: Tensor) -> Tensor:
        inside = basis.mT @ factor
        outside = torch.addmm(factor, basis, inside, alpha=-1.0)
        inner = inside.mT @ inside
        outer = outside.mT @ outside
        difference = inside @ inside.mT - core
        if ctx.needs_input_grad[0]:
            gradient = basis @ (4.0 * (difference @ inside + inside @ outer))
            ctx.save_for_backward(torch.addmm(gradient, outside, 4.0 * (inner + outer)))
        # The middle term is a squared norm; only its rounding can be negative.
        cross = (inner * outer).sum().clamp_min(0.0)
        return difference.square().sum() + 2.0 * cross + outer.square().sum()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        return grads[0] * gradient, None, None


def _check_references(references: Sequence[Tensor], weights: Sequence[float]) -> None:
    if not references or len(references) != len(weights):
        raise InputError(
            "a style term takes one or several references and a weight for each, got "
            f"{len(references)} and {len(weights)}"
        )
    if any(weight <= 0 for weight in weights) or not math.isclose(sum(weights), 1.0, abs_tol=1e-6):
        raise InputError(f"weights must be positive and sum to 1, got {list(weights)}")
    shapes = [tuple(reference.shape) for reference in references]
    if any(len(shape) != 2 for shape in shapes) or len({shape[0] for shape in shapes}) > 1:
        raise InputError(
            "references must have the shape (filters, positions) with as many filters each, got "
            f"{shapes}; make them with one network"
        )
