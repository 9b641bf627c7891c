"""Jobs: a queue that is bounded, workers that do them, and who watches them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from estilo.web.asking import Request
from estilo.web.clips import refusal_of
from estilo.web.crew import Crew
from estilo.web.folders import remove
from estilo.web.forecast import Forecast
from estilo.web.labels import relabelled
from estilo.web.limits import Limits
from estilo.web.refusals import Refusal, in_parts
from estilo.web.result_files import OUTPUT, files_of
from estilo.web.sessions import Session, StoredClip
from estilo.web.workers import Worker, WorkerError

State = Literal["waiting", "running", "done", "failed", "cancelled"]
_ENDED = ("done", "failed", "cancelled")
_TOLD_EVERY_S = 0.1


@dataclass
class WebJob:
    """One job of a session.

    Args:
        id: random name.
        session: session that it belongs to.
        request: what is asked for.
        folder: folder of its files.
        created: time at which it was asked for.
        state: how it stands.
        fraction: share of the engine's work that is done, 0 to 1.
        seconds_left: estimate of the engine, in seconds; None while it has none.
        words: what is being done, or how it ended.
        started_s: time at which its turn came, on the clock of the event loop.
        result: what the page is told of its result.
        error: why it failed, in parts.
        worker: process that does it, while one does.
        changed: event that its next change sets.
    """

    id: str
    session: Session
    request: Request
    folder: Path
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    state: State = "waiting"
    fraction: float = 0.0
    seconds_left: float | None = None
    words: str = "waiting"
    started_s: float | None = None
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    worker: Worker | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def has_ended(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.state in _ENDED

    def change(self, **values: Any) -> None:
        """Set some of what is known of it, and wake whoever watches.

        Args:
            values: attributes by name.
        """
        for name, value in values.items():
            setattr(self, name, value)
        watched, self.changed = self.changed, asyncio.Event()
        watched.set()

    def uses(self, clip: str) -> bool:
        """Whether it needs a recording.

        Args:
            clip: random name of the recording.
        """
        asked = self.request.asked
        return clip in (asked.content.clip, *(style.clip for style in asked.styles))


class JobBoard:
    """All jobs of a server.

    Args:
        crew: workers that do them.
        limits: how many there may be.
    """

    def __init__(self, crew: Crew, limits: Limits) -> None:
        self._crew, self._limits = crew, limits
        self._jobs: dict[str, WebJob] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(limits.n_jobs_at_once)
        self._forecast = Forecast()

    def add(self, session: Session, request: Request) -> WebJob:
        """Let a job wait its turn.

        Args:
            session: session that it belongs to.
            request: what is asked for.

        Raises:
            Refusal: too many wait already.
        """
        waiting = self._waiting()
        if len(waiting) >= self._limits.n_waiting_jobs:
            seconds = self._seconds_before(None)
            raise Refusal(
                f"{len(waiting)} jobs wait already, which is as many as may; try again in about "
                f"{seconds:.0f} s",
                status=503,
                seconds=seconds,
            )
        self._make_room(session)
        if session.free_bytes <= 0:
            raise Refusal(
                "there is no room for a result in the session; remove recordings or results that "
                "are not needed",
                status=507,
            )
        job_id = session.new_name()
        folder = session.folder / f"job-{job_id}"
        folder.mkdir(mode=0o700)
        job = WebJob(job_id, session, request, folder)
        self._jobs[job_id] = job
        task = asyncio.create_task(self._do(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    def find(self, session: Session, name: str) -> WebJob:
        """A job of a session.

        Args:
            session: session that it belongs to.
            name: its random name.

        Raises:
            Refusal: the session has none of that name.
        """
        found = self._jobs.get(name)
        if found is None or found.session is not session:
            raise Refusal("there is no such job in this session; start it again", status=404)
        return found

    def of(self, session: Session) -> list[WebJob]:
        """The jobs of a session, oldest first.

        Args:
            session: session that they belong to.
        """
        return [job for job in self._jobs.values() if job.session is session]

    def is_busy(self, session: Session) -> bool:
        """Whether a job of a session has not ended.

        Args:
            session: session that they belong to.
        """
        return any(not job.has_ended for job in self.of(session))

    def shown(self, job: WebJob) -> dict[str, Any]:
        """What the page is told of a job.

        Args:
            job: the job.
        """
        asked = job.request.asked.model_dump(mode="json")
        return {
            "id": job.id,
            "state": job.state,
            "place": self._place(job),
            "fraction": job.fraction,
            "seconds_left": self._seconds_left(job),
            "words": job.words,
            "engine": (job.result or {}).get("engine", job.request.engine),
            **{name: asked[name] for name in ("preset", "strength", "settings")},
            **{name: asked[name] for name in ("content", "styles")},
            "created": job.created.isoformat(timespec="seconds"),
            "result": job.result and {**job.result, "files": _files(job)},
            "error": job.error,
        }

    async def watch(self, job: WebJob) -> AsyncIterator[dict[str, Any]]:
        """What is told of a job, at every change and every second, until it ends.

        Args:
            job: the job.
        """
        while True:
            changed = job.changed
            yield self.shown(job)
            if job.has_ended:
                return
            await asyncio.sleep(_TOLD_EVERY_S)
            try:
                async with asyncio.timeout(1.0):  # the seconds left go on
                    await changed.wait()
            except TimeoutError:
                pass

    def remove(self, job: WebJob) -> None:
        """Cancel a job; one that has ended is forgotten, with its files.

        Args:
            job: the job.
        """
        if not job.has_ended:
            self._cancel(job)
            return
        self._jobs.pop(job.id, None)
        job.session.clips.pop(job.id, None)
        remove(job.folder)

    def remove_clip(self, session: Session, name: str) -> None:
        """Remove a recording that no job needs.

        Args:
            session: session that it belongs to.
            name: its random name.

        Raises:
            Refusal: there is none of that name, a job needs it, or it is a job's output.
        """
        clip = session.clip(name)
        if clip.job is not None:
            raise Refusal(
                f"{clip.label} is the output of a job; remove the job instead", status=409
            )
        if any(job.uses(name) for job in self.of(session) if not job.has_ended):
            raise Refusal(
                f"{clip.label} is needed by a job that has not ended; cancel the job first",
                status=409,
            )
        del session.clips[name]
        remove(clip.path.parent)

    def end(self, session: Session) -> None:
        """Cancel and forget the jobs of a session.

        Args:
            session: session that they belong to.
        """
        for job in self.of(session):
            if not job.has_ended:
                self._cancel(job)
            self._jobs.pop(job.id, None)

    def _cancel(self, job: WebJob) -> None:
        job.change(state="cancelled", words="cancelled", seconds_left=None)
        if job.worker is not None:
            job.worker.kill()

    async def _do(self, job: WebJob) -> None:
        async with self._turns:
            if job.has_ended:  # it was cancelled while it waited
                remove(job.folder)
                return
            loop = asyncio.get_running_loop()
            job.change(state="running", words="starting", started_s=loop.time())
            try:
                result = await self._crew.perform(
                    "estilo.web.performing:perform",
                    on_start=lambda worker: self._started(job, worker),
                    on_told=lambda told: self._told(job, told),
                    folder=str(job.folder),
                    **job.request.arguments,
                )
            except WorkerError as error:
                self._fail(job, str(refusal_of(error, job.session)))
            except Exception as error:  # whatever it is, the next job has its turn
                self._fail(job, f"internal error: {type(error).__name__}: {error}; report it")
            else:
                took_s = loop.time() - (job.started_s or 0.0)
                self._forecast.learn(job.request.engine, job.request.content_s, took_s)
                self._finish(job, result)
            finally:
                job.worker = None
                if job.state != "done":
                    remove(job.folder)

    def _started(self, job: WebJob, worker: Worker) -> None:
        job.worker = worker
        if job.has_ended:
            worker.kill()

    def _told(self, job: WebJob, told: dict[str, Any]) -> None:
        if job.state == "running":
            job.change(**relabelled(told, job.session.labels))

    def _fail(self, job: WebJob, message: str) -> None:
        if not job.has_ended:
            error = in_parts(message)
            job.change(state="failed", words=message, seconds_left=None, error=error)

    def _finish(self, job: WebJob, result: dict[str, Any]) -> None:
        if job.has_ended:
            return
        output = job.folder / OUTPUT
        label = f"{job.session.clip(job.request.asked.content.clip).label} in another style"
        look = result.pop("output")
        clip = StoredClip(job.id, label, output, output, look, job=job.id)
        labels = job.session.labels
        job.session.clips[job.id] = clip
        result = relabelled(result, labels)
        job.change(
            state="done",
            fraction=1.0,
            seconds_left=0.0,
            words=result["sentence"] or "done",
            result={**result, "output": clip.shown},
        )

    def _make_room(self, session: Session) -> None:
        """Forget the oldest results where a session has as many as are kept."""
        jobs = self.of(session)
        for job in jobs[: max(0, len(jobs) + 1 - self._limits.n_kept_jobs)]:
            if job.has_ended and not any(each.uses(job.id) for each in jobs if not each.has_ended):
                self.remove(job)

    def _waiting(self) -> list[WebJob]:
        return [job for job in self._jobs.values() if job.state == "waiting"]

    def _place(self, job: WebJob) -> int | None:
        return self._waiting().index(job) + 1 if job.state == "waiting" else None

    def _seconds_left(self, job: WebJob) -> float | None:
        if job.state == "waiting":
            return self._seconds_before(job) + self._whole(job)
        if job.state != "running":
            return job.seconds_left
        if job.seconds_left:  # of the engine, after which the result is judged
            return job.seconds_left
        return max(1.0, self._whole(job) - self._running_s(job))

    def _seconds_before(self, job: WebJob | None) -> float:
        """Estimate of the time until a job has its turn; of one that is not there, a place."""
        seconds = sum(
            max(1.0, self._whole(each) - self._running_s(each))
            for each in self._jobs.values()
            if each.state == "running"
        )
        for each in self._waiting():
            if each is job or job is None:
                break
            seconds += self._whole(each)
        return max(1.0, seconds / self._limits.n_jobs_at_once)

    def _running_s(self, job: WebJob) -> float:
        return asyncio.get_running_loop().time() - (job.started_s or 0.0)

    def _whole(self, job: WebJob) -> float:
        return self._forecast.seconds(job.request.engine, job.request.content_s)

    async def close(self) -> None:
        """Cancel all jobs, and wait until they have ended."""
        for job in list(self._jobs.values()):
            if not job.has_ended:
                self._cancel(job)
        for task in list(self._tasks):
            with contextlib.suppress(asyncio.CancelledError):
                await task


def _files(job: WebJob) -> list[dict[str, Any]]:
    return files_of(job.folder, engine=(job.result or {})["engine"])
