"""Files of numbers and a card about them (safetensors): weights, and styles to share.

A file is 8 bytes of length, a JSON header, and raw numbers; reading one can run nothing. It may
come from a stranger, so every promise of its header is weighed against the file before any number
is read (`tensor_headers`); the numbers that follow are then a plain copy.
"""

import os
import re
import struct
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from estilo.documents import quote
from estilo.errors import TensorFileError
from estilo.files import open_plain
from estilo.io.atomic import write_atomic
from estilo.io.tensor_headers import (
    DTYPES,
    MAX_HEADER_BYTES,
    TensorExtent,
    make_header,
    parse_header,
)

_STRANGERS = (
    (re.compile(rb"PK\x03\x04"), "a zip archive, as torch.save writes with a pickle in it"),
    (re.compile(rb"\x80[\x00-\x05]|c[A-Za-z_][\w.]*\n|[(\]}][A-Za-z]"), "a pickle"),
    (re.compile(rb"\x93NUMPY"), "a numpy array file, which can hold a pickle"),
    (re.compile(rb"\x89HDF"), "an HDF5 file, which can hold a pickle"),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class TensorFile:
    """What a file of tensors holds.

    Args:
        tensors: arrays by name, in the order of their names; each is float32 or int64, finite, and
            has memory of its own.
        card: what its author says about it; JSON values only, empty when the file has no card.
        path: where it was read from.
    """

    tensors: dict[str, np.ndarray]
    card: dict[str, Any]
    path: Path


def read_tensors(path: str | PathLike[str], *, max_bytes: int) -> TensorFile:
    """Read a safetensors file that may come from anybody.

    Read are float32, float16 (widened to float32) and int64, all finite; at most 4096 tensors of
    at most 8 axes, a header of at most 1 MiB and a card of at most 256 KiB. Nothing in the file is
    run, and nothing is allocated that the file does not hold.

    Args:
        path: the file.
        max_bytes: the largest file that is read.

    Raises:
        TensorFileError: it is missing, no plain file, too large, a pickle or something else that is
            not safetensors, or its header, card or numbers are not sound.

    Example:
        >>> read_tensors("missing.estilo-style", max_bytes=2**20)
        Traceback (most recent call last):
        ...
        estilo.errors.TensorFileError: missing.estilo-style does not exist; check the spelling \
and the folder
    """
    path = Path(path)
    try:
        with open_plain(path, error=TensorFileError) as stream:
            size = os.fstat(stream.fileno()).st_size
            _check_size(path, size, max_bytes)
            header = _read_header(path, stream, size)
            with _flaws_of(path):
                extents, card = parse_header(header, size - 8 - len(header))
                tensors = {extent.name: _read_tensor(stream, extent) for extent in extents}
    except OSError as error:
        raise TensorFileError(
            f"{path} cannot be read: {error.strerror or error}; check the disk"
        ) from error
    return TensorFile(dict(sorted(tensors.items())), card, path)


def write_tensors(
    path: str | PathLike[str],
    tensors: Mapping[str, np.ndarray],
    card: Mapping[str, Any],
    *,
    force: bool = False,
) -> Path:
    """Write a safetensors file that `read_tensors` reads; equal tensors and cards give equal bytes.

    Args:
        path: where the file is wanted.
        tensors: float32, float16 or int64, all finite.
        card: about the tensors; JSON values only.
        force: replace a file that is already there.

    Returns:
        The path.

    Raises:
        TensorFileError: the tensors or the card are such as `read_tensors` refuses.
        OutputError: the target exists, or cannot be written.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "rain.estilo-style"
        >>> gains = np.array([0.5, 2], dtype=np.float32)
        >>> file = read_tensors(
        ...     write_tensors(path, {"gains": gains}, {"name": "Rain"}), max_bytes=2**20
        ... )
        >>> file.card, file.tensors["gains"]
        ({'name': 'Rain'}, array([0.5, 2. ], dtype=float32))
    """
    path = Path(path)
    try:
        arrays = {name: _storable(name, np.asarray(each)) for name, each in tensors.items()}
        arrays = {
            name: arrays[name]
            for dtype in DTYPES.values()
            for name in sorted(arrays)
            if arrays[name].dtype == dtype
        }
        header = make_header(arrays, card)
        parse_header(header, sum(each.nbytes for each in arrays.values()))
    except (ValueError, TypeError, RecursionError) as error:  # the latter two from the card
        raise TensorFileError(f"{path} cannot be written: {error}; nothing was written") from error

    def fill(temporary: Path) -> None:
        with temporary.open("wb") as stream:
            stream.write(struct.pack("<Q", len(header)) + header)
            for each in arrays.values():
                stream.write(each.tobytes())

    return write_atomic(path, fill, force=force)


def expect_shapes(
    file: TensorFile,
    shapes: Mapping[str, tuple[int, ...]],
    *,
    what: str,
    integers: Collection[str] = (),
) -> None:
    """Refuse a file that does not hold exactly these tensors.

    Args:
        file: what `read_tensors` returned.
        shapes: every name that must be there, with its shape.
        what: what such a file is, for the error ("weights of the large model").
        integers: those of the names that are int64; all others are float32.

    Raises:
        TensorFileError: a tensor is missing, unknown, or of another shape or type; the first by
            name is told, missing ones before unknown ones.
    """
    difference = _first_difference(file.tensors, shapes, integers)
    if difference:
        raise TensorFileError(
            f"{file.path} does not hold {what}: {difference}; give a file that was made for it"
        )


def _first_difference(
    tensors: Mapping[str, np.ndarray],
    shapes: Mapping[str, tuple[int, ...]],
    integers: Collection[str],
) -> str | None:
    for name in sorted(shapes.keys() - tensors):
        return f"expected a tensor {name!r}, got none of that name"
    for name in sorted(tensors.keys() - shapes):
        return f"expected {len(shapes)} tensors, got another one named {quote(name)}"
    for name in sorted(shapes):
        expected = np.dtype(np.int64 if name in integers else np.float32), tuple(shapes[name])
        got = tensors[name].dtype, tensors[name].shape
        if got != expected:
            return "expected tensor {!r} as {} {}, got {} {}".format(name, *expected, *got)
    return None


def _check_size(path: Path, size: int, max_bytes: int) -> None:
    if size == 0:
        raise TensorFileError(f"{path} is an empty file (0 bytes); give the whole file")
    if size > max_bytes:
        raise TensorFileError(
            f"{path} has {size} bytes, expected at most {max_bytes}; give a smaller file"
        )


@contextmanager
def _flaws_of(path: Path) -> Iterator[None]:
    """A flaw (`ValueError`: expected, got) as the error about the file that has it."""
    try:
        yield
    except ValueError as error:
        raise TensorFileError(
            f"{path} is not a sound safetensors file: {error}; get it again from its author"
        ) from error


def _read_header(path: Path, stream: BufferedReader, size: int) -> bytes:
    head = stream.read(64)
    n_bytes = struct.unpack("<Q", head[:8])[0] if len(head) >= 8 else None
    # A length within bounds has five zeros, which none of the strangers has in their extent.
    if n_bytes is None or n_bytes > MAX_HEADER_BYTES:
        for magic, kind in _STRANGERS:
            if magic.match(head):
                raise TensorFileError(
                    f"{path} looks like {kind}; it could run code and is not read; expected "
                    "safetensors: have its author convert it"
                )
    with _flaws_of(path):
        if n_bytes is None:
            raise ValueError(f"expected at least 8 bytes, got {size}")
        if n_bytes > min(MAX_HEADER_BYTES, size - 8):
            raise ValueError(
                f"expected a header within the {size} bytes of the file and "
                f"{MAX_HEADER_BYTES}, got a length of {n_bytes}"
            )
        stream.seek(8)
        return _read_exactly(stream, n_bytes).tobytes()


def _read_exactly(stream: BufferedReader, n_bytes: int) -> np.ndarray:
    buffer = np.empty(n_bytes, dtype=np.uint8)
    n_read = stream.readinto(buffer.data)
    if n_read != n_bytes:  # somebody cut the file since its size was taken
        raise ValueError(f"expected {n_bytes} more bytes, got {n_read}")
    return buffer


def _read_tensor(stream: BufferedReader, extent: TensorExtent) -> np.ndarray:
    """The tensor that lies next in the stream."""
    stored = _read_exactly(stream, extent.end - extent.begin).view(extent.dtype)
    _check_finite(extent.name, stored)
    native = np.int64 if extent.dtype.kind == "i" else np.float32
    return stored.astype(native, copy=False).reshape(extent.shape)


def _check_finite(name: str, values: np.ndarray) -> None:
    n_flaws = values.size - np.count_nonzero(np.isfinite(values))
    if n_flaws:
        raise ValueError(f"expected finite numbers in tensor {name!r}, got {n_flaws} NaN or inf")


def _storable(name: str, values: np.ndarray) -> np.ndarray:
    dtype = values.dtype.newbyteorder("<")
    if dtype not in DTYPES.values():
        raise ValueError(
            f"expected tensor {name!r} to be float32, float16 or int64, got {values.dtype}"
        )
    _check_finite(name, values)
    return values.astype(dtype, copy=False)
