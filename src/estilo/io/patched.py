"""An open file as libsndfile may read it."""

import os
from typing import BinaryIO

from estilo.io.headers import Claims


class Patched:
    """A file with its header corrected, without a name, and without exceptions.

    The missing name keeps libsndfile from judging by the extension; and an exception inside its
    read callbacks could not be raised, only printed, so an impossible seek leaves the position as
    it is.

    Args:
        stream: the open file.
        claims: promises of the header, with the bytes to replace and to insert.
    """

    def __init__(self, stream: BinaryIO, claims: Claims) -> None:
        self._stream = stream
        self._patches = claims.patches
        self._start, self._inserted = claims.insertion
        self._size = stream.seek(0, os.SEEK_END) + len(self._inserted)
        self._position = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move; a target before the start is ignored.

        Args:
            offset: distance in bytes.
            whence: point that it is counted from, as for `io.IOBase.seek`.
        """
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if base + offset >= 0:
            self._position = base + offset
        return self._position

    def tell(self) -> int:
        """Position in bytes."""
        return self._position

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer as far as there is something."""
        data = self._read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _read(self, size: int) -> bytes:
        end_of_insertion = self._start + len(self._inserted)
        parts = []
        while size > 0:
            if self._start <= self._position < end_of_insertion:
                part = self._inserted[self._position - self._start :][:size]
            elif self._position < self._start:
                part = self._from_file(self._position, min(size, self._start - self._position))
            else:
                part = self._from_file(self._position - len(self._inserted), size)
            if not part:
                break
            parts.append(part)
            self._position += len(part)
            size -= len(part)
        return b"".join(parts)

    def _from_file(self, offset: int, size: int) -> bytes:
        try:
            self._stream.seek(offset)
            data = bytearray(self._stream.read(size))
        except (OSError, OverflowError):
            return b""
        for start, patch in self._patches.items():
            for position, byte in enumerate(patch, start - offset):
                if 0 <= position < len(data):
                    data[position] = byte
        return bytes(data)
