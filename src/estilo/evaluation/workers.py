"""Outputs made and measured by several processes, one thread each."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait

from estilo.errors import EstiloError
from estilo.evaluation.makers import Maker
from estilo.evaluation.measuring import Bench, Measured
from estilo.evaluation.sets import TestSet

_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)

Task = tuple[str, Maker]
"""Name of an item, and what makes an output from it."""


def measure_all(
    tasks: Sequence[Task], *, test_set: TestSet, n_jobs: int
) -> Iterator[tuple[int, Measured]]:
    """Places of tasks and what was measured, in the order in which they are done.

    Whoever stops listening stops the work: what runs is ended at once. New processes are started
    even for one job, so that times do not depend on what else this one has done.

    Args:
        tasks: items one after another share what is analysed once per item.
        test_set: where the items come from.
        n_jobs: processes.

    Raises:
        EstiloError: a process died.
    """
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    with _one_thread_each():
        pool = ProcessPoolExecutor(
            min(n_jobs, len(tasks)) or 1, context, initializer=_begin, initargs=(test_set,)
        )
        try:
            futures: dict[Future[Measured], int] = {
                pool.submit(_measure, *task): place for place, task in enumerate(tasks)
            }
            for done in as_completed(futures):
                yield futures[done], done.result()
        except BrokenProcessPool as error:
            raise EstiloError(
                "a process was ended from outside, most likely because memory ran out; what was "
                "measured is kept: go on with fewer --jobs"
            ) from error
        finally:
            # An output may take minutes, and whoever stopped the work would have to wait for it.
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
            pool.shutdown(wait=True, cancel_futures=True)


_bench: Bench | None = None


def _begin(test_set: TestSet) -> None:
    """In a new process."""
    # Ctrl-C goes to all processes; the first one knows what to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    global _bench
    _bench = Bench(test_set)


def _end_with_parent() -> None:
    """Nobody would take our results: a parent that was killed could not end us."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _measure(name: str, maker: Maker) -> Measured:
    assert _bench is not None  # noqa: S101 - `_begin` came first
    return _bench.measure(name, maker)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Libraries read these when a process loads them: more threads than cores only wait."""
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
