"""Python's warnings as events of a job."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from estilo.app.events import OnEvent, Warned


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
    """Python's warnings as events, for the time of the context.

    Args:
        on_event: told of every new warning.
    """
    from estilo.io import AudioFileWarning  # with the decoders, which usage errors do without

    said = Warnings(on_event)

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if issubclass(category, UserWarning | RuntimeWarning):
            said.add(str(message))

    with warnings.catch_warnings():
        warnings.simplefilter("always", AudioFileWarning)
        warnings.showwarning = show
        yield said
