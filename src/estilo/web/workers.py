"""One task in a process of its own: it can be ended at any moment, and may not take too much.

What goes between the two processes is JSON, so that a decoder that a hostile file has taken over
can tell the server nothing but text.
"""

import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from multiprocessing.connection import Connection, wait
from pkgutil import resolve_name
from typing import Any, NoReturn

from estilo.errors import EstiloError

_MOST_TOLD_BYTES = 64 * 2**20
_LARGEST_FILE_BYTES = 8 * 2**30
_CONTEXT = multiprocessing.get_context("spawn")

Told = Callable[[Any], None]


class WorkerError(EstiloError):
    """A worker did not do its task."""


class TaskRefusedError(WorkerError):
    """The task cannot be done with what was given.

    Args:
        message: what was expected, what came, and what to do.
        kind: name of the error.
    """

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class WorkerDiedError(WorkerError):
    """The process ended before its task was done."""


class TookTooLongError(WorkerError):
    """The process was ended, as its time was over."""


class Worker:
    """A process that does one task and ends.

    Args:
        preload: modules that are loaded while the process waits for its task.
    """

    def __init__(self, preload: Sequence[str] = ()) -> None:
        self._here, there = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=serve, args=(there, tuple(preload)), daemon=True)
        self._process.start()
        there.close()

    @property
    def pid(self) -> int | None:
        """Number of the process."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process is there."""
        return self._process.is_alive()

    def run(
        self,
        task: str,
        arguments: dict[str, Any],
        *,
        most_s: float,
        most_bytes: int | None = None,
        on_told: Told | None = None,
    ) -> Any:
        """Do a task, and wait until it is done.

        Args:
            task: import path, ``"module:function"``, of what does it: it is called with a function
                that tells something, and the arguments.
            arguments: its keywords, plain JSON.
            most_s: longest that it may take, in seconds.
            most_bytes: memory that it may take.
            on_told: function that is called with what the task tells.

        Returns:
            What the function returns, plain JSON.

        Raises:
            TaskRefusedError: it raised an error in words.
            TookTooLongError: its time was over.
            WorkerDiedError: the process ended.
        """
        end_s = time.monotonic() + most_s
        try:
            call = {"task": task, "arguments": arguments, "most_bytes": most_bytes}
            self._here.send_bytes(json.dumps(call).encode())
            while True:
                if not self._here.poll(max(0.0, end_s - time.monotonic())):
                    raise TookTooLongError(
                        f"this took longer than the {most_s:g} s that it may take; take a shorter "
                        "part"
                    )
                kind, value = json.loads(self._here.recv_bytes(_MOST_TOLD_BYTES))
                if kind == "done":
                    return value
                if kind == "refused":
                    raise TaskRefusedError(value["message"], value["kind"])
                if on_told is not None:
                    on_told(value)
        except (EOFError, OSError, ValueError) as error:
            raise WorkerDiedError(
                "the process that did this was ended from outside, most likely because memory ran "
                "out; close other programs, or take a shorter part"
            ) from error
        finally:
            self.end()

    def kill(self) -> None:
        """End the process at once, from any thread; whoever waits for its task is told."""
        self._process.kill()

    def end(self) -> None:
        """End the process, whatever it does, and forget it."""
        self._process.kill()
        self._process.join()
        self._here.close()


class Bench:
    """Workers of one kind, of which one waits with its modules loaded.

    Args:
        preload: modules that they load.
    """

    def __init__(self, preload: Sequence[str]) -> None:
        self._preload = tuple(preload)
        self._is_warm = False
        self._spare: Worker | None = None
        self._lock = threading.Lock()

    def keep_warm(self) -> None:
        """Have a worker wait from now on."""
        with self._lock:
            self._is_warm = True
            self._spare = self._spare or Worker(self._preload)

    def take(self) -> Worker:
        """A worker, which is the caller's to end."""
        with self._lock:
            found, self._spare = self._spare, None
            if found is None or not found.is_alive:
                found = Worker(self._preload)
            if self._is_warm:
                self._spare = Worker(self._preload)
            return found

    def close(self) -> None:
        """End the one that waits."""
        with self._lock:
            self._is_warm = False
            if self._spare is not None:
                self._spare.end()
                self._spare = None


def serve(connection: Connection, preload: tuple[str, ...]) -> None:
    """What a worker's process does.

    Args:
        connection: where the task comes from and what is told goes.
        preload: modules that are loaded beforehand.
    """
    # Ctrl-C goes to all processes of a terminal; the server knows what to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for name in preload:
        import_module(name)

    def tell(kind: str, value: Any) -> None:
        connection.send_bytes(json.dumps((kind, value), allow_nan=False).encode())

    try:
        call = json.loads(connection.recv_bytes())
    except EOFError:  # nobody wants anything
        return
    _limit(call["most_bytes"])
    try:
        done = resolve_name(call["task"])(lambda value: tell("told", value), **call["arguments"])
    except MemoryError:
        tell("refused", {"kind": "MemoryError", "message": _NO_MEMORY})
    except EstiloError as error:
        tell("refused", {"kind": type(error).__name__, "message": str(error)})
    except Exception as error:
        if _is_of_memory(error):
            tell("refused", {"kind": "MemoryError", "message": _NO_MEMORY})
        else:
            said = f"internal error: {type(error).__name__}: {error}; report it"
            tell("refused", {"kind": "Exception", "message": said})
    else:
        tell("done", done)


_NO_MEMORY = "this needs more memory than it may take; take a shorter part"


def _is_of_memory(error: Exception) -> bool:
    """Whether it is how torch says that there is no memory."""
    return isinstance(error, RuntimeError) and "alloc" in str(error) and "memory" in str(error)


def _limit(most_bytes: int | None) -> None:
    """Let the system refuse what a process takes beyond its share."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE_BYTES, _LARGEST_FILE_BYTES))
    if most_bytes is not None:
        # Not the address space, of which libraries reserve gigabytes that they never use.
        resource.setrlimit(resource.RLIMIT_DATA, (most_bytes, most_bytes))


def _end_with_parent() -> NoReturn:
    """End when the server was killed: nobody would take the result, and its folder is swept."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101 - a worker is always started by another process
    wait([parent.sentinel])
    os._exit(1)
