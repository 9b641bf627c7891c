"""What a loss term is: a target prepared once, then a scalar per candidate."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

from torch import Tensor


class Loss(ABC):
    """One term of an objective, on frames or on feature maps.

    A term never learns where its input came from: it sees tensors ``(bands, frames)`` or
    ``(filters, positions)`` and returns a scalar that is zero when candidate and target agree.
    """

    against: ClassVar[Literal["style", "content"]] = "style"
    """What the output is held against where the loss is an extra term of an engine."""

    @classmethod
    def for_frames(cls, *, frame_rate_hz: float) -> Self:  # noqa: ARG003 - few need it
        """One at its defaults, for frames at this rate.

        Args:
            frame_rate_hz: frames per second.
        """
        return cls()

    @abstractmethod
    def prepare(self, references: Sequence[Tensor], weights: Sequence[float]) -> Any:
        """Everything about the references that does not change during the optimisation.

        Args:
            references: one tensor ``(bands, frames)`` per reference, lengths may differ.
            weights: one positive weight per reference; they sum to 1.
        """

    @abstractmethod
    def forward(self, candidate: Tensor, target: Any) -> Tensor:
        """Loss of the candidate.

        **Shape**: candidate ``(bands, frames)``, result ``()``.
        """
