"""What a loss term is: a target prepared once, then a scalar per candidate."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

from torch import Tensor

from estilo.errors import InputError


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

        Args:
            candidate: frames of the output, ``(bands, frames)``.
            target: what `Loss.prepare` returned.

        **Shape**: result ``()``.
        """


def the_content(references: Sequence[Tensor]) -> Tensor:
    """The one reference of a content term.

    **Shape**: ``(bands, frames)`` or ``(filters, positions)``.

    Args:
        references: references, as given to `Loss.prepare`; a loss against several content signals
            is never zero.

    Raises:
        InputError: there is not exactly one reference.

    Example:
        >>> the_content([])
        Traceback (most recent call last):
        ...
        estilo.errors.InputError: a content term takes one reference, got 0; give one recording
    """
    if len(references) != 1:
        raise InputError(
            f"a content term takes one reference, got {len(references)}; give one recording"
        )
    return references[0]


def check_alike(candidate: Tensor, target: Tensor) -> None:
    """Refuse a candidate that cannot be held against its content cell by cell.

    Args:
        candidate: frames ``(bands, frames)`` or maps ``(filters, positions)``.
        target: those of the content.

    Raises:
        InputError: the shapes differ.
    """
    if candidate.shape != target.shape:
        raise InputError(
            f"candidate {tuple(candidate.shape)} and content {tuple(target.shape)} must have "
            "the same shape; analyse both at the same length and with the same settings"
        )
