"""Outputs made and measured by several processes, one thread each."""

from collections.abc import Collection, Iterator, Sequence

from estilo.evaluation.kept import KeptOutput
from estilo.evaluation.makers import Maker
from estilo.evaluation.measuring import Bench, Measured
from estilo.evaluation.sets import TestSet
from estilo.processes import run_all

Task = tuple[str, Maker] | tuple[str, Maker, KeptOutput | None, Collection[str] | None]
"""Arguments of `Bench.measure`."""


def measure_all(
    tasks: Sequence[Task], *, test_set: TestSet, n_jobs: int
) -> Iterator[tuple[int, Measured]]:
    """Places of tasks and what was measured, in the order in which they are done.

    As `estilo.processes.run_all`: whoever stops listening stops the work.

    Args:
        tasks: items one after another share what is analysed once per item.
        test_set: where the items come from.
        n_jobs: processes.

    Raises:
        EstiloError: a process died.
    """
    return run_all(_measure, tasks, n_jobs=n_jobs, begin=_begin, begin_with=(test_set,))


_bench: Bench | None = None


def _begin(test_set: TestSet) -> None:
    """Prepare a new process."""
    global _bench
    _bench = Bench(test_set)


def _measure(task: Task) -> Measured:
    assert _bench is not None  # noqa: S101 - `_begin` came first
    kept, columns = task[2:] if len(task) == 4 else (None, None)
    return _bench.measure(task[0], task[1], kept, columns)
