"""Files that are damaged by chance: the same number gives the same damage."""

import random
import re
from collections.abc import Callable, Sequence

_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9 _]{3}")
_TOKEN = re.compile(rb'"[^"\n]{0,80}"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null')
_HEAD = 256
_MOST_BYTES = 2**24
_WORDS = (
    b"0", b"-1", b"1e308", b"-1e-320", b"1e999", b"NaN", b"Infinity", b"nan", b"-inf",
    b"9223372036854775808", b"1" + b"0" * 400, b'""', b'"\\u0000"', b'"\\ud800"', b'"../../x"',
    b"[]", b"{}", b"true", b"null", b"[" * 2_000, b'{"a":' * 2_000, b'"' + b"n" * 70_000 + b'"',
)  # fmt: skip
"""What is put in the place of a value of a document."""


def mutant(data: bytes, others: Sequence[bytes], *, is_text: bool, number: int) -> bytes:
    """A damaged file.

    Args:
        data: the sound file.
        others: files to splice it with.
        is_text: whether it is a document, whose numbers are written as words.
        number: which damage; equal numbers give equal bytes.
    """
    drawn = random.Random(number)
    changes: list[Callable[[bytes], bytes]] = [
        lambda data: _flipped(data, drawn),
        lambda data: _cut(data, drawn),
        lambda data: _dropped(data, drawn),
        lambda data: _doubled(data, drawn),
        lambda data: _extreme(data, drawn, is_text=is_text),
        lambda data: _extreme(data, drawn, is_text=is_text),
        lambda data: _spliced(data, others, drawn),
    ]
    before = data
    for _ in range(drawn.choice((1, 1, 1, 2, 4))):
        data = drawn.choice(changes)(data)[:_MOST_BYTES]
    return _flipped(data or b"\0", drawn) if data == before else data


def _place(data: bytes, drawn: random.Random) -> int:
    """A position, half of the time near the beginning, where most headers are."""
    return drawn.randrange(min(len(data), _HEAD) if drawn.random() < 0.5 else len(data))


def _flipped(data: bytes, drawn: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(drawn.choice((1, 2, 8)) if data else 0):
        changed[_place(data, drawn)] ^= 1 << drawn.randrange(8)
    return bytes(changed)


def _cut(data: bytes, drawn: random.Random) -> bytes:
    if not data:
        return data
    at = _place(data, drawn)
    return data[:at] if drawn.random() < 0.8 else data[at:]


def _block(data: bytes, drawn: random.Random) -> tuple[int, int]:
    if not data:
        return 0, 0
    start = _place(data, drawn)
    return start, start + drawn.choice((1, 4, 64, drawn.randrange(1, len(data) + 1)))


def _dropped(data: bytes, drawn: random.Random) -> bytes:
    start, stop = _block(data, drawn)
    return data[:start] + data[stop:]


def _doubled(data: bytes, drawn: random.Random) -> bytes:
    start, stop = _block(data, drawn)
    times = min(drawn.choice((2, 2, 3, 100)), 1 + _MOST_BYTES // max(stop - start, 1))
    return data[:start] + data[start:stop] * times + data[stop:]


def _extreme(data: bytes, drawn: random.Random, *, is_text: bool) -> bytes:
    """A size, a count or another number at the ends of its range."""
    if is_text:
        found = [*_TOKEN.finditer(data)]
        if found:
            token = drawn.choice(found)
            return data[: token.start()] + drawn.choice(_WORDS) + data[token.end() :]
    names = [match.end() for match in _NAME.finditer(data[:4096])]
    at = drawn.choice(names) if names and drawn.random() < 0.5 else _place(data or b"\0", drawn)
    width = drawn.choice((1, 2, 4, 4, 8))
    top = 1 << 8 * width
    value = drawn.choice(
        (0, 1, top - 1, top - 2, top // 2, top // 2 - 1, len(data), len(data) - 9, 1 << 20, 9)
    )
    order = drawn.choice(("little", "big"))
    return data[:at] + (value % top).to_bytes(width, order) + data[at + width :]


def _spliced(data: bytes, others: Sequence[bytes], drawn: random.Random) -> bytes:
    other = drawn.choice(others) if others else data
    if not data or not other:
        return data + other
    return data[: _place(data, drawn)] + other[_place(other, drawn) :]
