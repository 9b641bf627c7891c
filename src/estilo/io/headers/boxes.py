"""Files that PyAV reads: MP4 and QuickTime by their atoms, WebM and Matroska by their elements.

Here they are only divided where several were joined, and looked at for a cut; PyAV does the rest.

References: ISO/IEC 14496-12 (2022), 4.2; Apple, QuickTime file format; RFC 8794 (2020), EBML.
"""

from dataclasses import replace
from fractions import Fraction

from estilo.io.bytes_of import FileBytes
from estilo.io.headers.movie import span_of_sound
from estilo.io.headers.part import Part

_MAX_ATOMS = 2**20
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"


def is_atom(name: bytes) -> bool:
    """Whether these bytes are the name of an atom at the top level of a QuickTime file.

    Args:
        name: four bytes.
    """
    return name in (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"ftyp", b"styp")


def read_mp4(data: FileBytes, start: int, stop: int) -> tuple[list[Part], int]:
    """Read the atoms of an MP4 or QuickTime file; a second head begins another recording.

    Args:
        data: the file.
        start: where it begins, in bytes.
        stop: where it ends at the latest.
    """
    heads, position, cut = [start], start, None
    spans: list[tuple[Fraction, Fraction] | None] = [None]
    has_movie = is_fragmented = False
    for _ in range(_MAX_ATOMS):
        if position + 8 > stop:
            break
        size, name = data.unpack(">I4s", position)
        if size == 1:
            (size,) = data.unpack(">8xQ", position)
        elif size == 0:
            size = stop - position
        if size < 8 or not all(32 <= each < 127 or each == 0xA9 for each in name):
            break
        if has_movie and name in (b"ftyp", b"moov"):
            heads.append(position)
            spans.append(None)
            has_movie = False
        if name == b"moov" and position + size <= stop:
            spans[-1] = span_of_sound(data, range(position + 8, position + size))
        has_movie = has_movie or name == b"moov"
        is_fragmented = is_fragmented or name == b"moof"
        # Of others the movie's head promises a length, which the decoder is held to.
        if position + size > stop and is_fragmented:
            cut = f"its last atom, {name.decode('ascii')}, is not whole"
        position += size
    ends = [*heads[1:], stop]
    parts = [
        Part((range(start, end),), span_s=span)
        for start, end, span in zip(heads, ends, spans, strict=True)
    ]
    if has_movie:
        parts[-1] = replace(parts[-1], cut=cut)
    return parts, max(min(position, stop), start + 1)


def read_webm(data: FileBytes, start: int, stop: int) -> tuple[list[Part], int]:
    """Read the elements of a WebM or Matroska file; a second head begins another recording.

    Args:
        data: the file.
        start: where it begins, in bytes.
        stop: where it ends at the latest.
    """
    position, cut = start, None
    for _ in range(_MAX_ATOMS):
        name = data.at(position, 4)
        if position > start and name == _EBML:
            break
        n_id = _length(name)
        size, n_size = _number(data.at(position + n_id, 8))
        if position >= stop or n_id == 0 or n_id > 4 or n_size == 0:
            break
        content = position + n_id + n_size
        if size is None:  # written by a recorder that could not go back
            following = data.find(_EBML, content, stop)
            position = stop if following < 0 else following
        else:
            if content + size > stop and name == _SEGMENT:
                cut = "its last element is not whole"
            position = content + size
    end = max(min(position, stop), start + 1)
    return [Part((range(start, end),), cut=cut)], end


def _length(data: bytes) -> int:
    """Number of bytes of a number of EBML, by its first one; 0 where there is none."""
    return 9 - data[0].bit_length() if data and data[0] else 0


def _number(data: bytes) -> tuple[int | None, int]:
    """(number of EBML, None where it is unknown; number of its bytes)."""
    n_bytes = _length(data)
    if n_bytes == 0 or n_bytes > len(data):
        return None, 0
    value = int.from_bytes(data[:n_bytes], "big") & (1 << 7 * n_bytes) - 1
    return (None if value == (1 << 7 * n_bytes) - 1 else value), n_bytes
