"""What a file's headers promise, read without a decoder, and what its size allows.

libsndfile shortens a cut wav or aiff without a word, refuses a cut caf, stops at the first of
several joined recordings, and believes a 110-byte FLAC that announces 256 GiB; so promises are
weighed here first.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from estilo.io.bytes_of import FileBytes
from estilo.io.headers.boxes import read_mp4, read_webm
from estilo.io.headers.flac import read_flac
from estilo.io.headers.iff import read_aiff, read_caf
from estilo.io.headers.mpeg import read_adts, read_mp3
from estilo.io.headers.ogg import read_ogg
from estilo.io.headers.part import MAX_JUNK_BYTES, Part, UnreadableError
from estilo.io.headers.riff import read_w64, read_wav
from estilo.io.headers.sniffing import describe_stranger, kind_at, sniff
from estilo.io.headers.wrapping import after_tags

__all__ = ["Part", "UnreadableError", "describe_stranger", "read_parts", "sniff"]

Reader: TypeAlias = Callable[[FileBytes, int, int], tuple[list[Part], int]]

MAX_PARTS = 1000

# What every file of a kind has near its beginning: bytes, how far before them it begins, and how.
_MARKS = (
    (b"WAVEfmt ", 8, b"RIFF"), (b"WAVEds64", 8, b"RF64"), (b"AIFFCOMM", 8, b"FORM"),
    (b"AIFCFVER", 8, b"FORM"), (b"desc\0\0\0\0\0\0\0\x20", 8, b"caff"),
    (b"fmt \xf3\xac\xd3\x11", 40, b"riff"),
)  # fmt: skip

READERS: dict[str, Reader] = {
    "wav": read_wav, "rf64": read_wav, "w64": read_w64, "aiff": read_aiff, "caf": read_caf,
    "flac": read_flac, "ogg": read_ogg, "opus": read_ogg, "mp3": read_mp3, "aac": read_adts,
    "m4a": read_mp4, "webm": read_webm,
}  # fmt: skip
"""Every reader takes a file, where a recording begins in it and where the file ends, and returns
the recordings and where they end. A header that breaks off raises `struct.error`, which the caller
turns into words."""


def read_parts(data: FileBytes, kind: str, start: int) -> list[Part]:
    """All recordings of a file: most often one, and several where files were joined.

    Args:
        data: the file.
        kind: what it is, from `sniff`.
        start: where it begins, in bytes.

    Raises:
        UnreadableError: a stretch of it is nothing that is known, or too much was joined.
        struct.error: a header breaks off.
    """
    parts: list[Part] = []
    position, stop = start, data.size
    while position < stop or not parts:
        found, end = READERS[kind](data, position, stop)
        parts += found
        if len(parts) > MAX_PARTS:
            raise UnreadableError(f"it is made of more than {MAX_PARTS} recordings")
        position = after_tags(data, data.after_zeros(after_tags(data, end, stop), stop), stop)
        if position >= stop:
            break
        following = kind_at(data, position, stop)
        if following is None:
            _refuse_overrun(data, start)
            parts[0] = _with_rest(parts[0], stop - end, end)
            break
        if READERS[following] is not READERS[kind]:
            raise UnreadableError(f"it is {kind} up to byte {position} and {following} from there")
    return parts


def _refuse_overrun(data: FileBytes, start: int) -> None:
    """Refuse a recording that was cut off, or has something unknown behind it, before another."""
    for mark, n_before, magic in _MARKS:
        found = data.find(mark, start + n_before + 1, data.size)
        if found >= 0 and data.at(found - n_before, len(magic)) == magic:
            raise UnreadableError(
                f"the recording before byte {found - n_before}, where another begins, was cut off, "
                "or something unknown is between them"
            )


def _with_rest(first: Part, n_bytes: int, position: int) -> Part:
    if n_bytes > MAX_JUNK_BYTES:
        raise UnreadableError(
            f"by its header its samples end at byte {position}, and {n_bytes} bytes follow that "
            "are nothing known"
        )
    remark = (
        f"{n_bytes} bytes behind its end, from {position} on, are nothing known and were left out"
    )
    return replace(first, remarks=(*first.remarks, remark))
