"""A part of an open file, for encoders and decoders in whose callbacks nothing may be raised."""

import os
from typing import BinaryIO


class Tail:
    """The part of an open file behind a tag, without a name; keeps the first error for later.

    libsndfile knows only that a write failed, not why; and an exception in its callbacks would be
    printed, not raised.

    Args:
        stream: file that is open for reading and writing in binary mode.
        start: where the part begins, in bytes.
    """

    def __init__(self, stream: BinaryIO, start: int) -> None:
        self._stream = stream
        self._start = start
        self._error: Exception | None = None

    def raise_error(self) -> None:
        """Raise what went wrong first, if anything."""
        if self._error is not None:
            raise self._error

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move within the part.

        Args:
            offset: distance in bytes.
            whence: point that it is counted from, as for `io.IOBase.seek`.
        """
        if whence == os.SEEK_SET:
            offset += self._start
        try:
            return self._stream.seek(offset, whence) - self._start
        except Exception as error:
            self._error = self._error or error
            return self.tell()

    def tell(self) -> int:
        """Position within the part."""
        return self._stream.tell() - self._start

    def read(self, size: int = -1) -> bytes:
        """Bytes from here, or keep the error and read nothing.

        Args:
            size: number of bytes; all of them if negative.
        """
        try:
            return self._stream.read(size)
        except Exception as error:
            self._error = self._error or error
            return b""

    def write(self, data: bytes) -> int:
        """Write, or keep the error and write nothing.

        Args:
            data: bytes to write.
        """
        try:
            return self._stream.write(data)
        except Exception as error:
            self._error = self._error or error
            return 0
