"""Python's warnings as events of a job."""

from collections.abc import Iterator
from contextlib import contextmanager

from estilo.app.events import OnEvent, Warned
from estilo.remarks import hearing


class Warnings:
    """What was warned of, each thing once.

    Args:
        on_event: told of every new warning.

    Attributes:
        texts: the warnings so far, a line each.
    """

    def __init__(self, on_event: OnEvent) -> None:
        self.texts: list[str] = []
        self._on_event = on_event

    def add(self, text: str) -> None:
        """Warn, unless that was said before."""
        text = " ".join(text.split())
        if text not in self.texts:
            self.texts.append(text)
            self._on_event(Warned(text))


@contextmanager
def listening(on_event: OnEvent) -> Iterator[Warnings]:
    """The warnings of this thread as events, for the time of the context.

    Args:
        on_event: told of every new warning.
    """
    said = Warnings(on_event)

    def hear(text: str, category: type[Warning]) -> None:
        if issubclass(category, UserWarning | RuntimeWarning):
            said.add(text)

    with hearing(hear):
        yield said
