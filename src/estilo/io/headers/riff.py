"""Headers of wav (RIFF, RIFX, RF64, BW64) and Sony Wave64.

libsndfile shortens a cut wav without a word and believes every size; so it gets a header that is
made here, of what was understood.
"""

import struct
from dataclasses import dataclass, field, replace

from estilo.io.bytes_of import FileBytes, Pieces
from estilo.io.headers.mpeg import read_mp3
from estilo.io.headers.part import Kept, Part, UnreadableError

_MAX_CHUNKS = 4096  # a header of endless tiny chunks must not keep us busy
_UNKNOWN_32 = (0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0x80000000)  # ffmpeg's and sox's pipes
_MAGICS = (b"RIFF", b"RIFX", b"RF64", b"BW64")
_EXTENSIBLE = 0xFFFE
# Wave64 continues the names of chunks by these.
_WAVE_GUID = bytes.fromhex("f3acd3118cd100c04f8edb8a")
_RIFF_GUID = bytes.fromhex("2e91cf11a5d628db04c10000")
_MPEG = (0x50, 0x55)
_UNCOMPRESSED = (1, 3, 6, 7, _EXTENSIBLE)
# What libsndfile reads or writes by itself, what pads, and what is computed from the samples.
_NOT_KEPT = frozenset(
    (b"fmt ", b"data", b"ds64", b"fact", b"JUNK", b"junk", b"PAD ", b"pad ", b"FLLR", b"filr",
     b"PEAK", b"levl", b"LEVL", b"MD5 ")
)  # fmt: skip
_TAGS = (
    b"INAM", b"IART", b"IPRD", b"ICRD", b"ICMT", b"IGNR", b"ITRK", b"IPRT", b"ICOP", b"ISFT",
)  # fmt: skip


@dataclass
class _Chunks:
    """What was found in one file."""

    fmt: bytes = b""
    size_64: int | None = None
    samples: list[range] = field(default_factory=list)
    n_promised_bytes: int = 0
    ahead: list[bytes] = field(default_factory=list)
    kept: Kept = field(default_factory=Kept)
    remarks: list[str] = field(default_factory=list)


def is_chunk_name(name: bytes) -> bool:
    """Whether these bytes can be the name of a chunk.

    Args:
        name: four bytes, or fewer where the file ends.
    """
    return len(name) == 4 and name != b"    " and all(32 <= each < 127 for each in name)


def chunk_at(
    data: FileBytes, position: int, stop: int, layout: str
) -> tuple[bytes, int, int] | None:
    """(name, size, position of the content) of a chunk, or None where there is none.

    Args:
        data: the file.
        position: position of its name.
        stop: where the file ends.
        layout: name and size in `struct`'s letters.
    """
    head = data.at(position, 8)
    if position + 8 > stop or not is_chunk_name(head[:4]):
        return None
    return *struct.unpack(layout, head), position + 8


def behind(data: FileBytes, position: int, size: int) -> int:
    """Where the next chunk begins; odd ones are padded, which some writers forget.

    Args:
        data: the file.
        position: position of a chunk's content.
        size: its size.
    """
    end = position + size
    is_forgotten = is_chunk_name(data.at(end, 4)) and not is_chunk_name(data.at(end + 1, 4))
    return end + (size & 1 and not is_forgotten)


def read_wav(data: FileBytes, start: int, stop: int) -> tuple[list[Part], int]:
    """Read the chunks of a RIFF, RIFX, RF64 or BW64 file.

    Args:
        data: the file.
        start: where it begins, in bytes.
        stop: where it ends at the latest.
    """
    magic, riff_size = data.unpack("<4s4s", start)
    order = ">" if magic == b"RIFX" else "<"
    riff_stop = start + 8 + int.from_bytes(riff_size, "big" if order == ">" else "little")
    found, position = _Chunks(), start + 12
    for _ in range(_MAX_CHUNKS):
        chunk = chunk_at(data, position, stop, order + "4sI")
        if chunk is None:
            break
        name, size, content = chunk
        if name in _MAGICS and data.at(content, 4) == b"WAVE":
            break  # another file, joined to this one
        if name == b"ds64":
            (found.size_64,) = data.unpack(order + "8xQ", content)
        elif name == b"data":
            size, present = _extent(data, content, size, stop, size_64=found.size_64)
            there = range(content, content + present)
            _take_samples(found, size, there, start, is_whole=riff_stop <= stop + 1)
            size = present
        elif content + size > stop:
            break
        else:
            _take(data, found, name, range(content, content + size))
        position = behind(data, content, size)
    if not found.samples:
        return [_without_samples(found, order)], stop
    end = min(position, stop)
    if int.from_bytes(found.fmt[:2], "little") in _MPEG:
        return _mpeg_parts(data, found), end
    return [_part(found, order)], end


def _mpeg_parts(data: FileBytes, found: _Chunks) -> list[Part]:
    """The mp3 in a wav, whose frames are counted like those of any other."""
    there = found.samples[0]
    parts, _ = read_mp3(data, there.start, there.stop)
    n_missing = found.n_promised_bytes - sum(map(len, found.samples))
    cut = f"its header promises {n_missing} bytes more than there are" if n_missing > 0 else None
    return [replace(part, cut=cut) for part in parts]


def _extent(
    data: FileBytes, position: int, size: int, stop: int, *, size_64: int | None
) -> tuple[int, int]:
    """(bytes of samples that are promised, bytes that are there)."""
    present = stop - position
    if size == 2**32 - 1 and size_64 is not None:
        return size_64, min(size_64, present)
    if size in _UNKNOWN_32 or (size == 0 and not _is_chunk(data, position, stop)):
        # A writer that could not seek back (ffmpeg, sox into a pipe): only samples follow, or the
        # next recording where two such files were joined.
        following = data.find(b"WAVEfmt ", position, stop)
        if following - 8 > position and data.at(following - 8, 4) in _MAGICS:
            present = following - 8 - position
        return present, present
    if present >= size + 2**32 and not _is_chunk(data, position + size + (size & 1), stop):
        size += (present - size >> 32) << 32  # more than 4 GiB, counted with 32 bits
    return size, min(size, present)


def _is_chunk(data: FileBytes, position: int, stop: int) -> bool:
    """Whether another chunk, or nothing, stands here, rather than samples."""
    head = data.at(position, 8)
    if position + 8 > stop:
        return True
    return head[:4].isalnum() and int.from_bytes(head[4:], "little") <= stop - position - 8


def _take_samples(found: _Chunks, size: int, there: range, start: int, *, is_whole: bool) -> None:
    missing = size - len(there)
    header = there.start - start
    # A recorder that counts its header among the samples; where RIFF's size fits the file, it is
    # certain that nothing was cut off.
    if 0 < missing <= (max(header, 64) if is_whole else 8) or missing == header:
        found.remarks.append(
            f"its header promises {missing} bytes of samples more than there are, and is wrong"
        )
        size = len(there)
    found.samples.append(there)
    found.n_promised_bytes += size


def _take(data: FileBytes, found: _Chunks, name: bytes, content: range) -> None:
    if name == b"fmt " and not found.fmt:
        found.fmt = data.at(content.start, min(len(content), 2**16))
        return
    if name == b"fact":
        found.ahead.append(_chunk(name, data.at(content.start, min(len(content), 2**16)), "<"))
    if name in _NOT_KEPT:
        return
    block = found.kept.take(data, name, content)
    if name == b"LIST" and block[:4] == b"INFO":
        found.ahead.append(_chunk(name, block, "<"))
        found.kept.blocks.pop()
        block = _without_tags(block)
        if block != b"INFO":
            found.kept.blocks.append((name, block))


def _without_tags(block: bytes) -> bytes:
    """A list of texts without those that are carried over as tags."""
    kept, position = [block[:4]], 4
    while position + 8 <= len(block):
        size = int.from_bytes(block[position + 4 : position + 8], "little")
        stop = position + 8 + size + (size & 1)
        if block[position : position + 4] not in _TAGS:
            kept.append(block[position:stop])
        position = stop
    return b"".join(kept)


def _without_samples(found: _Chunks, order: str) -> Part:
    cut = "it ends before its samples begin"
    if len(found.fmt) < 16:
        return Part((), cut=cut)
    _, n_channels, rate = struct.unpack(order + "HHI", found.fmt[:8])
    return Part((), rate, n_channels, cut=cut)


def _part(found: _Chunks, order: str) -> Part:
    if len(found.fmt) < 16:
        raise UnreadableError("its samples come without their format")
    tag, n_channels, rate, bytes_per_s, align, _ = struct.unpack(order + "HHIIHH", found.fmt[:16])
    present = sum(map(len, found.samples))
    if tag in _UNCOMPRESSED:
        align, scale = max(align, 1), 1
    else:  # compressed: count by the average rate
        align, scale = max(bytes_per_s, 1), rate
    return Part(
        _pieces(found, order, present),
        rate,
        n_channels,
        found.n_promised_bytes * scale // align,
        present * scale // align,
        speakers=_speakers(found.fmt, tag, n_channels, order),
        remarks=(*found.remarks, *found.kept.remarks),
        metadata=found.kept.metadata("wav" if order == "<" else "rifx"),
    )


def _speakers(fmt: bytes, tag: int, n_channels: int, order: str) -> tuple[int, ...] | None:
    if tag != _EXTENSIBLE or len(fmt) < 24:
        return None
    (mask,) = struct.unpack(order + "I", fmt[20:24])
    bits = tuple(bit for bit in range(18) if mask >> bit & 1)
    if not bits:
        return ()
    return bits[:n_channels] if len(bits) >= n_channels else None


def _chunk(name: bytes, content: bytes, order: str) -> bytes:
    padding = b"\0" * (len(content) & 1)
    return name + struct.pack(order + "I", len(content)) + content + padding


def _pieces(found: _Chunks, order: str, n_bytes: int) -> Pieces:
    ahead = _chunk(b"fmt ", found.fmt, order)
    if order == "<":
        ahead += b"".join(found.ahead)
    n_all = 4 + len(ahead) + 8 + n_bytes
    if n_all < 2**32 or order == ">":
        magic, sizes, last = (b"RIFF" if order == "<" else b"RIFX"), b"", n_bytes
    else:
        magic, last = b"RF64", 2**32 - 1
        sizes = _chunk(b"ds64", struct.pack("<QQQI", n_all + 36, n_bytes, 0, 0), "<")
    head = magic + struct.pack(order + "I", min(n_all, 2**32 - 1)) + b"WAVE" + sizes + ahead
    return head + b"data" + struct.pack(order + "I", min(last, 2**32 - 1)), *found.samples


def read_w64(data: FileBytes, start: int, stop: int) -> tuple[list[Part], int]:
    """Read the chunks of a Sony Wave64 file, and give the decoder a wav.

    Args:
        data: the file.
        start: where it begins, in bytes.
        stop: where it ends at the latest.
    """
    found, position = _Chunks(), start + 40
    for _ in range(_MAX_CHUNKS):
        if position + 24 > stop:
            break
        name, guid, size = data.unpack("<4s12sQ", position)
        if guid not in (_WAVE_GUID, _RIFF_GUID):
            break
        content, n_bytes = position + 24, max(size - 24, 0)
        if name == b"fmt ":
            found.fmt = data.at(content, min(n_bytes, 2**16))
        elif name == b"data":
            there = range(content, min(content + n_bytes, stop))
            _take_samples(found, n_bytes, there, start, is_whole=False)
        elif name == b"riff":
            break  # another file, joined to this one
        position += max(size + 7 & ~7, 24)
    if not found.samples:
        return [_without_samples(found, "<")], stop
    return [_part(found, "<")], min(position, stop)
