"""The head of an MP4 or QuickTime file: what of the decoded sound is the recording.

The first frames of AAC are its encoder's delay, and the last one is filled up. How much of them is
sound stands in the edit list, or in a note of Apple's encoder where there is no such list.

References: ISO/IEC 14496-12 (2022), 8.2 to 8.6; Apple, QuickTime file format.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from estilo.io.bytes_of import FileBytes

_MAX_BOXES = 4096
_MAX_EDITS = 64
_MAX_ROWS = 2**14
_NOTE = b"iTunSMPB"
# Delay, padding and length in samples, behind a zero.
_NUMBERS = re.compile(rb" [0-9A-F]{8} ([0-9A-F]{8}) [0-9A-F]{8} ([0-9A-F]{16})")


class _Time(NamedTuple):
    """A length in the units of its box, so many of which are a second."""

    scale: int
    duration: int


def span_of_sound(data: FileBytes, movie: range) -> tuple[Fraction, Fraction] | None:
    """Where the recording begins and ends in what is decoded of the first track with sound.

    Args:
        data: the file.
        movie: where the content of the box ``moov`` is.

    Returns:
        Both in seconds; None where the head does not tell.

    Raises:
        struct.error: a box breaks off.
    """
    boxes = list(_boxes(data, movie))
    heads = [_time(data, place) for name, place in boxes if name == b"mvhd"]
    if not heads or any(name == b"mvex" for name, _ in boxes):  # in fragments: they tell it
        return None
    for track in (place for name, place in boxes if name == b"trak"):
        inside = dict(_boxes(data, track))
        media = dict(_boxes(data, inside.get(b"mdia", range(0))))
        if b"mdhd" not in media or b"hdlr" not in media:
            continue
        if data.at(media[b"hdlr"].start + 8, 4) != b"soun":
            continue
        time = _time(data, media[b"mdhd"])
        time = time._replace(duration=_decoded(data, media) or time.duration)
        edits = dict(_boxes(data, inside.get(b"edts", range(0)))).get(b"elst")
        if edits is None:
            found = _by_note(data, movie) or (0, time.duration)
        else:
            found = _by_edits(data, edits, time, heads[0].scale)
        if found is None or not 0 <= found[0] < found[1] <= time.duration or time.scale < 1:
            return None
        return Fraction(found[0], time.scale), Fraction(found[1], time.scale)
    return None


def _boxes(data: FileBytes, inside: range) -> Iterator[tuple[bytes, range]]:
    """Name and place of the content of each box."""
    position = inside.start
    for _ in range(_MAX_BOXES):
        if position + 8 > inside.stop:
            return
        size, name = data.unpack(">I4s", position)
        n_head = 8
        if size == 1:
            (size,), n_head = data.unpack(">8xQ", position), 16
        elif size == 0:
            size = inside.stop - position
        if size < n_head or position + size > inside.stop:
            return
        yield name, range(position + n_head, position + size)
        position += size


def _time(data: FileBytes, place: range) -> _Time:
    """From ``mvhd`` or ``mdhd``, whose fields begin alike."""
    is_long = data.at(place.start, 1) == b"\1"
    return _Time(*data.unpack(">20xIQ" if is_long else ">12xII", place.start))


def _decoded(data: FileBytes, media: dict[bytes, range]) -> int | None:
    """Units of the track that its frames take; None where there are too many to look at."""
    info = dict(_boxes(data, media.get(b"minf", range(0))))
    table = dict(_boxes(data, info.get(b"stbl", range(0)))).get(b"stts")
    if table is None or len(table) < 8:
        return None
    (n_rows,) = data.unpack(">4xI", table.start)
    if n_rows > min(_MAX_ROWS, (len(table) - 8) // 8):
        return None
    rows = [data.unpack(">II", table.start + 8 + 8 * each) for each in range(n_rows)]
    return sum(n_frames * length for n_frames, length in rows)


def _by_edits(
    data: FileBytes, place: range, time: _Time, movie_scale: int
) -> tuple[int, int] | None:
    """First and last unit of the track by its edit list; None where it takes several stretches."""
    version, n_edits = data.unpack(">B3xI", place.start)
    layout, n_bytes = (">QqI", 20) if version == 1 else (">IiI", 12)
    if n_edits > min(_MAX_EDITS, (len(place) - 8) // n_bytes) or movie_scale < 1:
        return None
    edits = [data.unpack(layout, place.start + 8 + n_bytes * each) for each in range(n_edits)]
    taken = [(duration, start) for duration, start, _ in edits if start >= 0]  # others are pauses
    if len(taken) != 1:
        return None
    duration, start = taken[0]
    n_units = Fraction(duration * time.scale, movie_scale)
    # Most count the edit in thousandths of a second, which is too coarse for samples.
    is_to_its_end = abs(start + n_units - time.duration) * movie_scale <= time.scale
    if duration == 0 or is_to_its_end:
        return start, time.duration
    return start, min(start + round(n_units), time.duration)


def _by_note(data: FileBytes, movie: range) -> tuple[int, int] | None:
    place = data.find(_NOTE, movie.start, movie.stop)
    found = None if place < 0 else _NUMBERS.search(data.at(place, 256))
    if found is None:
        return None
    start, n_samples = int(found[1], 16), int(found[2], 16)
    return start, start + n_samples
