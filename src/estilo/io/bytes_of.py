"""The bytes of an open file: by their position, and as the file that it ought to be.

Headers are read through `FileBytes`, which never maps the file into memory: a mapped file that
somebody shortens in the meantime kills the process. Decoders read a `View`: stretches of the file
and bytes of our own, one after another, so that they meet no tag, no junk and no wrong size.
"""

import os
import struct
from bisect import bisect_right
from itertools import accumulate
from typing import BinaryIO, TypeAlias

Pieces: TypeAlias = tuple[bytes | range, ...]
"""What a file is made of: bytes as they stand here, and ranges of positions in the file."""

_BLOCK_BYTES = 2**18


class FileBytes:
    """Bytes of an open file by their position, read in large blocks.

    Args:
        stream: file that is open for reading in binary mode.

    Attributes:
        size: size of the file, in bytes.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.size = stream.seek(0, os.SEEK_END)
        self._start, self._block = 0, b""

    def at(self, position: int, n_bytes: int) -> bytes:
        """So many bytes from a position on; fewer where the file ends.

        Args:
            position: position in the file, in bytes.
            n_bytes: number of bytes.
        """
        first = position - self._start
        if first >= 0 and first + n_bytes <= len(self._block):
            return self._block[first : first + n_bytes]
        self._stream.seek(position)
        if n_bytes >= _BLOCK_BYTES:
            return self._stream.read(n_bytes)
        self._start, self._block = position, self._stream.read(_BLOCK_BYTES)
        return self._block[:n_bytes]

    def unpack(self, layout: str, position: int) -> tuple:
        """Numbers in a `struct` layout at a position.

        Args:
            layout: layout, as for `struct.unpack`.
            position: position in the file, in bytes.

        Raises:
            struct.error: the file ends before them.
        """
        return struct.unpack(layout, self.at(position, struct.calcsize(layout)))

    def find(self, pattern: bytes, start: int, stop: int) -> int:
        """Position of the first occurrence of a pattern, or -1.

        Args:
            pattern: bytes that are looked for.
            start: position from which on it is looked for.
            stop: position before which it must end.
        """
        position = start
        while position + len(pattern) <= stop:
            block = self.at(position, min(_BLOCK_BYTES - 1, stop - position))
            found = block.find(pattern)
            if found >= 0:
                return position + found
            if len(block) < len(pattern):
                break
            position += len(block) - len(pattern) + 1
        return -1

    def after_zeros(self, start: int, stop: int) -> int:
        """Position of the first byte that is not zero, or the stop.

        Args:
            start: position from which on zeros are passed over.
            stop: position before which to stop.
        """
        position = start
        while position < stop:
            block = self.at(position, min(_BLOCK_BYTES - 1, stop - position))
            rest = block.lstrip(b"\0")
            position += len(block) - len(rest)
            if rest or not block:
                return position
        return stop


class View:
    """A file made of pieces, without a name, and without exceptions.

    The missing name keeps libsndfile from judging by the extension; and an exception inside its
    read callbacks could not be raised, only printed, so an impossible seek leaves the position as
    it is.

    Args:
        stream: the open file.
        pieces: what the view is made of.
    """

    def __init__(self, stream: BinaryIO, pieces: Pieces) -> None:
        self._stream = stream
        self._pieces = [piece for piece in pieces if len(piece)]
        self._ends = list(accumulate(len(piece) for piece in self._pieces))
        self._size = self._ends[-1] if self._ends else 0
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
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        """So many bytes from here; fewer where the view ends, all of them if negative."""
        size = self._size - self._position if size < 0 else size
        parts = []
        while size > 0 and self._position < self._size:
            number = bisect_right(self._ends, self._position)
            piece = self._pieces[number]
            stretch = piece[len(piece) - (self._ends[number] - self._position) :][:size]
            part = stretch if isinstance(stretch, bytes) else self._from_file(stretch)
            if not part:
                break
            parts.append(part)
            self._position += len(part)
            size -= len(part)
        return b"".join(parts)

    def _from_file(self, stretch: range) -> bytes:
        try:
            self._stream.seek(stretch.start)
            return self._stream.read(len(stretch))
        except (OSError, OverflowError):
            return b""


def append_merged(stretches: list[range], stretch: range) -> None:
    """Append a stretch of a file to others, as a part of the last one where it follows it.

    Args:
        stretches: stretches in their order; changed.
        stretch: the one to append.

    Example:
        >>> stretches = [range(0, 3)]
        >>> append_merged(stretches, range(3, 9))
        >>> append_merged(stretches, range(12, 15))
        >>> stretches
        [range(0, 9), range(12, 15)]
    """
    if stretches and stretches[-1].stop == stretch.start:
        stretches[-1] = range(stretches[-1].start, stretch.stop)
    else:
        stretches.append(stretch)
