"""What stands around a recording in a file: tags in front of it and behind it.

References: https://id3.org (ID3v1, ID3v2.4, Lyrics3); APEv2 specification, wiki.hydrogenaud.io.
"""

from estilo.io.bytes_of import FileBytes

_ID3V1_BYTES, _ENHANCED_BYTES, _APE_BYTES = 128, 227, 32
_MAX_TAGS = 1000


def id3_size(head: bytes) -> int:
    """Bytes of an ID3v2 tag after its ten-byte head (a number of four times seven bits).

    >>> id3_size(b"ID3" + bytes([4, 0, 0, 0, 0, 1, 1]))
    129
    """
    return sum(
        (byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True)
    )


def after_tags(data: FileBytes, start: int, stop: int) -> int:
    """Position behind all the tags that begin here.

    Args:
        data: the file.
        start: position of the first tag, if there is one.
        stop: where the file ends.
    """
    position = start
    for _ in range(_MAX_TAGS):
        following = after_tag(data, position, stop)
        if following == position:
            break
        position = following
    return position


def after_tag(data: FileBytes, start: int, stop: int) -> int:
    """Position behind the tag that begins here, or the same where there is none.

    Args:
        data: the file.
        start: position of the tag.
        stop: where the file ends.
    """
    end = start + _tag_bytes(data, start, stop)
    return end if end <= stop else start  # a size beyond the file is a lie that would hide the rest


def _tag_bytes(data: FileBytes, position: int, stop: int) -> int:
    """Length of the tag that begins here, or 0."""
    head = data.at(position, 32)
    if head[:3] == b"ID3" and len(head) >= 10 and head[3] < 0xFF > head[4]:
        return 10 + id3_size(head) + (10 if head[5] & 0x10 else 0)
    if head[:8] == b"APETAGEX" and len(head) == 32:
        return _APE_BYTES + int.from_bytes(head[12:16], "little")
    if head[:4] == b"TAG+" and position + _ENHANCED_BYTES <= stop:
        return _ENHANCED_BYTES
    if head[:3] == b"TAG" and position + _ID3V1_BYTES <= stop:
        return _ID3V1_BYTES
    if head[:11] == b"LYRICSBEGIN":
        ends = [data.find(name, position, stop) for name in (b"LYRICSEND", b"LYRICS200")]
        return max(ends) + 9 - position if max(ends) >= 0 else 0
    return 0


def before_tags(data: FileBytes, start: int, stop: int) -> int:
    """Position where the tags begin that end here.

    Args:
        data: the file.
        start: where the recording begins.
        stop: where the last tag ends, if there is one.
    """
    for _ in range(_MAX_TAGS):
        n_bytes = _tag_bytes_before(data, start, stop)
        if n_bytes == 0 or stop - n_bytes < start:
            break
        stop -= n_bytes
    return stop


def _tag_bytes_before(data: FileBytes, start: int, stop: int) -> int:
    """Length of the tag that ends here, or 0."""

    def back(n_bytes: int, length: int) -> bytes:
        return data.at(stop - n_bytes, length) if stop - n_bytes >= start else b""

    if back(_ID3V1_BYTES, 3) == b"TAG":
        return _ID3V1_BYTES
    if back(_ENHANCED_BYTES, 4) == b"TAG+":
        return _ENHANCED_BYTES
    footer = back(_APE_BYTES, 32)
    if footer[:8] == b"APETAGEX":
        has_header = footer[23] & 0x80
        return int.from_bytes(footer[12:16], "little") + (_APE_BYTES if has_header else 0)
    footer = back(10, 10)
    if footer[:3] == b"3DI":
        return id3_size(footer) + 20
    ending = back(15, 15)
    if ending[6:] == b"LYRICS200" and ending[:6].isdigit():
        return int(ending[:6]) + 15
    if ending[6:] == b"LYRICSEND":
        first = data.find(b"LYRICSBEGIN", max(stop - 5200, start), stop)
        return stop - first if first >= 0 else 0
    return 0
