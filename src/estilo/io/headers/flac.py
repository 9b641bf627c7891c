"""Headers of FLAC, and its last frame, which tells whether the file is whole.

Reference: RFC 9639 (2024), Free Lossless Audio Codec.
"""

import struct
from dataclasses import dataclass

from estilo.io.bytes_of import FileBytes, Pieces
from estilo.io.headers.part import MAX_JUNK_BYTES, Kept, Part, UnreadableError
from estilo.io.headers.wrapping import after_tags, before_tags
from estilo.io.layouts import speakers_of_mask, wave_default

_MARKER = b"fLaC\x00\x00\x00\x22"
_COMMENTS, _KEPT = 4, (2, 5, 6)
MASK_KEY = b"WAVEFORMATEXTENSIBLE_CHANNEL_MASK="
"""A comment that begins so tells where the channels belong."""
_MAX_FRAME_BYTES = 2**17
_SEARCH_BYTES = 2**20
_TOTAL_MASK = 2**36 - 1


@dataclass(frozen=True)
class StreamInfo:
    """The block STREAMINFO.

    Args:
        sample_rate: sample rate in Hz.
        n_channels: number of channels.
        n_samples: samples per channel; 0 where they are not known.
        min_block: smallest block, in samples.
        max_block: largest block, in samples.
    """

    sample_rate: int
    n_channels: int
    n_samples: int
    min_block: int
    max_block: int


def stream_info(content: bytes) -> StreamInfo:
    """Read a block STREAMINFO.

    Args:
        content: content of the block.
    """
    min_block, max_block, packed = struct.unpack(">HH6xQ", content[:18])
    n_channels = (packed >> 41 & 7) + 1
    return StreamInfo(packed >> 44, n_channels, packed & _TOTAL_MASK, min_block, max_block)


def speakers_by_comments(comments: bytes, n_channels: int) -> tuple[int, ...] | None:
    """Places of the channels, by a comment or by the format's own order.

    Args:
        comments: content of the block of comments.
        n_channels: number of channels.
    """
    found = comments.upper().find(MASK_KEY)
    if found >= 0:
        text = comments[found + len(MASK_KEY) :][:10].split(b"\0")[0]
        digits = text[:2].lower() == b"0x" and text[2:8].decode("ascii", "replace")
        hexadecimal = "".join(c for c in digits or "" if c in "0123456789abcdefABCDEF")
        speakers = speakers_of_mask(int(hexadecimal or "0", 16))
        if len(speakers) in (0, n_channels):
            return speakers
    return wave_default(n_channels) if n_channels > 2 else None


def read_flac(data: FileBytes, start: int, stop: int) -> tuple[list[Part], int]:
    """Read the blocks of a FLAC file, and its last frame; joined files are several recordings.

    Args:
        data: the file.
        start: where it begins, in bytes.
        stop: where it ends at the latest.
    """
    parts = []
    while True:
        blocks, frames = _blocks(data, start, stop)
        following = data.find(_MARKER, frames, stop)
        end = before_tags(data, frames, stop) if following < 0 else following
        parts.append(_part(data, start, blocks, range(frames, end)))
        if following < 0:
            return parts, stop
        start = following


def _blocks(data: FileBytes, start: int, stop: int) -> tuple[list[tuple[int, range]], int]:
    """(type and place of each block, position of the first frame)."""
    blocks, position, is_last = [], start + 4, False
    while not is_last and position < stop:
        (head,) = data.unpack(">I", position)
        is_last, kind, size = bool(head >> 31), head >> 24 & 0x7F, head & 0xFFFFFF
        blocks.append((kind, range(position + 4, position + 4 + size)))
        position += 4 + size
    return blocks, min(position, stop)


def _part(data: FileBytes, start: int, blocks: list[tuple[int, range]], frames: range) -> Part:
    info = stream_info(data.at(start + 8, 34))
    comments, kept = b"", Kept()
    for kind, place in blocks:
        if kind == _COMMENTS:
            comments = data.at(place.start, len(place))
        elif kind in _KEPT:
            kept.take(data, bytes([kind]), place)
    n_possible = (len(frames) // 11 + 1) * max(info.max_block, 16)  # a frame takes eleven bytes
    pieces: Pieces = (range(start, frames.stop),)
    remarks: tuple[str, ...] = ()
    end = last_sample(data, frames, info)
    if info.n_samples and end is not None:
        if end > info.n_samples:
            # libsndfile would stop there; without a number it goes on.
            packed = data.unpack(">Q", start + 18)[0] & ~_TOTAL_MASK
            pieces = (
                range(start, start + 18),
                struct.pack(">Q", packed),
                range(start + 26, frames.stop),
            )
            remarks = (
                f"its header promises {info.n_samples} samples and it holds {end}; all of them "
                "are read",
            )
        n_possible = end
    elif info.n_samples and (last := _frame_before(data, frames, info)) is not None:
        if frames.stop - last > MAX_JUNK_BYTES + _MAX_FRAME_BYTES:
            raise UnreadableError(
                f"its last sample is near byte {last}, and {frames.stop - last} bytes follow that "
                "are nothing known"
            )
        if not _is_tidy(data, range(last, frames.stop)):
            remarks = ("bytes behind its last sample are no sound and were left out",)
    return Part(
        pieces,
        info.sample_rate,
        info.n_channels,
        max(end or 0, info.n_samples) or None,
        n_possible,
        speakers=speakers_by_comments(comments, info.n_channels),
        remarks=(*remarks, *kept.remarks),
        metadata=kept.metadata("flac"),
    )


def last_sample(data: FileBytes, frames: range, info: StreamInfo) -> int | None:
    """Number of samples up to the end of the last frame; None where that is not found.

    Only a frame that ends where the file ends, by its checksum, is taken.

    Args:
        data: the file.
        frames: where the frames are.
        info: the block STREAMINFO.
    """
    first = max(frames.start, frames.stop - _MAX_FRAME_BYTES)
    tail = data.at(first, frames.stop - first)
    position = len(tail)
    for _ in range(64):  # more marks than that are no frames
        position = _mark_before(tail, position)
        if position < 0:
            return None
        end = _end_of(tail[position:], info)
        if end is not None:
            return end
    return None


def _frame_before(data: FileBytes, frames: range, info: StreamInfo) -> int | None:
    """Where the frame begins that has the last sample that is promised; None if it is missing."""
    stop = frames.stop
    while stop > frames.start:
        first = max(stop - _SEARCH_BYTES, frames.start)
        block = data.at(first, min(stop + 16, frames.stop) - first)
        position = len(block)
        while (position := _mark_before(block, position)) >= 0:
            if _end_by_head(block[position : position + 16], info) == info.n_samples:
                return first + position
        stop = first
    return None


def _is_tidy(data: FileBytes, rest: range) -> bool:
    """Whether nothing but tags and zeros follows a frame."""
    value = 0
    for position, byte in enumerate(data.at(rest.start, len(rest)), start=rest.start + 1):
        value = (value << 8 & 0xFF00) ^ _CRC16[value >> 8 ^ byte]
        if value == 0 and position > rest.start + 8:
            end = after_tags(data, data.after_zeros(position, rest.stop), rest.stop)
            if data.after_zeros(end, rest.stop) == rest.stop:
                return True
    return False


def _mark_before(data: bytes, position: int) -> int:
    return max(data.rfind(b"\xff\xf8", 0, position), data.rfind(b"\xff\xf9", 0, position))


def _end_of(frame: bytes, info: StreamInfo) -> int | None:
    """Number of samples up to the end of a frame; None where these bytes are no whole frame."""
    end = _end_by_head(frame[:16], info)
    return None if end is None or _crc16(frame) != 0 else end


def _end_by_head(frame: bytes, info: StreamInfo) -> int | None:
    """Number of samples up to the end of a frame, by its head; None where it is none."""
    if len(frame) < 16:
        frame = frame.ljust(16, b"\0")
    number, n_digits = _coded_number(frame[4:11])
    size_code, rate_code = frame[2] >> 4, frame[2] & 15
    if number is None or size_code == 0:
        return None
    position = 4 + n_digits
    if size_code == 6:
        n_samples, position = frame[position] + 1, position + 1
    elif size_code == 7:
        n_samples = int.from_bytes(frame[position : position + 2], "big") + 1
        position += 2
    elif size_code == 1:
        n_samples = 192
    else:
        n_samples = 576 << size_code - 2 if size_code < 6 else 256 << size_code - 8
    position += {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if position >= len(frame) or _crc8(frame[:position]) != frame[position]:
        return None
    is_variable = frame[1] & 1
    return (number if is_variable else number * info.min_block) + n_samples


def _coded_number(data: bytes) -> tuple[int | None, int]:
    """(a number in UTF-8's manner, number of its bytes)."""
    first = data[0]
    if first < 0x80:
        return first, 1
    n_bytes = 8 - (first ^ 0xFF).bit_length()
    rest = data[1:n_bytes]
    if n_bytes < 2 or len(rest) < n_bytes - 1 or any(each >> 6 != 2 for each in rest):
        return None, 0
    number = first & (0x7F >> n_bytes)
    for each in rest:
        number = number << 6 | each & 0x3F
    return number, n_bytes


def _table(polynomial: int, n_bits: int) -> tuple[int, ...]:
    values = []
    for byte in range(256):
        value = byte << n_bits - 8
        for _ in range(8):
            value = value << 1 ^ (polynomial if value >> n_bits - 1 else 0)
            value &= (1 << n_bits) - 1
        values.append(value)
    return tuple(values)


_CRC8, _CRC16 = _table(0x07, 8), _table(0x8005, 16)


def _crc8(data: bytes) -> int:
    value = 0
    for byte in data:
        value = _CRC8[value ^ byte]
    return value


def _crc16(data: bytes) -> int:
    """Zero where the last two bytes are the checksum of those before them."""
    value = 0
    for byte in data:
        value = (value << 8 & 0xFF00) ^ _CRC16[value >> 8 ^ byte]
    return value
