"""What a job tells while it runs, as typed events."""

from collections.abc import Callable
from dataclasses import dataclass

from estilo.progress import Progress


@dataclass(frozen=True)
class Started:
    """The inputs were checked, and the work begins.

    Args:
        title: what is being made, in words.
    """

    title: str


@dataclass(frozen=True)
class Writing:
    """The result is there and is being written."""


@dataclass(frozen=True)
class Warned:
    """Something is odd, but the work goes on.

    Args:
        text: what is odd, in one line.
    """

    text: str


Event = Started | Progress | Writing | Warned
OnEvent = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Tell nobody."""
    del event
