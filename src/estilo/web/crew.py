"""Workers as coroutines: so many at a time, with their limits."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from estilo.web.limits import Limits
from estilo.web.workers import Bench, Told, Worker

_OF_LOOKS = ("numpy", "soundfile", "estilo.web.looking")
_OF_JOBS = ("estilo.web.performing", "estilo.pipeline.transfer", "estilo.pipeline.scoring")


class Crew:
    """All workers of a server.

    Args:
        limits: how many there are, and what they may take.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lookers, self._players = Bench(_OF_LOOKS), Bench(_OF_JOBS)
        self._looks = asyncio.Semaphore(limits.n_looks_at_once)
        self._threads = ThreadPoolExecutor(limits.n_looks_at_once + limits.n_jobs_at_once)
        self._busy: set[Worker] = set()

    def keep_warm(self) -> None:
        """Have a worker of each kind wait from now on, so that no user waits for it."""
        self._lookers.keep_warm()
        self._players.keep_warm()

    async def look(self, task: str, *, listens: bool = False, **arguments: Any) -> Any:
        """Do something short with a recording.

        Args:
            task: import path of what does it, see `estilo.web.workers.Worker.run`.
            listens: whether it needs what a job needs, and not decoders alone.
            arguments: its keywords.

        Raises:
            WorkerError: it was not done.
        """
        limits = self._limits
        bench = self._players if listens else self._lookers
        async with self._looks:
            return await self._run(
                bench, task, arguments, most_s=limits.look_s, most_bytes=limits.look_bytes
            )

    async def perform(
        self,
        task: str,
        *,
        on_start: Callable[[Worker], None],
        on_told: Told,
        **arguments: Any,
    ) -> Any:
        """Do a job. Whoever calls it sees to it that not too many are done at a time.

        Args:
            task: import path of what does it.
            on_start: function that is given the worker, by which the job can be ended.
            on_told: function that is called with what the job tells.
            arguments: its keywords.

        Raises:
            WorkerError: it was not done.
        """
        loop, limits = asyncio.get_running_loop(), self._limits

        def told(value: Any) -> None:
            loop.call_soon_threadsafe(on_told, value)

        return await self._run(
            self._players,
            task,
            arguments,
            most_s=limits.job_s,
            most_bytes=limits.job_bytes,
            on_told=told,
            on_start=on_start,
        )

    async def _run(
        self,
        bench: Bench,
        task: str,
        arguments: dict[str, Any],
        *,
        on_start: Callable[[Worker], None] | None = None,
        **options: Any,
    ) -> Any:
        loop = asyncio.get_running_loop()
        worker = await loop.run_in_executor(self._threads, bench.take)
        self._busy.add(worker)
        try:
            if on_start is not None:
                on_start(worker)
            return await loop.run_in_executor(
                self._threads, lambda: worker.run(task, arguments, **options)
            )
        finally:
            self._busy.discard(worker)

    def close(self) -> None:
        """End all workers."""
        self._lookers.close()
        self._players.close()
        for worker in list(self._busy):
            worker.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
