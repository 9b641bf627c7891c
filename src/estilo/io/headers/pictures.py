"""Pictures in the tag of an mp3, which are kept where the output is an mp3 as well.

Reference: M. Nilsson, ID3 tag version 2.4.0 - Native Frames (2000), 4.14, https://id3.org.
"""

from estilo.io.bytes_of import FileBytes
from estilo.io.headers.part import Kept
from estilo.io.headers.wrapping import id3_size

_NAME, _HEAD_BYTES = b"APIC", 10
_MAX_FRAMES = 1000
_CHANGED = 0xE0  # flags of a tag whose bytes are not as they stand


def pictures(data: FileBytes) -> Kept:
    """Contents of the picture frames in the ID3 tag, version 2.3 or 2.4, that a file begins with.

    Args:
        data: the file.
    """
    kept = Kept()
    head = data.at(0, _HEAD_BYTES)
    if head[:3] != b"ID3" or len(head) < _HEAD_BYTES or head[3] not in (3, 4) or head[5] & _CHANGED:
        return kept
    position, stop = _HEAD_BYTES, min(_HEAD_BYTES + id3_size(head), data.size)
    for _ in range(_MAX_FRAMES):
        frame = data.at(position, _HEAD_BYTES)
        if position + _HEAD_BYTES > stop or not frame[:4].isalnum():
            break
        # Both versions have the size at the same place, and count it in bytes of 8 and of 7 bits.
        size = int.from_bytes(frame[4:8], "big") if head[3] == 3 else id3_size(b"  " + frame)
        content = range(position + _HEAD_BYTES, position + _HEAD_BYTES + size)
        if content.stop > stop:
            break
        if frame[:4] == _NAME and frame[9] == 0:  # neither packed nor encrypted
            kept.take(data, _NAME, content)
        position = content.stop
    return kept
