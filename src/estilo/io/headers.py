"""What a file's header promises, read without libsndfile, and what its size allows.

libsndfile shortens a cut wav or aiff without a word, refuses a cut caf, and believes a 110-byte
FLAC that announces 256 GiB; so promises are weighed here first. Every reader takes an open file and
its size in bytes and returns `Claims`; a header that breaks off raises `struct.error`, which the
caller turns into words.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from estilo.io.formats import id3_size
from estilo.io.mpeg import count_frames, parse_frame, xing_frame

_MAX_CHUNKS = 4096  # a header of endless tiny chunks must not keep us busy
_UNKNOWN_32 = (0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0x80000000)  # ffmpeg's and sox's pipes


@dataclass(frozen=True)
class Claims:
    """Promises of a header beside what the file can hold.

    Args:
        sample_rate: sample rate in Hz, or None where only the decoder knows it.
        n_channels: number of channels, or None where only the decoder knows it.
        n_promised: samples per channel that the header promises, or None when it does not say.
        n_possible: the most samples per channel that so many bytes can hold, or None.
        cut: why the file is known to be cut off although it makes no countable promise.
        patches: corrections of the header, offset to bytes, with which libsndfile reads what is
            there.
        insertion: bytes that are missing from the header, with their offset.
    """

    sample_rate: int | None = None
    n_channels: int | None = None
    n_promised: int | None = None
    n_possible: int | None = None
    cut: str | None = None
    patches: dict[int, bytes] = field(default_factory=dict)
    insertion: tuple[int, bytes] = (0, b"")


def _unpack(stream: BinaryIO, layout: str, offset: int | None = None) -> tuple:
    if offset is not None:
        stream.seek(offset)
    return struct.unpack(layout, stream.read(struct.calcsize(layout)))


def _chunks(stream: BinaryIO, start: int, layout: str) -> Iterator[tuple[bytes, int, int]]:
    """(identifier, size, offset of the content) of each chunk; IFF chunks are padded to even."""
    offset = start
    for _ in range(_MAX_CHUNKS):
        stream.seek(offset)
        head = stream.read(struct.calcsize(layout))
        if len(head) < struct.calcsize(layout):
            return
        identifier, size = struct.unpack(layout, head)
        yield identifier, size, offset + len(head)
        is_padded = layout[-1] != "q"  # caf is the one without padding
        offset += len(head) + max(size, 0) + (size & 1 if is_padded else 0)


def read_wav(stream: BinaryIO, file_size: int) -> Claims:
    """Read the header of a RIFF, RIFX, RF64 or BW64 file.

    Args:
        stream: file that is open for reading in binary mode.
        file_size: size of the file, in bytes.
    """
    (magic,) = _unpack(stream, "4s", 0)
    order = ">" if magic == b"RIFX" else "<"
    size_64 = fmt = None
    for identifier, size, offset in _chunks(stream, 12, order + "4sI"):
        if identifier == b"ds64":
            (size_64,) = _unpack(stream, order + "8xQ", offset)
        elif identifier == b"fmt ":
            fmt = _unpack(stream, order + "HHIIHH", offset)
        elif identifier == b"data":
            is_open = size in _UNKNOWN_32 or (
                size == 0 and not _is_chunk(stream, offset, file_size)
            )
            if magic in (b"RF64", b"BW64") and size == 0xFFFFFFFF and size_64 is not None:
                size, is_open = size_64, False
            return _wav_claims(fmt, size, offset, file_size, is_open)
    return Claims(*((fmt[2], fmt[1]) if fmt else ()), cut="it ends before its samples begin")


def _is_chunk(stream: BinaryIO, offset: int, file_size: int) -> bool:
    """Whether another chunk, or nothing, stands here, rather than samples."""
    stream.seek(offset)
    head = stream.read(8)
    if len(head) < 8:
        return True
    return head[:4].isalnum() and int.from_bytes(head[4:], "little") <= file_size - offset - 8


def _wav_claims(fmt: tuple | None, size: int, offset: int, file_size: int, is_open: bool) -> Claims:
    if fmt is None:
        return Claims()  # samples before their format: libsndfile says what is wrong
    tag, n_channels, rate, bytes_per_s, align, _ = fmt
    present = max(file_size - offset, 0)
    patches: dict[int, bytes] = {}
    if is_open:
        # A writer that could not seek back (ffmpeg, sox into a pipe): only samples follow.
        patches[offset - 4] = b"\xff" * 4
        size = present
    if tag not in (1, 3, 6, 7, 0xFFFE):  # compressed: count by the average rate
        align, scale = max(bytes_per_s, 1), rate
    else:
        align, scale = max(align, 1), 1
    return Claims(
        rate, n_channels, size * scale // align, present * scale // align, patches=patches
    )


def _extended_to_int(ten_bytes: bytes) -> int:
    """80-bit IEEE float of AIFF as a whole number.

    >>> _extended_to_int(bytes.fromhex("400eac44000000000000"))
    44100
    """
    exponent, mantissa = struct.unpack(">HQ", ten_bytes)
    shift = 16383 + 63 - (exponent & 0x7FFF)
    return mantissa >> shift if 0 <= shift < 64 else 0


def read_aiff(stream: BinaryIO, file_size: int) -> Claims:
    """Read the header of an AIFF or AIFC file.

    Args:
        stream: file that is open for reading in binary mode.
        file_size: size of the file, in bytes.
    """
    common = None
    present = claimed = None
    for identifier, size, offset in _chunks(stream, 12, ">4sI"):
        if identifier == b"COMM":
            n_channels, n_frames, n_bits, rate = _unpack(stream, ">hIh10s", offset)
            kind = stream.read(4) if size >= 22 else b"NONE"
            common = (_extended_to_int(rate), n_channels, n_frames, n_bits, kind)
        elif identifier == b"SSND":
            claimed, present = max(size - 8, 0), max(file_size - offset - 8, 0)
    if common is None:
        return Claims(cut="it ends before its format is told" if present is None else None)
    rate, n_channels, n_frames, n_bits, kind = common
    if present is None or claimed is None:
        return Claims(rate, n_channels, n_frames, 0)
    if kind in (b"NONE", b"sowt", b"fl32", b"FL32", b"fl64", b"FL64", b"in24", b"in32", b"twos"):
        align = max(n_channels * ((n_bits + 7) // 8), 1)
        return Claims(rate, n_channels, max(n_frames, claimed // align), present // align)
    is_cut = claimed > present
    return Claims(rate, n_channels, cut="it ends before its last samples" if is_cut else None)


def read_caf(stream: BinaryIO, file_size: int) -> Claims:
    """Read the header of a file in Apple's Core Audio Format.

    Args:
        stream: file that is open for reading in binary mode.
        file_size: size of the file, in bytes.
    """
    rate = n_channels = bytes_per_packet = frames_per_packet = 0
    for identifier, size, offset in _chunks(stream, 8, ">4sq"):
        if identifier == b"desc":
            rate, _, _, bytes_per_packet, frames_per_packet, n_channels = _unpack(
                stream, ">d4sIIII", offset
            )
            rate = int(rate) if 0 <= rate < 2**31 else 0
        elif identifier == b"data":
            present = max(file_size - offset - 4, 0)
            claimed = present if size == -1 else max(size - 4, 0)
            if bytes_per_packet:
                per_packet = max(frames_per_packet, 1)
                return Claims(
                    rate, n_channels,
                    claimed // bytes_per_packet * per_packet,
                    present // bytes_per_packet * per_packet,
                    patches=_caf_patch(offset, present) if size == -1 or claimed > present else {},
                )  # fmt: skip
            cut = f"its header promises {claimed} bytes of samples and it holds {present}"
            return Claims(rate, n_channels, cut=cut if claimed > present else None)
    return Claims(cut="it ends before its samples begin")


def _caf_patch(offset: int, present: int) -> dict[int, bytes]:
    """The size that is there; libsndfile does not take the open end (-1) of a recorder."""
    return {offset - 8: struct.pack(">q", present + 4)}


def read_flac(stream: BinaryIO, file_size: int) -> Claims:
    """Read the STREAMINFO block of a FLAC file; a frame takes at least eleven bytes.

    Args:
        stream: file that is open for reading in binary mode.
        file_size: size of the file, in bytes.
    """
    stream.seek(0)
    head = stream.read(10)
    start = 10 + id3_size(head) if head[:3] == b"ID3" else 0
    _, max_block, packed = _unpack(stream, ">HH6xQ", start + 8)
    rate, n_channels, n_frames = packed >> 44, (packed >> 41 & 7) + 1, packed & (2**36 - 1)
    n_possible = (file_size // 11 + 1) * max(max_block, 16)
    return Claims(rate, n_channels, n_frames or None, n_possible)


def read_ogg(stream: BinaryIO, file_size: int) -> Claims:
    """Read the first and the last page of an Ogg file.

    The last page tells whether the file is whole; no codec packs 8192 samples into a byte.

    Args:
        stream: file that is open for reading in binary mode.
        file_size: size of the file, in bytes.
    """
    n_back = min(file_size, 2**17)  # a page has at most 65307 bytes
    stream.seek(file_size - n_back)
    tail = stream.read(n_back)
    last = tail.rfind(b"OggS")
    is_whole = last >= 0 and len(tail) > last + 5 and bool(tail[last + 5] & 4)
    return Claims(
        n_possible=file_size * 8192,
        cut=None
        if is_whole
        else "it has no last page, as when a download or a recording broke off",
    )


def read_mp3(stream: BinaryIO, file_size: int) -> Claims:
    """Read the first frame of an mp3 file.

    The number of samples stands only in a Xing or Info frame; a byte holds at most 48 samples.

    Args:
        stream: file that is open for reading in binary mode.
        file_size: size of the file, in bytes.
    """
    stream.seek(0)
    head = stream.read(10)
    start = 10 + id3_size(head) if head[:3] == b"ID3" else 0
    stream.seek(start)
    frame = stream.read(192)
    n_possible = file_size * 48
    position = max(frame.find(b"Xing", 4, 60), frame.find(b"Info", 4, 60))
    if len(frame) < 4 or position < 0 or len(frame) < position + 16:
        if parse_frame(frame[:4]) is None:
            return Claims(n_possible=n_possible)
        n_frames, _ = count_frames(stream, start)
        return Claims(n_possible=n_possible, insertion=(start, xing_frame(frame[:4], n_frames)))
    flags, n_frames, n_bytes = struct.unpack_from(">III", frame, position + 4)
    if flags & 3 == 3 and n_bytes > file_size - start + 2048:  # some count their tags
        per_frame = 1152 if frame[1] >> 3 & 3 == 3 else 576
        n_promised = n_frames * per_frame
        n_present = n_promised * (file_size - start) // n_bytes
        return Claims(n_promised=n_promised, n_possible=n_present)
    return Claims(n_possible=n_possible)


READERS: dict[str, Callable[[BinaryIO, int], Claims]] = {
    "wav": read_wav, "rf64": read_wav, "aiff": read_aiff, "caf": read_caf, "flac": read_flac,
    "ogg": read_ogg, "opus": read_ogg, "mp3": read_mp3,
}  # fmt: skip
