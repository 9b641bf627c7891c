"""Mean squared difference of frames: what is left of the content, band by band, frame by frame."""

from collections.abc import Sequence

from torch import Tensor

from estilo.losses.base import Loss, check_alike, the_content


class MeanSquare(Loss):
    """Mean squared difference from the one reference, in squared units of the frames.

    Example:
        >>> import torch
        >>> loss = MeanSquare()
        >>> float(loss.forward(torch.zeros(2, 5), loss.prepare([torch.ones(2, 5)], [1.0])))
        1.0
    """

    against = "content"

    def prepare(self, references: Sequence[Tensor], weights: Sequence[float]) -> Tensor:  # noqa: ARG002
        """The one reference; see `Loss.prepare`."""
        return the_content(references)

    def forward(self, candidate: Tensor, target: Tensor) -> Tensor:
        """Mean squared difference; see `Loss.forward`."""
        check_alike(candidate, target)
        return (candidate - target).square().mean()
