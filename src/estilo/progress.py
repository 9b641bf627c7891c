"""Progress of work that is counted item by item, and the token that cancels work."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

Item = TypeVar("Item")


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


class Cancel(Protocol):
    """Anything that can say that the work should stop (`threading.Event` does)."""

    def is_set(self) -> bool:
        """Whether to stop before the next step or item."""
        ...
