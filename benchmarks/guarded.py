"""Work in a process of its own, whose crash, hang or hunger is seen and counted.

A hang is told by processor time, as a busy machine makes everybody wait; a process that sleeps is
given up after a minute.
"""

import multiprocessing
import os
import resource
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

HANG_S = 5.0
_WAIT_S = 60.0
_LOOK_S = 0.5
_ROOM_BYTES = 4 << 30  # of addresses: far beyond what is allowed, and the machine stays usable


@dataclass(frozen=True)
class Outcome:
    """What became of one piece of work.

    Args:
        ending: what the function returned, or ``crash``, ``hang`` or ``error``.
        detail: signal or traceback.
        processor_s: processor time that it took, in seconds.
        memory_mb: most memory beyond that at its start, in megabytes.
    """

    ending: str
    detail: str = ""
    processor_s: float = 0.0
    memory_mb: float = 0.0


class Guarded:
    """A process that does one piece of work after another, and a new one after it died.

    Args:
        begin: makes the function that does the work, once per process; can be pickled. The
            function returns how it ended, in a word.
        arguments: of ``begin``.
    """

    def __init__(self, begin: Callable[..., Callable[[Any], str]], *arguments: Any) -> None:
        self._begin, self._arguments = begin, arguments
        self._process: Any = None
        self._ours: Connection | None = None

    def do(self, work: Any) -> Outcome:
        """Do a piece of work.

        Args:
            work: argument of the function; can be pickled.
        """
        if self._ours is None:
            self._start()
        assert self._ours is not None
        begun_s, wall_s = _processor_s(self._process.pid), time.monotonic()
        self._ours.send(work)
        while not self._ours.poll(_LOOK_S):
            if not self._process.is_alive():
                break
            used_s = _processor_s(self._process.pid) - begun_s
            if used_s > HANG_S or time.monotonic() - wall_s > _WAIT_S:
                self.close()
                return Outcome("hang", f"after {used_s:.1f} s", used_s)
        try:
            return self._ours.recv()
        except EOFError:
            self._process.join()
            code = self._process.exitcode
            self.close()
            return Outcome("crash", f"exit code {code}")

    def close(self) -> None:
        """End the process."""
        if self._ours is not None:
            self._process.kill()
            self._process.join()
            self._ours.close()
        self._ours = None

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, self._begin, self._arguments), daemon=True
        )
        self._process.start()
        theirs.close()
        if self._ours.poll(10 * _WAIT_S):
            self._ours.recv()


def _serve(theirs: Connection, begin: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """The life of the process."""
    function = begin(*arguments)
    room = _status("VmSize") * 1024 + _ROOM_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    theirs.send(None)
    while True:
        try:
            work = theirs.recv()
        except EOFError:
            return
        theirs.send(_outcome(function, work))


def _outcome(function: Callable[[Any], str], work: Any) -> Outcome:
    Path("/proc/self/clear_refs").write_text("5")  # forget the highest memory so far
    before_kb, start_s = _status("VmRSS"), time.process_time()
    detail = ""
    try:
        ending = function(work)
    except Exception:
        ending, detail = "error", traceback.format_exc()
    took_s = time.process_time() - start_s
    memory_mb = max(_status("VmHWM") - before_kb, 0) / 1000.0
    if took_s > HANG_S:
        ending, detail = "hang", detail or f"after {took_s:.1f} s"
    return Outcome(ending, detail, took_s, memory_mb)


def _status(name: str) -> int:
    """A figure of this process, in kB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0


def _processor_s(pid: int) -> float:
    """Processor time of a process, in seconds; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
