"""Commands in processes of their own that are ended in the middle.

A process is forked from one that has loaded everything, so that its life is the command's. It is
ended after a while, or at a step: a write of the encoder, a read of the verification, a change of a
folder or the moment before a file is on the disk. Only the ended process is patched.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from estilo.cli import main
from estilo.io.tail import Tail

CHANGES = ("os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")
CALLS: tuple[tuple[Any, str], ...] = ((Tail, "write"), (Tail, "read"), (os, "fsync"))


@dataclass(frozen=True)
class Ending:
    """How a process is ended.

    Args:
        number: the signal.
        step: number of the step that it comes at, from 1; None for a moment.
        after_s: the moment, in seconds after the start.
    """

    number: int
    step: int | None = None
    after_s: float = 0.0


@dataclass(frozen=True)
class Ended:
    """What a process left.

    Args:
        code: its exit code; the signal, negative, where that ended it.
        n_steps: steps that it came to, where it was not ended by force.
        wall_s: time that it took, in seconds.
        said: what it wrote to standard error.
    """

    code: int
    n_steps: int
    wall_s: float
    said: str


def ended(arguments: Sequence[str], ending: Ending | None, *, log: Path) -> Ended:
    """Run a command of estilo, and end it.

    Args:
        arguments: of the command.
        ending: how it is ended; None to let it go on.
        log: file for what it says.
    """
    count = log.with_suffix(".steps")
    count.unlink(missing_ok=True)
    start_s = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _live(arguments, ending, log, count)
    if ending is not None and ending.step is None:
        time.sleep(ending.after_s)
        os.kill(pid, ending.number)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    n_steps = int(count.read_text()) if count.exists() else 0
    said = log.read_text(errors="replace")
    return Ended(code, n_steps, time.monotonic() - start_s, said)


def _live(arguments: Sequence[str], ending: Ending | None, log: Path, count: Path) -> NoReturn:
    """The life of the process."""
    code = 1
    try:
        with log.open("wb") as stream:
            os.dup2(stream.fileno(), 2)
            os.dup2(stream.fileno(), 1)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        steps = _Steps(ending)
        steps.watch()
        try:
            code = main(arguments)
        finally:
            steps.is_over = True
            sys.stderr.flush()
            count.write_text(str(steps.n))
    finally:
        os._exit(code)


class _Steps:
    """Counts steps, and sends the signal at one of them."""

    def __init__(self, ending: Ending | None) -> None:
        self.n = 0
        self.is_over = False
        self._ending = ending

    def watch(self) -> None:
        """Be told of every step from now on."""
        sys.addaudithook(self._hear)
        for owner, name in CALLS:
            setattr(owner, name, self._told(getattr(owner, name)))

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in CHANGES or (event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)):
            self._take()

    def _told(self, before: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self._take()
            return before(*arguments, **options)

        return call

    def _take(self) -> None:
        if self.is_over:
            return
        self.n += 1
        if self._ending is not None and self.n == self._ending.step:
            os.kill(os.getpid(), self._ending.number)
