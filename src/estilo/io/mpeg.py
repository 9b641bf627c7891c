"""Length of an mp3 that does not tell it.

Without the Xing frame libsndfile guesses the length from the first frame's bit rate and stops
there: of a file of variable rate it may lose more than half, without a word. So the frames are
counted here, and a Xing frame with the true count is put in front of them.

Reference: ISO/IEC 11172-3 (1993) and 13818-3 (1998), frame headers of layer III.
"""

import mmap
from dataclasses import dataclass
from typing import BinaryIO

_KBITS = {
    True: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG-1
    False: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG-2 and 2.5
}
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_MAX_JUNK = 2**16  # bytes between frames, in all, that are searched for the next one


@dataclass(frozen=True)
class Frame:
    """One frame header of layer III.

    Args:
        is_mpeg1: whether it is MPEG-1, rather than MPEG-2 or 2.5.
        sample_rate: sample rate in Hz.
        n_samples: samples per channel in the frame.
        n_bytes: length of the frame in bytes, its header included.
    """

    is_mpeg1: bool
    sample_rate: int
    n_samples: int
    n_bytes: int


def parse_frame(head: bytes) -> Frame | None:
    """Four bytes as the header of a layer III frame of a stated rate, or None.

    >>> parse_frame(bytes.fromhex("fffb9044"))
    Frame(is_mpeg1=True, sample_rate=44100, n_samples=1152, n_bytes=417)
    """
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version, rate_index, rate_class = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or rate_class == 3 or not 1 <= rate_index <= 14:
        return None
    is_mpeg1 = version == 3
    sample_rate = _RATES_HZ[version][rate_class]
    n_samples = 1152 if is_mpeg1 else 576
    n_bits = n_samples * _KBITS[is_mpeg1][rate_index - 1] * 1000
    return Frame(is_mpeg1, sample_rate, n_samples, n_bits // 8 // sample_rate + (head[2] >> 1 & 1))


def count_frames(stream: BinaryIO, start: int) -> tuple[int, Frame | None]:
    """Count the whole frames of an mp3 file; tags and other bytes between them are passed over.

    Args:
        stream: file that is open for reading in binary mode.
        start: position of the first frame, in bytes.

    Returns:
        The number of frames, and the first of them; None where there is none.
    """
    first, n_frames, position, n_junk = None, 0, start, 0
    with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        while position + 4 <= len(data) and n_junk < _MAX_JUNK:
            frame = parse_frame(data[position : position + 4])
            if frame is None or (first is not None and frame.sample_rate != first.sample_rate):
                following = data.find(b"\xff", position + 1)
                n_junk += following - position
                if following < 0:
                    break
                position = following
                continue
            first = first or frame
            position += frame.n_bytes
            n_frames += position <= len(data)
    return n_frames, first


def xing_frame(head: bytes, n_frames: int) -> bytes:
    """A silent first frame that tells a decoder how many frames follow.

    Args:
        head: the four bytes of the first real frame's header.
        n_frames: frames that follow.
    """
    # 128 or 80 kbit/s, so that the message fits; no checksum, no padding.
    header = bytes([head[0], head[1] | 1, 9 << 4 | head[2] & 0x0C, head[3]])
    frame = parse_frame(header)
    assert frame is not None  # noqa: S101 - made from a header that was parsed
    is_mono = head[3] >> 6 == 3
    side_info = (17 if is_mono else 32) if frame.is_mpeg1 else (9 if is_mono else 17)
    message = b"Xing" + (1).to_bytes(4, "big") + n_frames.to_bytes(4, "big")
    return (header + bytes(side_info) + message).ljust(frame.n_bytes, b"\0")
