"""Batches in the order of the steps, read ahead where another chip than the processor computes."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from estilo.training.batches import Batch, Batches
from estilo.training.parallel import Team


class Loader:
    """Give each process its share of every batch, on the device where it is needed.

    Args:
        batches: batches to read.
        n_steps: number of steps of the training; nothing is read beyond them.
        device: device that the batches are moved to.
        team: the processes that share them.
        n_ahead: number of batches that threads read while another is worked on; 0 reads each when
            it is asked for.
    """

    def __init__(
        self, batches: Batches, *, n_steps: int, device: str, team: Team, n_ahead: int
    ) -> None:
        self._batches, self._n_steps, self._device, self._team = batches, n_steps, device, team
        self._n_ahead = n_ahead
        self._pool = ThreadPoolExecutor(n_ahead) if n_ahead else None
        self._coming: dict[int, Future[Batch]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def batch(self, step: int) -> Batch:
        """The batch of a step; it is ready if the step follows the last one that was asked for."""
        if self._pool is None:
            return self._read(step)
        if step not in self._coming:  # the first, or one that the training went back to
            for each in self._coming.values():
                each.cancel()
            self._coming.clear()
        for each in range(step, min(step + self._n_ahead, self._n_steps)):
            if each not in self._coming:
                self._coming[each] = self._pool.submit(self._read, each)
        return self._coming.pop(step).result()

    def _read(self, step: int) -> Batch:
        batch = self._batches.batch(step, rank=self._team.rank, n_ranks=self._team.size)
        return Batch(*(part.to(self._device) for part in batch))
