"""Checksums put right after damage, so that it gets past them and into the decoders."""

import zlib

_POLYNOMIAL = 0x04C11DB7


def _table() -> list[int]:
    found = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1 ^ (_POLYNOMIAL if value & 0x80000000 else 0)) & 0xFFFFFFFF
        found.append(value)
    return found


_TABLE = _table()


def mended_png(data: bytes) -> bytes:
    """A PNG file each of whose chunks has the checksum of what is in it.

    Args:
        data: the damaged file.
    """
    mended, at = bytearray(data), 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if end + 4 > len(data):
            break
        mended[end : end + 4] = zlib.crc32(data[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(mended)


def mended_ogg(data: bytes) -> bytes:
    """An Ogg file each of whose pages has the checksum of what is in it.

    Args:
        data: the damaged file.
    """
    mended, at = bytearray(data), data.find(b"OggS")
    while at >= 0 and at + 27 <= len(data):
        sizes = data[at + 27 : at + 27 + data[at + 26]]
        end = at + 27 + len(sizes) + sum(sizes)
        mended[at + 22 : at + 26] = bytes(4)
        value = 0
        for byte in mended[at:end]:
            value = (value << 8 & 0xFFFFFFFF) ^ _TABLE[value >> 24 ^ byte]
        mended[at + 22 : at + 26] = value.to_bytes(4, "little")
        at = data.find(b"OggS", at + 27)
    return bytes(mended)
