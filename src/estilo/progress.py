"""Progress of work: of one run of an engine, and of what is counted; and the cancel token."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from estilo.audio import Audio

Item = TypeVar("Item")


@dataclass(frozen=True)
class Progress:
    """Where a run of an engine stands.

    Args:
        fraction: share of the work that is done, 0 to 1.
        stage: what is being done, in a word or two.
        step: number of steps that this run has done so far.
        loss: current total loss; None where there is none.
        losses: the terms of the loss by name.
        elapsed_s: time since the start of the run, in seconds.
        remaining_s: estimate of the time left, in seconds; None while there is no estimate.
        preview: gives what there is to hear by now, at the rate that the engine works at, or None.
            It is to be called before the work goes on, and takes as long as finishing does.
    """

    fraction: float
    stage: str
    step: int
    loss: float | None = None
    losses: dict[str, float] = field(default_factory=dict)
    elapsed_s: float = 0.0
    remaining_s: float | None = None
    preview: "Callable[[], Audio | None] | None" = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Counted(Generic[Item]):
    """One more item is done.

    Args:
        item: the item that was just done: its path, its result, or whatever the work yields.
        n_done: number of items done in this run, this one included.
        n_total: number of all items, those of earlier runs included.
        n_kept: number of items that earlier runs had done already.
        remaining_s: estimate of the time left, in seconds; None while there is no estimate.

    Example:
        >>> Counted("a.wav", n_done=1, n_total=8, n_kept=3).fraction
        0.5
    """

    item: Item
    n_done: int
    n_total: int
    n_kept: int = 0
    remaining_s: float | None = None

    @property
    def n_ready(self) -> int:
        """Number of items that are ready, of this run and of earlier ones."""
        return self.n_kept + self.n_done

    @property
    def fraction(self) -> float:
        """Share of the items that are ready, from 0 to 1."""
        return self.n_ready / self.n_total


@runtime_checkable
class Cancel(Protocol):
    """Anything that can say that the work should stop (`threading.Event` does)."""

    def is_set(self) -> bool:
        """Whether to stop before the next step or item."""
        ...
