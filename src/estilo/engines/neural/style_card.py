"""Style files as they lie on the disk: five arrays, and a card of what they were made from.

They are made to be shared, so one may come from a stranger: `estilo.io.tensors` makes sure that
reading it runs nothing, and here it is held against all that a style can be. Imports no torch, so
that a bad file is refused at once.
"""

import json
import os
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from estilo.documents import quote
from estilo.errors import InputError, TensorFileError
from estilo.files import open_plain
from estilo.io.tensor_headers import MAX_HEADER_BYTES
from estilo.io.tensors import TensorFile, expect_shapes, read_tensors

SUFFIX = ".estilo-style"
FORMAT = 1
MAX_BYTES = 4 * 2**20
MAX_TOKENS = 1024
N_LEVELS = 33
"""Quantiles that are kept of each band's levels."""
MAX_CLIPS = 64
LOUDNESS_LUFS = (-120.0, 20.0)
"""Loudnesses that a card can tell; what is softer or louder, as floats can be, is told as these."""
LARGEST = 1e4
"""No number of a style is further from 0."""

_NAMES = (b"vector", b"keys", b"values", b"weights", b"levels")
_WIDTHS = (4, 1024)  # of vectors, keys and values: those of `GeneratorSettings`; and of bands


def _one_line(text: str) -> str:
    if "\t" in text or len(text.splitlines()) > 1:
        raise ValueError("expected one line")
    return text


def _bare_name(text: str) -> str:
    if text in (".", "..") or "/" in text or "\\" in text:
        raise ValueError("expected the name of a file, without folders")
    return text


_FileName = Annotated[
    str, Field(min_length=1, max_length=255), AfterValidator(_one_line), AfterValidator(_bare_name)
]


class _Card(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ClipCard(_Card):
    """A recording that a style was made from."""

    name: _FileName
    """Name of the file, without its folder."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """SHA-256 of the file, or of the samples where there is none."""
    offset_s: Annotated[float, Field(ge=0, le=1e9)]
    """Where the part that was heard begins, in seconds."""
    duration_s: Annotated[float, Field(gt=0, le=1e9)]
    """Length of the part that was heard, in seconds."""
    weight: Annotated[float, Field(gt=0, le=1)]
    """Share of the clip in the style."""


class StyleCard(_Card):
    """What is known of a style."""

    format: Literal[1]
    """Version of the file."""
    name: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
    """What the style is called."""
    licence: Annotated[str, Field(max_length=200), AfterValidator(_one_line)]
    """Terms of the style, as an SPDX identifier or in words; empty where nobody stated any."""
    consent: Annotated[str, Field(max_length=2000)]
    """Who agreed to its use, and how ("my own voice"); empty where nobody said."""
    loudness_lufs: Annotated[float, Field(ge=LOUDNESS_LUFS[0], le=LOUDNESS_LUFS[1])] | None
    """Integrated loudness of its clips, by their shares; None where they are too soft for one."""
    clips: Annotated[tuple[ClipCard, ...], Field(min_length=1, max_length=MAX_CLIPS)]
    """What it was made from."""
    weights: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    """Identity of the weights of the network that made it, which alone understands it."""


def is_style_file(path: str | PathLike[str]) -> bool:
    """Whether a file calls itself a style, or is one under another name.

    Args:
        path: path of any file; it need not exist.

    Example:
        >>> is_style_file("voices/Rain.estilo-style"), is_style_file("rain.wav")
        (True, False)
    """
    path = Path(path)
    if path.suffix.lower() == SUFFIX:
        return True
    try:
        with open_plain(path) as stream:
            n_bytes = int.from_bytes(stream.read(8), "little")
            header = stream.read(n_bytes) if n_bytes <= MAX_HEADER_BYTES else b""
    except (OSError, InputError):
        return False
    # No recording begins with a number below 2^20 of eight bytes, and a brace.
    return header.startswith(b"{") and all(b'"%s"' % name in header for name in _NAMES)


def read_arrays(path: str | PathLike[str]) -> tuple[TensorFile, StyleCard]:
    """The arrays of a style file and its card.

    Raises:
        TensorFileError: it is missing, or no sound style file.
    """
    path = Path(os.fspath(path))
    file = read_tensors(path, max_bytes=MAX_BYTES)
    card = _read_card(path, file.card)
    _check_shapes(file)
    check_numbers(path, file.tensors)
    return file, card


def check_numbers(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Refuse numbers that no network makes.

    Args:
        path: path of the file, for the message.
        arrays: arrays of the style, by name.

    Raises:
        TensorFileError: one is larger than `LARGEST`, or none.
    """
    for name, each in arrays.items():
        largest = float(np.abs(each).max(initial=0.0))
        if not largest <= LARGEST:
            raise TensorFileError(
                f"{path} does not hold a style: expected numbers of at most {LARGEST:g} in "
                f"{name!r}, got {largest:g}; make it again from its clips"
            )


def flaw_of(error: ValidationError) -> str:
    """The first flaw of a card in words."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"it has {quote(where)}, which no card has"
    if first["type"] == "missing":
        return f"it lacks {where!r}"
    message = first["msg"].removeprefix("Value error, ")
    return f"{quote(where)}: {message[:1].lower()}{message[1:]}, got {quote(first['input'])[:120]}"


def _read_card(path: Path, card: dict[str, Any]) -> StyleCard:
    if card.get("format", FORMAT) != FORMAT:
        raise TensorFileError(
            f"{path} is a style file of format {quote(card['format'])}, and this estilo reads "
            f"format {FORMAT}; update estilo"
        )
    try:
        return StyleCard.model_validate_json(json.dumps(card))
    except ValidationError as error:
        raise TensorFileError(
            f"{path} has a card that is not one of a style: {flaw_of(error)}; get it again from "
            "its author"
        ) from error


def _check_shapes(file: TensorFile) -> None:
    def length(name: str, axis: int = -1) -> int:
        array = file.tensors.get(name)
        return 0 if array is None or array.ndim < -axis else array.shape[axis]

    n_vector, n_tokens, n_bands = length("vector"), length("weights"), length("levels", -2)
    n_key, n_value = length("keys"), length("values")
    shapes = {
        "vector": (1, n_vector),
        "keys": (1, n_tokens, n_key),
        "values": (1, n_tokens, n_value),
        "weights": (1, n_tokens),
        "levels": (1, n_bands, N_LEVELS),
    }
    expect_shapes(file, shapes, what="a style")
    bounds = {
        "numbers along the last axis of 'vector'": (n_vector, *_WIDTHS),
        "numbers along the last axis of 'keys'": (n_key, *_WIDTHS),
        "numbers along the last axis of 'values'": (n_value, *_WIDTHS),
        "numbers along the last axis of 'weights'": (n_tokens, 1, MAX_TOKENS),
        "bands in 'levels'": (n_bands, *_WIDTHS),
    }
    for what, (got, least, most) in bounds.items():
        if not least <= got <= most:
            raise TensorFileError(
                f"{file.path} does not hold a style: expected {least} to {most} {what}, got {got}; "
                "get it again from its author"
            )
