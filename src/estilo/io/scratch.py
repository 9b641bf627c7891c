"""Long recordings live in an unnamed temporary file, so that memory stays bounded.

An hour of stereo at 44.1 kHz is 1.3 GB of float32. Arrays up to `IN_MEMORY_BYTES` are ordinary
arrays; larger ones are mapped from a file that has no name and goes with the array. What comes
through a pipe is kept in such a file as well, since headers and decoders move about in a recording.
"""

import mmap
import os
import select
import shutil
import tempfile
from collections.abc import Callable
from io import BufferedRandom
from typing import BinaryIO

import numpy as np

from estilo.errors import InputError

IN_MEMORY_BYTES = 256 * 2**20
_SPARE_BYTES = 64 * 2**20
_BLOCK = 1 << 22
_PIPED_BYTES = 2**20  # that are read at once, and looked at before the rest


def scratch_array(shape: tuple[int, ...]) -> np.ndarray:
    """Writable float32 zeros, in memory when small, else mapped from an unnamed temporary file.

    Args:
        shape: any shape, usually (channels, time).

    Raises:
        InputError: the folder for temporary files has not enough room.

    Example:
        >>> scratch_array((2, 3)).sum()
        np.float32(0.0)
    """
    n_bytes = 4 * int(np.prod(shape, dtype=np.int64))
    if n_bytes <= IN_MEMORY_BYTES:
        return np.zeros(shape, dtype=np.float32)
    stream = _open_scratch(n_bytes)
    with stream:
        stream.truncate(n_bytes)
        if hasattr(os, "posix_fallocate"):
            # Without the reservation a disk that fills up later would kill the process (SIGBUS).
            try:
                os.posix_fallocate(stream.fileno(), 0, n_bytes)
            except OSError as error:
                raise _no_room(n_bytes) from error
        return np.memmap(stream, dtype=np.float32, mode="r+", shape=shape)


def scratch_copy(array: np.ndarray) -> np.ndarray:
    """A writable copy in one piece, in memory when small, else mapped; made in blocks.

    Args:
        array: float32 samples, **shape** ``(channels, time)``, in any order in memory.

    Raises:
        InputError: the folder for temporary files has not enough room.

    Example:
        >>> scratch_copy(np.ones((2, 8), np.float32)[:, 2:]).flags.c_contiguous
        True
    """
    out = scratch_array(array.shape)
    for start in range(0, array.shape[1], _BLOCK):
        out[:, start : start + _BLOCK] = array[:, start : start + _BLOCK]
    return out


def release(array: np.ndarray) -> None:
    """Let the system drop the pages of a mapped array from memory; its values stay.

    Call it after a pass over a long array. Does nothing to ordinary arrays.
    """
    base: object = array
    while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
        base = base.base
    mapping = getattr(base, "_mmap", None)
    if mapping is not None and hasattr(mapping, "madvise"):
        mapping.madvise(mmap.MADV_DONTNEED)


class SampleStore:
    """Collects decoded blocks of one recording whose promised length may be a lie.

    Long recordings are written through the file rather than the mapping: memory stays small and a
    full disk is an error, not a crash. Nothing is taken before it is written.

    Args:
        n_channels: number of channels.
        n_samples: the most samples per channel that will come.
    """

    def __init__(self, n_channels: int, n_samples: int) -> None:
        self._shape = (n_channels, n_samples)
        self._array: np.ndarray | None = None
        self._stream: BinaryIO | None = None
        self._n_written = 0
        n_bytes = 4 * n_channels * n_samples
        if n_bytes <= IN_MEMORY_BYTES:
            self._array = np.empty(self._shape, dtype=np.float32)
        else:
            self._stream = _open_scratch(n_bytes)

    def append(self, block: np.ndarray) -> None:
        """Add a block; **Shape** ``(time, channels)``."""
        start, stop = self._n_written, self._n_written + len(block)
        if self._array is not None:
            self._array[:, start:stop] = block.T
        elif self._stream is not None:
            for channel, samples in enumerate(np.ascontiguousarray(block.T, dtype=np.float32)):
                self._stream.seek(4 * (channel * self._shape[1] + start))
                try:
                    n_bytes = self._stream.write(samples.data)
                except OSError as error:
                    raise _no_room(4 * self._shape[0] * self._shape[1]) from error
                if n_bytes < samples.nbytes:  # the disk filled up within this write
                    raise _no_room(4 * self._shape[0] * self._shape[1])
        self._n_written = stop

    def finish(self) -> np.ndarray:
        """The samples that were collected. **Shape** ``(channels, time)``."""
        if self._array is not None:
            samples = self._array[:, : self._n_written]
            # A short answer must not keep a long promise's memory alive.
            return samples if self._n_written == self._shape[1] else samples.copy()
        assert self._stream is not None  # noqa: S101 - one of the two always exists
        with self._stream as stream:
            stream.truncate(4 * self._shape[0] * self._shape[1])
            mapped = np.memmap(stream, dtype=np.float32, mode="r+", shape=self._shape)
        return mapped[:, : self._n_written]

    def close(self) -> None:
        """Give the temporary file back."""
        if self._stream is not None:
            self._stream.close()


def spooled(
    stream: BinaryIO, *, name: str, look: Callable[[BinaryIO], None] = lambda _: None
) -> BufferedRandom:
    """All that a pipe gives, up to its end, as an unnamed temporary file.

    It may take half of the room that there is, as the recording in it takes room as well.

    Args:
        stream: pipe that is open for reading in binary mode.
        name: what it is called in messages ("standard input").
        look: shown the file once its first MiB is there; it may refuse the rest by raising.

    Raises:
        InputError: it cannot be read, or gives more than there is room for.

    Example:
        >>> import io
        >>> with spooled(io.BytesIO(b"some bytes"), name="it") as file:
        ...     file.read()
        b'some bytes'
    """
    n_most, n_bytes = shutil.disk_usage(tempfile.gettempdir()).free // 2, 0
    raw = getattr(stream, "raw", stream)  # the other hides that a pipe has nothing yet
    file = tempfile.TemporaryFile(prefix="estilo-")  # noqa: SIM115 - it is the caller's
    try:
        while (block := _next_block(raw, name)) != b"":
            n_before, n_bytes = n_bytes, n_bytes + len(block)
            _check_room(name, n_bytes, n_most)
            _append(file, block, name)
            if n_before < _PIPED_BYTES <= n_bytes:
                look(file)
                file.seek(0, os.SEEK_END)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def _next_block(raw: BinaryIO, name: str) -> bytes:
    try:
        while (block := raw.read(_PIPED_BYTES)) is None:
            select.select([raw], [], [])
    except OSError as error:
        raise InputError(
            f"{name} cannot be read: {error.strerror or error}; save it to a file, and give its "
            "path"
        ) from error
    return block


def _append(file: BinaryIO, block: bytes, name: str) -> None:
    try:
        file.write(block)
        file.flush()
    except OSError as error:
        raise InputError(
            f"{name} cannot be kept in {tempfile.gettempdir()}: {error.strerror or error}; make "
            "room or set TMPDIR to a folder that has it"
        ) from error


def _check_room(name: str, n_bytes: int, n_most: int) -> None:
    if n_bytes > n_most:
        raise InputError(
            f"{name} is longer than {n_most / 2**20:.0f} MiB, half of the room in "
            f"{tempfile.gettempdir()}; save it to a file, or set TMPDIR to a folder that has more"
        )


def _open_scratch(n_bytes: int) -> BinaryIO:
    folder = tempfile.gettempdir()
    if shutil.disk_usage(folder).free < n_bytes + _SPARE_BYTES:
        raise _no_room(n_bytes)
    return tempfile.TemporaryFile(prefix="estilo-", buffering=0)  # type: ignore[return-value]


def _no_room(n_bytes: int) -> InputError:
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    return InputError(
        f"the recording needs {n_bytes / 2**20:.0f} MiB of temporary space in {folder}, which has "
        f"{free / 2**20:.0f} MiB free; make room or set TMPDIR to a folder that has it"
    )
