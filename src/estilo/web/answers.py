"""How routes answer: plain JSON, and refusals in words."""

import json
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from estilo.errors import InputError
from estilo.web.refusals import Refusal, body_of
from estilo.web.sessions import Session

_WORDS = {
    400: "the request cannot be read; send it again as JSON",
    404: "there is nothing here; see /api/openapi.json for what there is",
    405: "this can be asked for in another way; see /api/openapi.json",
}


class PlainJSON(JSONResponse):
    """JSON in ASCII, as what clients send may hold halves of characters."""

    def render(self, content: Any) -> bytes:
        """The bytes of an answer; see `JSONResponse.render`."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def session_of(request: Request) -> Session:
    """The session of a request, which the guard has found.

    Args:
        request: the request.
    """
    return request.state.session


def answer_errors(app: FastAPI) -> None:
    """Have every refusal answered in the same form.

    Args:
        app: whatever has the routes.
    """

    @app.exception_handler(Refusal)
    async def refused(_: Request, error: Refusal) -> PlainJSON:
        return _answer(error)

    @app.exception_handler(InputError)
    async def unusable(_: Request, error: InputError) -> PlainJSON:
        return _answer(Refusal(str(error)))

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> PlainJSON:
        return _answer(Refusal(_complaint(error)))

    @app.exception_handler(HTTPException)
    async def other(_: Request, error: HTTPException) -> PlainJSON:
        words = _WORDS.get(error.status_code, str(error.detail))
        return _answer(Refusal(words, status=error.status_code))

    @app.exception_handler(Exception)
    async def internal(_: Request, error: Exception) -> PlainJSON:
        said = f"internal error: {type(error).__name__}; report what the terminal says"
        return _answer(Refusal(said, status=500))


def _answer(refusal: Refusal) -> PlainJSON:
    headers = {}
    body = body_of(refusal)
    if "seconds" in body:
        headers["Retry-After"] = str(body["seconds"])
    return PlainJSON(body, status_code=refusal.status, headers=headers)


def _complaint(error: RequestValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or "the request"
    message = str(first["msg"]).removeprefix("Value error, ")
    return f"{where[:100]}: {message}; see /api/openapi.json"
