"""JSON and TOML that may come from anybody, read more strictly than Python's own parsers do.

No name comes twice, no number is without end or beyond 64 bits, and nothing is nested so deep that
what works on it would break. A flaw raises `ValueError` with what was expected and what came.
"""

import json
import math
import re
import reprlib
import tomllib
from itertools import accumulate
from typing import Any

_MAX_DEPTH = 32
_MAX_DOTS = 1000  # the time that tomllib takes for a name grows with the square of its parts

UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""What would steer a terminal or turn the direction of a line, and halves of characters."""

# The optional last quote lets a string that never ends swallow everything after it in one go.
_JSON_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(rb"[][{}]")

_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = _repr.maxlong = 80
_repr.maxlevel = 2
quote = _repr.repr  # what came, cut to a length that fits a sentence


def parse_json(text: bytes, *, what: str, max_depth: int = _MAX_DEPTH) -> Any:
    """What a JSON document holds.

    Args:
        text: the document, in UTF-8.
        what: what it is, for messages ("the recipe").
        max_depth: how deep it may be nested.

    Raises:
        ValueError: it is no JSON, or has a name twice, a number that is not finite or beyond 64
            bits, or is nested deeper.

    Example:
        >>> parse_json(b'{"a": 1, "a": 2}', what="the recipe")
        Traceback (most recent call last):
        ...
        ValueError: expected the recipe to be plain JSON, got the name 'a' twice
    """
    # Python's parser recurses on the C stack, which a raised recursion limit does not guard.
    brackets = _BRACKET.findall(_JSON_STRING.sub(b"", text))
    depth = max(accumulate(1 if each in b"[{" else -1 for each in brackets), default=0)
    if depth > max_depth:
        raise ValueError(f"expected {what} nested {max_depth} deep at most, got {depth}")
    try:
        return json.loads(
            text.decode(),
            object_pairs_hook=_unique,
            parse_int=_parse_int,
            parse_float=_parse_float,
            parse_constant=_parse_float,
        )
    except ValueError as error:  # among them those of UTF-8 and of JSON
        raise ValueError(f"expected {what} to be plain JSON, got {error}") from error


def parse_toml(text: str, *, what: str) -> dict[str, Any]:
    """What a TOML document holds.

    Args:
        text: the document.
        what: what it is, for messages ("the preset").

    Raises:
        ValueError: it is no TOML, or has a number that is not finite or of more than 20 digits, or
            is nested too deep.

    Example:
        >>> parse_toml("speed = inf", what="the preset")
        Traceback (most recent call last):
        ...
        ValueError: the preset is not TOML that can be used: a number that is not finite, 'inf'
    """
    if max(line.count(".") for line in text.split("\n")) > _MAX_DOTS:
        raise ValueError(f"{what} has more than {_MAX_DOTS} dots in a line")
    try:
        document = tomllib.loads(text, parse_float=_parse_float)
        _check(document, _MAX_DEPTH)
    except RecursionError as error:
        raise ValueError(f"{what} is nested more than {_MAX_DEPTH} deep") from error
    except ValueError as error:  # tomllib's own, and Python's about numbers of many digits
        raise ValueError(f"{what} is not TOML that can be used: {error}") from error
    return document


def _check(value: object, left: int) -> None:
    """Refuse numbers and depths that `parse_json` refuses while it parses."""
    if left < 0:
        raise RecursionError
    if isinstance(value, int) and abs(value) >= 10**20:
        raise ValueError("a number of more than 20 digits")
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            _check(each, left - 1)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            raise ValueError(f"the name {quote(name)} twice")
        result[name] = value
    return result


def _parse_int(text: str) -> int:
    if len(text) > 20 or abs(int(text)) >= 2**64:
        raise ValueError(f"a number beyond 64 bits, {quote(text)}")
    return int(text)


def _parse_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"a number that is not finite, {quote(text)}")
    return value
