"""How many threads compute: every pool of the process, bounded for a time.

torch has a pool of its own, numpy that of OpenBLAS (or MKL), and each takes all cores unless it is
told otherwise. What is computed here is made of many short steps, after each of which threads wait
for one another: one that has lost its core to another program holds up all the others.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def default_threads() -> int:
    """Threads where none were asked for: all cores if waiting threads sleep, half if they spin.

    Spinning threads keep the others from the core that these wait for: on two cores with two busy
    programs beside it, a transfer takes several times as long with two threads as with one. The
    command line has them sleep (``OMP_WAIT_POLICY=PASSIVE``), which has to be set before torch is
    loaded. Whoever has bounded torch (``OMP_NUM_THREADS``, ``torch.set_num_threads``) is heeded.

    Example:
        >>> default_threads() >= 1
        True
    """
    torch, cores = sys.modules.get("torch"), _cores_of_process()
    allowed = cores if torch is None else torch.get_num_threads()
    if allowed < cores:
        return allowed
    is_asleep = os.environ.get("OMP_WAIT_POLICY", "").lower() == "passive"
    return cores if is_asleep else max(cores // 2, 1)


@contextmanager
def limited(threads: int | None = None) -> Iterator[int]:
    """Bound all pools of threads for the time of the context, and say to how many threads.

    torch and whatever shares its pool compute with as many. numpy's products are small here, so
    that a second thread costs more than it gives: its pool is held at one. Pools belong to the
    process: its other threads are bounded as well, and libraries that are loaded later are not.

    Args:
        threads: 1 or more; `default_threads` if not given.

    Example:
        >>> import torch
        >>> with limited(1) as threads:
        ...     threads, torch.get_num_threads()
        (1, 1)
    """
    from threadpoolctl import threadpool_limits

    torch, count = sys.modules.get("torch"), threads or default_threads()
    with _pools.entered(torch) as before, threadpool_limits({"openmp": count}):
        try:
            if torch is not None:
                torch.set_num_threads(count)  # MKL's too, which torch carries inside
            yield count
        finally:
            if torch is not None:
                torch.set_num_threads(before)


class _Pools:
    """What the pools of the process were before the first of all who are bounding them.

    Whoever comes while another is there would take the other's bound for the caller's own, and
    put that back in the end.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_inside = 0
        self._blas: Any = None
        self._torch_before: int | None = None
        self._of_thread = threading.local()

    @contextmanager
    def entered(self, torch: Any) -> Iterator[int | None]:
        """Bound numpy's pool, and tell how many threads torch gets back in the end.

        Args:
            torch: the module; None where it is not loaded.
        """
        from threadpoolctl import threadpool_limits

        depth = getattr(self._of_thread, "depth", 0)
        with self._lock:
            own = None if torch is None else torch.get_num_threads()
            if self._n_inside == 0:
                self._blas = threadpool_limits({"blas": 1})
                self._torch_before = own
            self._n_inside += 1
            before = own if depth or self._torch_before is None else self._torch_before
        self._of_thread.depth = depth + 1
        try:
            yield before
        finally:
            self._of_thread.depth = depth
            with self._lock:
                self._n_inside -= 1
                if self._n_inside == 0:
                    self._blas.restore_original_limits()


_pools = _Pools()


def _cores_of_process() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
