"""Ctrl-C, SIGTERM and a closed terminal: the token that stops the work within a step."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

from estilo.app.cancelling import CancelToken
from estilo.errors import Cancelled
from estilo.interrupts import STOPPING


class Stop(CancelToken):
    """A cancel token that signals set, while its context lasts.

    Before the first step there is nothing to end in good order, so the first signal raises
    `KeyboardInterrupt` at once. After `in_steps` the first one only sets the token, and the second
    raises; after `too_late` none does. A signal that the program was started to ignore stays
    ignored.

    Example:
        >>> with Stop() as stop:
        ...     stop.is_set()
        False
    """

    def __init__(self) -> None:
        super().__init__()
        self._is_soft = False
        self._is_late = False
        self._before: dict[int, Any] = {}

    def in_steps(self) -> None:
        """From now on the first signal only sets the token."""
        self._is_soft = True

    def in_one_go(self) -> None:
        """From now on the first signal raises."""
        self._is_soft = False

    def too_late(self) -> None:
        """From now on signals only set the token."""
        self._is_late = True

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in STOPPING:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()
        if self.is_set() and isinstance(error, Exception) and not isinstance(error, Cancelled):
            # A callback in C may swallow the interrupt, and what fails then is not the cause.
            raise KeyboardInterrupt from error

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        is_first = not self.is_set()
        self.set()
        if not (self._is_late or (is_first and self._is_soft)):
            raise KeyboardInterrupt
