"""What the server will not do, in words that the page can show as they are."""

import re
from typing import Any

from estilo.errors import EstiloError

_GOT = re.compile(r"^(?P<expected>.*?), got (?P<got>.*)$", re.DOTALL)


class Refusal(EstiloError):  # noqa: N818 - it is an answer, not a fault
    """A request that is answered with a status of 400 or more.

    Args:
        message: what was expected, what came, and what to do.
        status: status of the answer.
        seconds: time after which to try again, in seconds, where that is known.
    """

    def __init__(self, message: str, *, status: int = 422, seconds: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.seconds = seconds


def in_parts(message: str) -> dict[str, str | None]:
    """A message of estilo and its parts, where they can be told apart.

    Args:
        message: what was expected, what came, and after a semicolon what to do.

    Example:
        >>> in_parts("strength must lie between 0 and 1, got 3; give less")["what_to_do"]
        'give less'
    """
    said, _, what_to_do = message.rpartition("; ")
    found = _GOT.match(said or message)
    return {
        "expected": found["expected"] if found else None,
        "got": found["got"] if found else None,
        "what_to_do": what_to_do if said else None,
        "message": message,
    }


def body_of(refusal: Refusal) -> dict[str, Any]:
    """What an answer holds that refuses something.

    Args:
        refusal: why.
    """
    body: dict[str, Any] = {"error": in_parts(str(refusal))}
    if refusal.seconds is not None:
        body["seconds"] = max(1, round(refusal.seconds))
    return body
