"""Tasks done by several processes, one thread each."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import Any, NoReturn, TypeVar

from estilo.errors import EstiloError

_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_PATIENCE_S = 10.0

Task = TypeVar("Task")
Result = TypeVar("Result")


def run_all(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    *,
    n_jobs: int,
    begin: Callable[..., None] | None = None,
    begin_with: tuple[Any, ...] = (),
) -> Generator[tuple[int, Result], None, None]:
    """Do tasks in several processes, and yield their positions and results as they are done.

    Closing the generator stops the work: running tasks are ended at once, after their clean-up.
    New processes are started even for one job, so that times do not depend on what this process
    has done before.

    Args:
        function: function that does a task; it, the tasks and the results can be pickled.
        tasks: arguments of the function, one per call.
        n_jobs: number of processes.
        begin: function that is called once in every new process.
        begin_with: arguments of ``begin``.

    Raises:
        EstiloError: a process died.
    """
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    with _one_thread_each():
        pool = ProcessPoolExecutor(
            min(n_jobs, len(tasks)) or 1, context, initializer=_begin, initargs=(begin, begin_with)
        )
        try:
            futures: dict[Future[Result], int] = {
                pool.submit(_do, function, task): place for place, task in enumerate(tasks)
            }
            for done in as_completed(futures):
                yield futures[done], done.result()
        except BaseException as error:
            # A task may take minutes, and whoever stopped the work would have to wait for it.
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
            if isinstance(error, BrokenProcessPool):
                raise EstiloError(
                    "a process was ended from outside, most likely because memory ran out; what "
                    "was done is kept: go on with fewer --jobs"
                ) from error
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_is_busy = False
_is_ending = False


def _begin(begin: Callable[..., None] | None, begin_with: tuple[Any, ...]) -> None:
    """Prepare a new process."""
    # Ctrl-C goes to all processes; the first one knows what to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if begin is not None:
        begin(*begin_with)


def _do(function: Callable[[Task], Result], task: Task) -> Result:
    global _is_busy
    try:
        _is_busy = True
        result = function(task)
    except SystemExit:  # the pool would take it for a result and go on with the next task
        os._exit(1)
    finally:
        _is_busy = False
    if _is_ending:  # and a callback in C may have swallowed it
        os._exit(1)
    return result


def _end(_number: int, _frame: object) -> NoReturn:
    """Leave through the task, so that it removes its unfinished files and ends its programs."""
    global _is_ending
    if not _is_busy:
        os._exit(1)
    _is_ending = True
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _end_in_any_case()
    sys.exit(1)


def _end_with_parent() -> None:
    """End when the parent was killed, as nobody would take the results."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        _end_in_any_case()
        os.kill(os.getpid(), signal.SIGTERM)


def _end_in_any_case() -> None:
    """End soon even if no signal reaches the main thread, or if it does not end by itself."""
    timer = threading.Timer(_PATIENCE_S, os._exit, (1,))
    timer.daemon = True
    timer.start()


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Set what libraries read when a process loads them: more threads than cores only wait."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
