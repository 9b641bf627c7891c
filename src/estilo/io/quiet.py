"""No word of a decoder of C code gets to the terminal: what is wrong is said by estilo."""

import contextlib
import os
import threading
from collections.abc import Iterator

_STDERR = 2
_lock = threading.Lock()
_kept: list[int] = []  # copies of the descriptor, one for each context that is open


@contextlib.contextmanager
def decoders_are_quiet() -> Iterator[None]:
    """Send what the process writes to the descriptor of standard error nowhere.

    libsndfile's mp3 decoder prints there, and knows no other way. The descriptor is the whole
    process's, so the context is to be short: the call that decodes a block.
    """
    with _lock:
        _silence()
    try:
        yield
    finally:
        with _lock:
            _restore()


def _silence() -> None:
    try:
        kept = os.dup(_STDERR)
    except OSError:  # closed: nothing can be printed
        kept = -1
    if kept >= 0 and not _kept:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, _STDERR)
        os.close(nowhere)
    _kept.append(kept)


def _restore() -> None:
    # Only the first copy is of the true descriptor, so it is put back by whoever is the last.
    kept = _kept.pop() if len(_kept) > 1 else _kept.pop(0)
    if kept >= 0:
        if not _kept:
            os.dup2(kept, _STDERR)
        os.close(kept)
