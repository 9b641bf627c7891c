"""The server as an ASGI application."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse

from estilo.version import __version__
from estilo.web.about import about
from estilo.web.answers import PlainJSON, answer_errors
from estilo.web.clip_routes import clip_routes
from estilo.web.guard import Guard
from estilo.web.house import House
from estilo.web.job_routes import job_routes
from estilo.web.page import NOT_BUILT, entrance
from estilo.web.refusals import Refusal
from estilo.web.schemas import TokenGiven

_SWEEP_EVERY_S = 30.0


def create_app(house: House, *, is_warm: bool = True) -> Guard:
    """The application of a server.

    Args:
        house: sessions, workers, jobs and the page's files.
        is_warm: whether workers wait with their modules loaded, so that nobody waits for them.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if is_warm:
            house.crew.keep_warm()
        sweeping = asyncio.create_task(_sweep(house))
        try:
            yield
        finally:
            sweeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sweeping
            await house.board.close()
            house.crew.close()
            house.sessions.close()

    app = FastAPI(
        title="estilo",
        version=__version__,
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,  # its pages are loaded from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        default_response_class=PlainJSON,
    )
    answer_errors(app)
    _add_page(app, house)
    app.include_router(clip_routes(house))
    app.include_router(job_routes(house))
    return Guard(app, address=house.address, limits=house.limits, find=house.sessions.find)


def _add_page(app: FastAPI, house: House) -> None:
    """The page, its files, and the way in."""
    told: dict[str, Any] = {}

    @app.get("/", response_class=HTMLResponse)
    async def page(request: Request) -> Response:
        """The page, or the small one that takes the token."""
        if house.files.index is None:
            return PlainTextResponse(NOT_BUILT, status_code=503)
        if request.state.session is None:
            return HTMLResponse(entrance(request.headers.get("accept-language", "")))
        return HTMLResponse(house.files.index)

    @app.get("/assets/{name:path}")
    async def asset(name: str) -> Response:
        """A file of the page."""
        found = house.files.assets.get(name)
        if found is None:
            raise Refusal("there is no such file", status=404)
        return Response(found.data, media_type=found.kind)

    @app.post("/api/session", status_code=204)
    async def enter(request: Request, given: TokenGiven) -> Response:
        """Let a browser in that has the token."""
        answer = Response(status_code=204)
        if request.state.session is not None:
            return answer
        if not house.token.exchange(given.token):
            raise Refusal(
                "this token does not count, or not any more; start estilo web again, or enter the "
                "token that it has printed last",
                status=403,
            )
        answer.set_cookie(
            house.address.cookie,
            house.sessions.begin(),
            httponly=True,
            samesite="strict",
            secure=house.address.is_secure,
        )
        return answer

    @app.get("/api/about")
    async def what_there_is() -> dict[str, Any]:
        """Engines and their settings, presets, built-in clips, formats and limits."""
        if not told:
            told.update(await asyncio.to_thread(about, house.limits))
        return told


async def _sweep(house: House) -> None:
    """End sessions that nobody uses."""
    while True:
        await asyncio.sleep(_SWEEP_EVERY_S)
        house.sessions.expire(is_busy=house.board.is_busy)
