"""Headers of aiff and aifc, and of Apple's Core Audio Format."""

import struct
from dataclasses import dataclass, field, replace

from estilo.io.bytes_of import FileBytes, Pieces
from estilo.io.headers.part import Kept, Part
from estilo.io.headers.riff import behind, chunk_at, is_chunk_name
from estilo.io.layouts import speakers_of_apple

_MAX_CHUNKS = 4096
_MAX_HEAD_BYTES = 2**16
# A size that is so much too large is wrong, and no sign of a cut.
_TOLERATED_BYTES = 64
_UNCOMPRESSED = (
    b"NONE", b"sowt", b"fl32", b"FL32", b"fl64", b"FL64", b"in24", b"in32", b"twos", b"raw ",
)  # fmt: skip
# What libsndfile reads or writes by itself, and what is computed from the samples.
_NOT_KEPT = frozenset(
    (b"FVER", b"COMM", b"SSND", b"CHAN", b"NAME", b"AUTH", b"ANNO", b"(c) ", b"PEAK")
)
_TEXTS = (b"NAME", b"AUTH", b"ANNO", b"(c) ")
_NOT_KEPT_OF_CAF = frozenset(
    (b"desc", b"data", b"chan", b"info", b"free", b"pakt", b"kuki", b"peak", b"ovvw")
)


def _extended_to_int(ten_bytes: bytes) -> int:
    """80-bit IEEE float of AIFF as a whole number.

    >>> _extended_to_int(bytes.fromhex("400eac44000000000000"))
    44100
    """
    exponent, mantissa = struct.unpack(">HQ", ten_bytes)
    shift = 16383 + 63 - (exponent & 0x7FFF)
    return mantissa >> shift if 0 <= shift < 64 else 0


def read_aiff(data: FileBytes, start: int, stop: int) -> tuple[list[Part], int]:
    """Read the chunks of an AIFF or AIFC file.

    Args:
        data: the file.
        start: where it begins, in bytes.
        stop: where it ends at the latest.
    """
    common = samples = speakers = None
    claimed, end, ahead = 0, start + 12, b""
    kept = Kept()
    for _ in range(_MAX_CHUNKS):
        chunk = chunk_at(data, end, stop, ">4sI")
        if chunk is None:
            break
        name, size, position = chunk
        if name == b"FORM" and data.at(position, 4) in (b"AIFF", b"AIFC"):
            break  # another file, joined to this one
        if name != b"SSND" and position + size > stop and common is not None:
            break
        content = range(position, min(position + size, stop))
        if name == b"COMM":
            common = data.at(position, min(size, _MAX_HEAD_BYTES))
            data.unpack(">hIh10s", position)
        elif name == b"SSND":
            claimed, samples = max(size - 8, 0), content
        elif name == b"CHAN":
            speakers = speakers_of_apple(data.at(position, min(size, _MAX_HEAD_BYTES)))
        elif name in (b"FVER", *_TEXTS):
            ahead += _chunk(name, data.at(position, min(len(content), _MAX_HEAD_BYTES)))
        elif name not in _NOT_KEPT and size > 0:
            kept.take(data, name, content)
        end = min(behind(data, position, size), stop)
    if common is None:
        cut = "it ends before its format is told" if samples is None else None
        return [Part((range(start, stop),), cut=cut)], stop
    riff_stop = start + 8 + data.unpack(">4xI", start)[0]
    form = data.at(start + 8, 4)
    part = _aiff_part(form, common, samples, claimed, ahead, is_whole=riff_stop <= stop + 1)
    part = replace(
        part,
        speakers=_fitting(speakers, part.n_channels or 0),
        remarks=(*part.remarks, *kept.remarks),
        metadata=kept.metadata("aiff"),
    )
    return [part], end


def _aiff_part(
    form: bytes, common: bytes, samples: range | None, claimed: int, ahead: bytes, *, is_whole: bool
) -> Part:
    n_channels, n_frames, n_bits, ten = struct.unpack(">hIh10s", common[:18])
    kind = common[18:22] if len(common) >= 22 else b"NONE"
    rate = _extended_to_int(ten)
    if samples is None:
        return Part((), rate, n_channels, n_frames, 0)
    present, remarks = max(len(samples) - 8, 0), []
    align = max(n_channels * ((n_bits + 7) // 8), 1)
    is_uncompressed = kind in _UNCOMPRESSED
    promised = max(n_frames * align, claimed) if is_uncompressed else claimed
    if 0 < promised - present <= (_TOLERATED_BYTES if is_whole else 8):
        remarks.append(_too_much(promised - present))
        promised = present
    if is_uncompressed:
        common = common[:2] + struct.pack(">I", min(present // align, 2**32 - 1)) + common[6:]
    body = form + ahead + _chunk(b"COMM", common) + b"SSND" + struct.pack(">I", 8 + present)
    head = b"FORM" + struct.pack(">I", min(len(body) + 8 + present, 2**32 - 1)) + body
    pieces: Pieces = (head, samples)
    if is_uncompressed:
        n_promised, n_possible, cut = promised // align, present // align, None
    else:
        n_promised = n_possible = None
        cut = "it ends before its last samples" if promised > present else None
    return Part(pieces, rate, n_channels, n_promised, n_possible, cut, remarks=tuple(remarks))


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack(">I", len(content)) + content + b"\0" * (len(content) & 1)


@dataclass
class _Caf:
    """What was found in a caf file."""

    description: tuple = ()
    samples: range = range(0)  # the edit count and the samples, as far as they are there
    n_claimed: int | None = None
    speakers: tuple[int, ...] | None = None
    kept: Kept = field(default_factory=Kept)
    end: int = 0


def read_caf(data: FileBytes, start: int, stop: int) -> tuple[list[Part], int]:
    """Read the chunks of a file in Apple's Core Audio Format.

    Args:
        data: the file.
        start: where it begins, in bytes.
        stop: where it ends at the latest.
    """
    found = _Caf(end=start + 8)
    for _ in range(_MAX_CHUNKS):
        name = data.at(found.end, 4)
        if found.end + 12 > stop or name == b"caff" or not is_chunk_name(name):
            break
        name, size = data.unpack(">4sq", found.end)
        content = range(found.end + 12, stop if size < 0 else min(found.end + 12 + size, stop))
        if (len(content) < size or size < 0) and name != b"data":
            break
        _take_caf(data, found, name, size, content)
        found.end = content.stop
    if found.n_claimed is None:
        return [Part((), cut="it ends before its samples begin")], stop
    return [_caf_part(found, start)], found.end


def _take_caf(data: FileBytes, found: _Caf, name: bytes, size: int, content: range) -> None:
    if name == b"desc":
        found.description = data.unpack(">d4sIIII", content.start)
    elif name == b"chan":
        found.speakers = speakers_of_apple(data.at(content.start, min(size, 2**16)))
    elif name == b"data":
        found.samples = content
        found.n_claimed = (len(content) if size < 0 else size) - 4
    elif name not in _NOT_KEPT_OF_CAF and size > 0:
        found.kept.take(data, name, content)


def _caf_part(found: _Caf, start: int) -> Part:
    rate, _, _, bytes_per_packet, frames_per_packet, n_channels = found.description or (0,) * 6
    rate = int(rate) if 0 <= rate < 2**31 else 0
    present, claimed, remarks = max(len(found.samples) - 4, 0), max(found.n_claimed or 0, 0), ()
    if 0 < claimed - present <= 8:
        remarks = (_too_much(claimed - present),)
        claimed = present
    # libsndfile takes neither the open end (-1) of a recorder nor a size beyond the file's end.
    size, place = struct.pack(">q", present + 4), found.samples.start - 8
    pieces: Pieces = (range(start, place), size, range(place + 8, max(found.end, place + 12)))
    n_promised = n_possible = cut = None
    if bytes_per_packet:
        per_packet = max(frames_per_packet, 1)
        n_promised = claimed // bytes_per_packet * per_packet
        n_possible = present // bytes_per_packet * per_packet
    elif claimed > present:
        cut = f"its header promises {claimed} bytes of samples and it holds {present}"
    return Part(
        pieces, rate, n_channels, n_promised, n_possible, cut,
        _fitting(found.speakers, n_channels), (*remarks, *found.kept.remarks),
        found.kept.metadata("caf"),
    )  # fmt: skip


def _fitting(speakers: tuple[int, ...] | None, n_channels: int) -> tuple[int, ...] | None:
    return speakers if speakers is None or len(speakers) in (0, n_channels) else None


def _too_much(n_bytes: int) -> str:
    return f"its header promises {n_bytes} bytes of samples more than there are, and is wrong"
