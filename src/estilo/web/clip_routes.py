"""Routes of recordings."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse

from estilo.web.answers import session_of
from estilo.web.house import House
from estilo.web.refusals import Refusal
from estilo.web.sessions import Session

Mine = Annotated[Session, Depends(session_of)]


def clip_routes(house: House) -> APIRouter:
    """Send recordings, see what is in them, hear them and remove them.

    Args:
        house: what the routes share.
    """
    routes = APIRouter(prefix="/api/clips", tags=["clips"])

    @routes.post("", status_code=201)
    async def send(
        request: Request, session: Mine, name: Annotated[str, Query(max_length=1000)] = ""
    ) -> dict[str, Any]:
        """Send a recording: its bytes are the body."""
        promised = request.headers.get("content-length")
        if promised is not None and not promised.isdigit():
            raise Refusal("the length of the body is no number; send the file again", status=400)
        clip = await house.reception.take(
            session,
            name,
            request.stream(),
            promised=None if promised is None else int(promised[:18]),
        )
        return clip.shown

    @routes.post("/built-in/{name}", status_code=201)
    async def take_built_in(name: str, session: Mine) -> dict[str, Any]:
        """Take a built-in clip."""
        return (await house.reception.make(session, name)).shown

    @routes.get("")
    async def all_of_them(session: Mine) -> list[dict[str, Any]]:
        """The session's recordings."""
        return [clip.shown for clip in session.clips.values()]

    @routes.delete("/{clip}", status_code=204)
    async def remove(clip: str, session: Mine) -> Response:
        """Remove a recording."""
        house.board.remove_clip(session, clip)
        return Response(status_code=204)

    @routes.get("/{clip}/audio", response_class=FileResponse)
    async def audio(clip: str, session: Mine) -> FileResponse:
        """A recording as wav; ranges can be asked for."""
        return FileResponse(session.clip(clip).copy, media_type="audio/wav")

    @routes.get("/{clip}/heard")
    async def heard(clip: str, session: Mine) -> dict[str, Any]:
        """What is heard in a recording."""
        return await house.reception.hear(session, session.clip(clip))

    return routes
