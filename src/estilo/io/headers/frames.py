"""Frame headers of MPEG audio: mp3 and its older layers, and AAC in ADTS frames.

Reference: ISO/IEC 11172-3 (1993) and 13818-3 (1998), frame headers; 13818-7 (2006), ADTS.
"""

from functools import lru_cache
from typing import NamedTuple

_KBITS = {  # (MPEG-1?, layer)
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_ADTS_RATES_HZ = (
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
)  # fmt: skip
ADTS_HEADER_BYTES = 7


class Stream(NamedTuple):
    """What all frames of one recording share.

    Args:
        layer: 1 to 3 of MPEG audio, 0 for AAC.
        is_mpeg1: whether it is MPEG-1, rather than MPEG-2 or 2.5.
        sample_rate: sample rate in Hz.
        n_channels: number of channels; 0 where an ADTS frame leaves it to its content.
    """

    layer: int
    is_mpeg1: bool
    sample_rate: int
    n_channels: int


class Frame(NamedTuple):
    """One frame header.

    Args:
        stream: what it shares with all others of its recording.
        n_samples: samples per channel in the frame.
        n_bytes: length of the frame in bytes, its header included.
    """

    stream: Stream
    n_samples: int
    n_bytes: int


@lru_cache(4096)
def parse_frame(head: bytes) -> Frame | None:
    """Four bytes as the header of a frame of layer I, II or III of a stated rate, or None.

    >>> parse_frame(bytes.fromhex("fffb9044")).n_bytes
    417
    """
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    rate_index, rate_class = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 4 or rate_class == 3 or not 1 <= rate_index <= 14:
        return None
    is_mpeg1 = version == 3
    sample_rate = _RATES_HZ[version][rate_class]
    n_bits_per_s = _KBITS[is_mpeg1, layer][rate_index - 1] * 1000
    n_channels, padding = (1 if head[3] >> 6 == 3 else 2), head[2] >> 1 & 1
    if layer == 1:
        n_samples, n_bytes = 384, (12 * n_bits_per_s // sample_rate + padding) * 4
    else:
        n_samples = 576 if layer == 3 and not is_mpeg1 else 1152
        n_bytes = n_samples * n_bits_per_s // 8 // sample_rate + padding
    return Frame(Stream(layer, is_mpeg1, sample_rate, n_channels), n_samples, n_bytes)


def parse_adts(head: bytes) -> Frame | None:
    """Seven bytes as the header of an ADTS frame, or None.

    >>> parse_adts(bytes.fromhex("fff15040017ffc")).stream.sample_rate
    44100
    """
    if len(head) < ADTS_HEADER_BYTES or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return None
    rate_index, n_bytes = head[2] >> 2 & 15, (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    if rate_index >= len(_ADTS_RATES_HZ) or n_bytes < ADTS_HEADER_BYTES:
        return None
    channels = (head[2] & 1) << 2 | head[3] >> 6
    n_samples = 1024 * ((head[6] & 3) + 1)
    stream = Stream(0, not head[1] & 8, _ADTS_RATES_HZ[rate_index], channels)
    return Frame(stream, n_samples, n_bytes)


def info_place(frame: Frame) -> int:
    """Where in a frame "Xing" or "Info" would stand, in bytes.

    Args:
        frame: its header.
    """
    is_mono = frame.stream.n_channels == 1
    return 4 + ((17 if is_mono else 32) if frame.stream.is_mpeg1 else (9 if is_mono else 17))


def is_info(head: bytes, frame: Frame) -> bool:
    """Whether a frame says how many follow, and so begins a recording.

    Args:
        head: its first 60 bytes.
        frame: its header.
    """
    if frame.stream.layer != 3:
        return False
    place = info_place(frame)
    return head[place : place + 4] in (b"Xing", b"Info") or head[36:40] == b"VBRI"


def xing_frame(head: bytes, n_frames: int) -> bytes:
    """A silent first frame that tells a decoder how many frames follow.

    Args:
        head: the header of the first real frame.
        n_frames: frames that follow.
    """
    # 128 or 80 kbit/s, so that the message fits; no checksum, no padding.
    header = bytes([head[0], head[1] | 1, 9 << 4 | head[2] & 0x0C, head[3]])
    frame = parse_frame(header)
    assert frame is not None  # noqa: S101 - made from a header that was parsed
    message = b"Xing" + (1).to_bytes(4, "big") + n_frames.to_bytes(4, "big")
    return (header.ljust(info_place(frame), b"\0") + message).ljust(frame.n_bytes, b"\0")
