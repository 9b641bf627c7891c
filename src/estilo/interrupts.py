"""Signals that wait while C code calls back, or while files take their places.

An exception in a callback of libsndfile is printed and lost, and what was being written or read is
damaged without a word; so Ctrl-C may not raise there.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

STOPPING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""The signals that ask a program to end: Ctrl-C, an end of the session, a closed terminal."""


class Waiting:
    """Signals that came in the meantime, in their order."""

    def __init__(self) -> None:
        self._handlers: dict[int, Any] = {}
        self._came: list[int] = []
        self._is_over = False

    def let_through(self) -> None:
        """Handle what has come by now, outside of any callback; it may raise."""
        while self._came:
            number = self._came.pop(0)
            self._handlers[number](number, None)

    def begin(self) -> None:
        """From now on signals wait; those that Python does not handle stay as they are."""
        for number in STOPPING:
            handler = signal.getsignal(number)
            if callable(handler):
                self._handlers[number] = handler
                signal.signal(number, self._take)

    def end(self) -> None:
        """From now on signals are handled as before."""
        self._is_over = True  # first: a handler that raises may leave others of ours in place
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self._is_over:
            self._handlers[number](number, frame)
        else:
            self._came.append(number)


@contextmanager
def interrupts_wait() -> Iterator[Waiting]:
    """Let signals wait until the context ends, and handle them then.

    Other threads than the main one are never interrupted by a signal, so nothing changes there.

    Example:
        >>> came = []
        >>> before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
        >>> with interrupts_wait():
        ...     signal.raise_signal(signal.SIGINT)
        ...     len(came)
        0
        >>> len(came)
        1
        >>> _ = signal.signal(signal.SIGINT, before)
    """
    waiting = Waiting()
    if threading.current_thread() is not threading.main_thread():
        yield waiting
        return
    try:
        waiting.begin()
        yield waiting
    finally:
        waiting.end()
        waiting.let_through()
