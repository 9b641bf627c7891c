"""Warnings that belong to one job, though Python's own belong to the whole process.

`warnings.catch_warnings` changes what all threads share: of two jobs in two threads one would hear
the other's warnings, and whichever ends last would leave the first one's settings behind. Here each
thread has a listener of its own, and the process is changed by the first to come and put back by
the last to go.
"""

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Hear = Callable[[str, type[Warning]], None]
"""Told of a warning's text and category."""

_hearing: ContextVar[Hear | None] = ContextVar("_hearing", default=None)
_unheard: ContextVar[tuple[type[Warning], ...]] = ContextVar("_unheard", default=())


def warn(text: str, category: type[Warning], *, stacklevel: int = 1) -> None:
    """Warn the listener of this thread, or, where there is none, as Python does.

    Args:
        text: what is odd.
        category: kind of the warning.
        stacklevel: place of the line that is shown among those that call each other; 1 is the
            caller's.

    Example:
        >>> with hearing(lambda text, category: print(category.__name__, text)):
        ...     warn("the file is cut off", UserWarning)
        UserWarning the file is cut off
    """
    if issubclass(category, _unheard.get()):
        return
    hear = _hearing.get()
    if hear is None:
        warnings.warn(text, category, stacklevel=stacklevel + 1)
    else:
        hear(text, category)


@contextmanager
def hearing(hear: Hear) -> Iterator[None]:
    """Tell a function of all warnings of this thread, estilo's and others', while it lasts.

    Args:
        hear: told of each; those of other packages come as often as Python shows them.
    """
    token = _hearing.set(hear)
    try:
        with _of_process.changed():
            yield
    finally:
        _hearing.reset(token)


@contextmanager
def unheard(*categories: type[Warning]) -> Iterator[None]:
    """Drop what `warn` says in this thread of some kinds, while the context lasts.

    Args:
        categories: the kinds.

    Example:
        >>> with unheard(UserWarning):
        ...     warn("the file is cut off", UserWarning)
    """
    token = _unheard.set((*_unheard.get(), *categories))
    try:
        yield
    finally:
        _unheard.reset(token)


@contextmanager
def ignoring(message: str, category: type[Warning]) -> Iterator[None]:
    """Ignore warnings of other packages, in all threads, while anybody does who began meanwhile.

    Args:
        message: pattern that their texts begin with.
        category: their kind.
    """
    with _of_process.changed():
        warnings.filterwarnings("ignore", message=message, category=category)
        yield


class _OfProcess:
    """How Python shows warnings: changed by the first to come, restored by the last to go."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_inside = 0
        self._before: Any = None

    @contextmanager
    def changed(self) -> Iterator[None]:
        with self._lock:
            if self._n_inside == 0:
                self._before = warnings.catch_warnings()
                self._before.__enter__()
                warnings.showwarning = _shown_by(warnings.showwarning)
            self._n_inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._n_inside -= 1
                if self._n_inside == 0:
                    self._before.__exit__(None, None, None)


def _shown_by(otherwise: Callable[..., None]) -> Callable[..., None]:
    def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        hear = _hearing.get()
        if hear is None:
            otherwise(message, category, *where, **more)
        else:
            hear(str(message), category)

    return show


_of_process = _OfProcess()
