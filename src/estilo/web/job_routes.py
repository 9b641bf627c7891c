"""Routes of jobs: start, watch, cancel, keep."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response
from fastapi.responses import FileResponse, StreamingResponse

from estilo.web.answers import session_of
from estilo.web.asking import Request, parts_of
from estilo.web.clips import refusal_of
from estilo.web.house import House
from estilo.web.jobs import WebJob
from estilo.web.kept import kept_file
from estilo.web.schemas import JobAsked, Recordings
from estilo.web.sessions import Session
from estilo.web.workers import WorkerError

Mine = Annotated[Session, Depends(session_of)]
Kind = Literal["wav", "flac", "mp3", "png", "json", "mid"]


def job_routes(house: House) -> APIRouter:
    """Ask which engine suits, start jobs, watch them, and take what came out.

    Args:
        house: what the routes share.
    """
    routes, board = APIRouter(prefix="/api", tags=["jobs"]), house.board

    @routes.post("/choice")
    async def choice(asked: Recordings, session: Mine) -> dict[str, str]:
        """Which engine suits some recordings, and why."""
        try:
            return await house.crew.look(
                "estilo.web.hearing:choose", listens=True, **parts_of(asked, session)
            )
        except WorkerError as error:
            raise refusal_of(error, session) from error

    @routes.post("/jobs", status_code=202)
    async def start(asked: JobAsked, session: Mine) -> dict[str, str]:
        """Start a transfer, as soon as it is its turn."""
        return {"id": board.add(session, Request.of(asked, session)).id}

    @routes.get("/jobs")
    async def all_of_them(session: Mine) -> list[dict[str, Any]]:
        """The session's jobs, oldest first."""
        return [board.shown(job) for job in board.of(session)]

    @routes.get("/jobs/{job}")
    async def one(job: str, session: Mine) -> dict[str, Any]:
        """How a job stands."""
        return board.shown(board.find(session, job))

    @routes.delete("/jobs/{job}", status_code=204)
    async def cancel(job: str, session: Mine) -> Response:
        """Cancel a job; remove one that has ended."""
        board.remove(board.find(session, job))
        return Response(status_code=204)

    @routes.get("/jobs/{job}/events", response_class=StreamingResponse)
    async def events(job: str, session: Mine) -> StreamingResponse:
        """How a job stands, as it goes on: server-sent events."""
        told = _events(house, session, board.find(session, job))
        return StreamingResponse(told, media_type="text/event-stream")

    @routes.get("/jobs/{job}/files/{kind}", response_class=FileResponse)
    async def keep(job: str, kind: Kind, session: Mine) -> Response:
        """A file of a result, made where it is not there yet."""
        return await kept_file(house.crew, board.find(session, job), kind)

    return routes


async def _events(house: House, session: Session, job: WebJob) -> AsyncIterator[str]:
    async for shown in house.board.watch(job):
        house.sessions.use(session)  # whoever watches is there
        yield f"data: {json.dumps(shown, allow_nan=False)}\n\n"
