"""PNG pictures from anybody: a decoder is handed the pixels and nothing else.

Colour profiles, texts and frames of animations are where pictures hide what grows without bound
when it is unpacked, and a second head is how a large picture passes for a small one.
"""

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_LONGEST = {b"PLTE": 768, b"tRNS": 256}


def plain_png(data: bytes, *, most_pixels: int) -> bytes:
    """The same picture with its head, palette, transparency and pixels alone.

    Args:
        data: bytes of a file.
        most_pixels: the largest picture that is taken.

    Raises:
        ValueError: it is no sound PNG, or has more pixels; with what was expected and what came.

    Example:
        >>> plain_png(b"GIF89a", most_pixels=100)
        Traceback (most recent call last):
        ...
        ValueError: expected a PNG, got something else
    """
    if not data.startswith(SIGNATURE):
        raise ValueError("expected a PNG, got something else")
    kept: list[tuple[bytes, bytes]] = []
    for kind, body in _chunks(data):
        if not kept and kind != b"IHDR":
            raise ValueError(f"expected it to begin with its head (IHDR), got {kind!r}")
        if kind in (b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"IEND"):
            kept.append((kind, body))
        elif not kind[0] & 0x20:  # capital letters say that no reader may leave it out
            raise ValueError(f"expected the parts that every PNG is made of, got {kind!r}")
    kinds = [kind for kind, _ in kept]
    for once in (b"IHDR", b"PLTE", b"tRNS"):
        if kinds.count(once) > 1:
            raise ValueError(f"expected one {once.decode()}, got {kinds.count(once)}")
    first = kinds.index(b"IDAT") if b"IDAT" in kinds else 0
    if not first or any(kind not in (b"IDAT", b"IEND") for kind in kinds[first:]):
        raise ValueError("expected pixels after its head and its palette, got another order")
    for kind, body in kept:
        if len(body) > _LONGEST.get(kind, len(body)):
            raise ValueError(f"expected {_LONGEST[kind]} bytes of {kind.decode()} at the most")
    n_bytes = _n_bytes(kept[0][1], most_pixels)
    _check_pixels(b"".join(body for kind, body in kept if kind == b"IDAT"), n_bytes)
    return SIGNATURE + b"".join(_chunk(kind, body) for kind, body in kept)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and bodies up to the end, which must be there."""
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        if at + 12 > len(data):
            raise ValueError(f"expected it to go on, got an end after {len(data)} bytes")
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + size]
        checksum = data[at + 8 + size : at + 12 + size]
        if checksum != struct.pack(">I", zlib.crc32(kind + body)):
            raise ValueError(f"expected whole parts, got a damaged one at byte {at}")
        if not kind.isalpha():
            raise ValueError(f"expected parts with names of four letters, got {kind!r}")
        yield kind, body
        at += 12 + size


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _n_bytes(head: bytes, most_pixels: int) -> int:
    """How many bytes its pixels take, at most, once they are unpacked."""
    if len(head) != 13:
        raise ValueError(f"expected a head of 13 bytes, got {len(head)}")
    width, height, depth, colour, packing, filters, interlace = struct.unpack(">IIBBBBB", head)
    if not 0 < width * height <= most_pixels:
        raise ValueError(f"expected 1 to {most_pixels} pixels, got {width} x {height}")
    if depth not in _DEPTHS.get(colour, ()) or packing or filters or interlace > 1:
        raise ValueError(f"expected pixels of a kind that PNG has, got {tuple(head[8:])}")
    # With interlacing every pass begins its rows anew, which takes less than a byte more for each.
    n_rows = height * (3 if interlace else 1) + 8
    return n_rows + width * height * depth * _CHANNELS[colour] // 8 + n_rows


def _check_pixels(packed: bytes, n_bytes: int) -> None:
    """Refuse pixels that unpack to more than the head says."""
    unpacker = zlib.decompressobj()
    n_found = 0
    try:
        while packed and n_found <= n_bytes and not unpacker.eof:
            n_found += len(unpacker.decompress(packed, 1 << 20))
            packed = unpacker.unconsumed_tail
    except zlib.error as error:
        raise ValueError(f"expected pixels that can be unpacked, got {error}") from error
    if n_found > n_bytes:
        raise ValueError(f"expected {n_bytes} bytes of pixels at the most, got more")
