"""The header of a safetensors file, checked against the bytes that follow it.

The header is parsed here and nowhere else: a second parser behind this one could read something
that this one did not check. A flaw raises `ValueError` with what was expected and what came.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from estilo.documents import UNPRINTABLE, parse_json, quote

_CARD_KEY = "estilo"

MAX_HEADER_BYTES = 2**20
_MAX_CARD_BYTES = 2**18
_MAX_TENSORS = 4096
_MAX_NAME = 200
_MAX_AXES = 8
_MAX_ELEMENTS = 2**48  # numpy counts bytes in 63 bits, even those of an empty array's other axes
_HEADER_DEPTH = 3  # the header, a tensor, its shape
_CARD_DEPTH = 16

# In the order in which they are stored, widest first, so that all numbers stay aligned.
DTYPES = {"I64": np.dtype("<i8"), "F32": np.dtype("<f4"), "F16": np.dtype("<f2")}
_FIELDS = {"dtype", "shape", "data_offsets"}


@dataclass(frozen=True)
class TensorExtent:
    """Which bytes of the file a tensor takes.

    Args:
        name: name of the tensor.
        dtype: type of its numbers.
        shape: shape of the tensor.
        begin: first byte, counted from the end of the header.
        end: byte behind its last one, counted the same way.
    """

    name: str
    dtype: np.dtype
    shape: tuple[int, ...]
    begin: int
    end: int


def parse_header(header: bytes, n_data: int) -> tuple[list[TensorExtent], dict[str, Any]]:
    """Read a header that `n_data` bytes of numbers follow.

    Args:
        header: all of it, without the 8 bytes of its length.
        n_data: bytes from its end to the end of the file.

    Returns:
        The extents of all tensors, which cover these bytes in this order without a gap, and the
        card.

    Raises:
        ValueError: it has a flaw.
    """
    entries = _parse_object(header, _HEADER_DEPTH, "header")
    card = _parse_card(entries.pop("__metadata__", {}))
    if len(entries) > _MAX_TENSORS:
        raise ValueError(f"expected at most {_MAX_TENSORS} tensors, got {len(entries)}")
    extents = [_parse_entry(name, entry) for name, entry in entries.items()]
    extents.sort(key=lambda extent: (extent.begin, extent.end))
    at = 0
    for extent in extents:
        if extent.begin != at:
            raise ValueError(
                f"expected tensor {extent.name!r} to begin at byte {at}, where the one before it "
                f"ends, got {extent.begin}"
            )
        at = extent.end
    if at != n_data:
        raise ValueError(f"expected {at} bytes of numbers by the header, got {n_data}")
    return extents, card


def _parse_entry(name: str, entry: object) -> TensorExtent:
    if not 1 <= len(name) <= _MAX_NAME or not (name.isascii() and name.isprintable()):
        raise ValueError(
            f"expected names of 1 to {_MAX_NAME} printable ASCII characters, got {quote(name)}"
        )
    if not isinstance(entry, dict) or entry.keys() != _FIELDS:
        raise ValueError(
            f"expected tensor {name!r} to have exactly {', '.join(sorted(_FIELDS))}, "
            f"got {quote(entry)}"
        )
    kind = entry["dtype"]
    if not isinstance(kind, str) or kind not in DTYPES:
        raise ValueError(
            f"expected tensor {name!r} to be of type {', '.join(DTYPES)}, got {quote(kind)}"
        )
    shape = _parse_counts(entry["shape"], f"the shape of tensor {name!r}")
    if len(shape) > _MAX_AXES or math.prod(max(each, 1) for each in shape) > _MAX_ELEMENTS:
        raise ValueError(
            f"expected tensor {name!r} to have at most {_MAX_AXES} axes and {_MAX_ELEMENTS} "
            f"elements, got the shape {quote(shape)}"
        )
    offsets = _parse_counts(entry["data_offsets"], f"data_offsets of tensor {name!r}")
    dtype = DTYPES[kind]
    n_bytes = math.prod(shape) * dtype.itemsize
    if len(offsets) != 2 or offsets[1] - offsets[0] != n_bytes:
        raise ValueError(
            f"expected data_offsets of tensor {name!r} to be a begin and an end {n_bytes} bytes "
            f"apart, by its shape, got {quote(offsets)}"
        )
    return TensorExtent(name, dtype, shape, *offsets)


def _parse_counts(value: object, what: str) -> tuple[int, ...]:
    # type() and not isinstance(): true is an int to Python.
    if not isinstance(value, list) or any(type(each) is not int or each < 0 for each in value):
        raise ValueError(f"expected {what} as a list of whole numbers from 0, got {quote(value)}")
    return tuple(value)


def _parse_card(metadata: object) -> dict[str, Any]:
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise ValueError(f"expected __metadata__ as texts by name, got {quote(metadata)}")
    if _CARD_KEY not in metadata:
        return {}
    # Half a character, which JSON can spell and UTF-8 cannot, is let through to be named below.
    text = metadata[_CARD_KEY].encode(errors="surrogatepass")
    if len(text) > _MAX_CARD_BYTES:
        raise ValueError(f"expected a card of at most {_MAX_CARD_BYTES} bytes, got {len(text)}")
    card = _parse_object(text, _CARD_DEPTH, "card")
    _check_printable(card)
    return card


def _check_printable(value: object) -> None:
    """A card is shown to people: nothing in it may steer their terminal."""
    if isinstance(value, str) and UNPRINTABLE.search(value):
        raise ValueError(f"expected printable text in the card, got {quote(value)}")
    if isinstance(value, dict):
        for pair in value.items():
            _check_printable(pair)
    elif isinstance(value, list | tuple):
        for each in value:
            _check_printable(each)


def _parse_object(text: bytes, max_depth: int, what: str) -> dict[str, Any]:
    if not text.startswith(b"{"):
        raise ValueError(f"expected its {what} to start with '{{', got {text[:1]!r}")
    return parse_json(text, what=f"its {what}", max_depth=max_depth)


def make_header(arrays: Mapping[str, np.ndarray], card: Mapping[str, Any]) -> bytes:
    """Write the header of arrays that follow it in this order; not yet checked.

    Args:
        arrays: arrays by name, of types in `DTYPES` and in their order, so that all are aligned.
        card: about the tensors.

    Raises:
        ValueError: the card does not fit, or has a number that is not finite.
        TypeError: the card has a value that JSON does not know.
        RecursionError: the card is nested too deep.
    """
    codes = {dtype: code for code, dtype in DTYPES.items()}
    header: dict[str, Any] = {"__metadata__": {_CARD_KEY: _dump(dict(card), sort_keys=True)}}
    at = 0
    for name, each in arrays.items():
        extent = [at, at + each.nbytes]
        header[name] = {"dtype": codes[each.dtype], "shape": each.shape, "data_offsets": extent}
        at += each.nbytes
    text = _dump(header).encode()
    if len(text) > MAX_HEADER_BYTES - 8:
        raise ValueError(f"expected a header of at most {MAX_HEADER_BYTES} bytes, got {len(text)}")
    return text.ljust(-len(text) // 8 * -8)


def _dump(value: object, *, sort_keys: bool = False) -> str:
    return json.dumps(
        value, sort_keys=sort_keys, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
