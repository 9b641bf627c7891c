"""Content as feature maps: the same filters fire at the same positions."""

from collections.abc import Sequence
from typing import Literal

from torch import Tensor

from estilo.errors import SettingsError
from estilo.losses.base import Loss, check_alike, the_content


class FeatureContent(Loss):
    """Squared difference of two maps, position by position: ``scale · Σ (F − F_c)²``.

    Args:
        scale: factor on the loss, the α of Lebedev & Ulyanov (1e-2; 1e-3 for more style).
        reduction: ``"sum"`` over filters and positions, or ``"mean"``.

    Raises:
        SettingsError: the scale is not positive, or the reduction is unknown.

    Example:
        >>> import torch
        >>> term = FeatureContent(scale=0.5)
        >>> target = term.prepare([torch.zeros(2, 3)], [1.0])
        >>> term.forward(torch.ones(2, 3), target).item()
        3.0

    Reference:
        Gatys, Ecker & Bethge (2016), doi:10.1109/CVPR.2016.265; Ulyanov & Lebedev (2016), "Audio
        texture synthesis and style transfer".
    """

    against = "content"

    def __init__(self, *, scale: float = 1.0, reduction: Literal["sum", "mean"] = "sum") -> None:
        if not scale > 0:
            raise SettingsError(f"scale must be positive, got {scale}; leave the term out instead")
        if reduction not in ("sum", "mean"):
            raise SettingsError(f"reduction must be 'sum' or 'mean', got {reduction!r}")
        self.scale = scale
        self.reduction = reduction

    def prepare(self, references: Sequence[Tensor], weights: Sequence[float]) -> Tensor:  # noqa: ARG002
        """The content's maps.

        Args:
            references: one tensor; a loss against several content signals is never zero.
            weights: weights of the one content, unused.

        **Shape**: ``(filters, positions)``.

        Raises:
            InputError: there is not exactly one reference.
        """
        return the_content(references).detach()

    def forward(self, candidate: Tensor, target: Tensor) -> Tensor:
        """Loss of the candidate.

        Args:
            candidate: maps of the output, ``(filters, positions)``.
            target: maps of the content, of the same shape.

        **Shape**: result ``()``.

        Raises:
            InputError: the shapes differ.
        """
        check_alike(candidate, target)
        squares = (candidate - target).square()
        return self.scale * (squares.sum() if self.reduction == "sum" else squares.mean())
