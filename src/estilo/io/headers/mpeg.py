"""MPEG audio, frame by frame: mp3 and its older layers, and AAC in ADTS frames.

These files are mere rows of frames: tags, zeros and other recordings may stand between them, and
what a header says of their number may be wrong. So the frames are counted, and the decoder is given
frames alone: without a Xing frame libsndfile guesses the length from the first frame's bit rate,
and with a wrong one it believes it, and the rest is lost without a word.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from estilo.io.bytes_of import FileBytes, Pieces, append_merged
from estilo.io.headers.frames import (
    ADTS_HEADER_BYTES,
    Frame,
    Stream,
    info_place,
    is_info,
    parse_adts,
    parse_frame,
    xing_frame,
)
from estilo.io.headers.part import MAX_JUNK_BYTES, Part, UnreadableError
from estilo.io.headers.pictures import pictures
from estilo.io.headers.wrapping import after_tag, after_tags, before_tags

_HEADER_BYTES = ADTS_HEADER_BYTES  # of ADTS; four of them are enough for the others
_WALK_BYTES = 2**20
_SHORTEST_BYTES = 24  # of a frame: 8 kbit/s
_NOTHING = "no sound was found in it"


def _parse_mpeg(head: bytes) -> Frame | None:
    return parse_frame(head[:4])


_Parse: TypeAlias = Callable[[bytes], Frame | None]


def begins(data: FileBytes, position: int, stop: int, *, n_frames: int = 3) -> str | None:
    """Whether a row of frames begins here: "mp3", "aac" or None.

    Args:
        data: the file.
        position: position of the first frame.
        stop: where the file ends.
        n_frames: number of frames that must follow each other, unless the file ends before.
    """
    for kind, parse in (("mp3", _parse_mpeg), ("aac", parse_adts)):
        if _is_row(data, position, stop, parse, n_frames):
            return kind
    return None


def _is_row(data: FileBytes, position: int, stop: int, parse: _Parse, n_frames: int) -> bool:
    first = parse(data.at(position, _HEADER_BYTES))
    if first is None:
        return False
    frame: Frame | None = first
    for _ in range(n_frames - 1):
        assert frame is not None  # noqa: S101 - checked below
        position += frame.n_bytes
        if position >= stop or after_tags(data, position, stop) > position:
            return position <= stop
        frame = parse(data.at(position, _HEADER_BYTES))
        if frame is None or frame.stream != first.stream:
            # A tail of less than a header cannot be looked at.
            return frame is None and position + _HEADER_BYTES > stop
    return True


@dataclass
class _Row:
    """Frames of one recording."""

    first: Frame
    head: bytes  # the first frame as a whole
    stretches: list[range] = field(default_factory=list)
    n_frames: int = 0
    last: int = 0  # where its last frame begins
    is_last_cut: bool = False


@dataclass
class _Walk:
    """What a walk over a file has met."""

    rows: list[_Row] = field(default_factory=list)
    n_skipped: int = 0
    n_junk: int = 0
    first_skipped: int | None = None


def _walked(data: FileBytes, start: int, stop: int, parse: _Parse) -> _Walk:
    walk, position = _Walk(), start
    while position < stop:
        stream = walk.rows[-1].first.stream if walk.rows else None
        end, n_frames, last = _run(data, position, stop, parse, stream)
        if n_frames and not _is_header(data, position, parse):
            append_merged(walk.rows[-1].stretches, range(position, end))
            walk.rows[-1].n_frames += n_frames
            walk.rows[-1].last = last
            position = end
        elif _is_row(data, position, stop, parse, 2):
            first = parse(data.at(position, _HEADER_BYTES))
            assert first is not None  # noqa: S101 - it begins a row
            row = _Row(first, data.at(position, first.n_bytes))
            row.stretches.append(range(position, position + first.n_bytes))
            row.n_frames, row.last = 1, position
            walk.rows.append(row)
            position += first.n_bytes
        else:
            position = _skipped(data, position, stop, parse, walk)
    if walk.n_junk > sum(len(stretch) for row in walk.rows for stretch in row.stretches):
        raise UnreadableError("hardly any sound was found in it" if walk.rows else _NOTHING)
    return walk


def _run(
    data: FileBytes, start: int, stop: int, parse: _Parse, stream: Stream | None
) -> tuple[int, int, int]:
    """Follow whole frames of one recording: where they end, how many, where the last begins."""
    position = last = start
    n_frames = 0
    while position < stop:
        block, first = data.at(position, min(_WALK_BYTES, stop - position)), position
        while True:
            offset = position - first
            head = block[offset : offset + _HEADER_BYTES]
            frame = parse(head)
            if frame is None or frame.stream != stream or position + frame.n_bytes > stop:
                if len(head) == _HEADER_BYTES or first + len(block) >= stop or offset == 0:
                    return position, n_frames, last
                break
            if n_frames and is_info(block[offset : offset + 60], frame):
                return position, n_frames, last
            last = position
            position += frame.n_bytes
            n_frames += 1
            if position - first > len(block) - 64:
                break
    return position, n_frames, last


def _is_header(data: FileBytes, position: int, parse: _Parse) -> bool:
    frame = parse(data.at(position, _HEADER_BYTES))
    return frame is not None and is_info(data.at(position, 60), frame)


def _skipped(data: FileBytes, position: int, stop: int, parse: _Parse, walk: _Walk) -> int:
    """Pass over what is no frame: tags without a word, zeros and junk with one."""
    following = after_tags(data, position, stop)
    if following > position:
        return following
    frame = parse(data.at(position, _HEADER_BYTES))
    last = walk.rows[-1] if walk.rows else None
    if (
        last is not None
        and frame is not None
        and frame.stream == last.first.stream
        and position + frame.n_bytes > stop
    ):
        last.is_last_cut = True
        return stop
    if last is not None and last.stretches[-1].stop == position:
        inside = _within_last(data, last, position, stop, parse)
        if inside is not None:
            return inside
    following = data.after_zeros(position, stop)
    if following > position:
        if following == stop:
            return stop
    else:
        following = data.find(b"\xff", position + 1, stop)
        following = stop if following < 0 else following
        walk.n_junk += following - position
        if walk.n_junk > MAX_JUNK_BYTES:
            raise UnreadableError(
                f"from byte {walk.first_skipped or position} on it holds more than "
                f"{MAX_JUNK_BYTES // 1024} KiB that are no sound"
            )
    walk.n_skipped += following - position
    walk.first_skipped = position if walk.first_skipped is None else walk.first_skipped
    return following


def _within_last(data: FileBytes, row: _Row, position: int, stop: int, parse: _Parse) -> int | None:
    """Where frames begin within the last one, which then is a cut one with a file joined to it."""
    start = row.last
    while (start := data.find(b"\xff", start + 1, position)) >= 0:
        if _is_row(data, start, stop, parse, 4):
            row.stretches[-1] = range(row.stretches[-1].start, row.last)
            row.n_frames -= 1
            row.is_last_cut = True
            return start
    return None


def _remarks(walk: _Walk) -> tuple[str, ...]:
    if not walk.n_skipped:
        return ()
    return (
        f"{walk.n_skipped} bytes in it, the first at {walk.first_skipped}, are no sound and were "
        "passed over",
    )


def read_mp3(data: FileBytes, start: int, stop: int) -> tuple[list[Part], int]:
    """Count the frames of an mp3 file; each Xing, Info or VBRI frame begins a recording.

    Args:
        data: the file.
        start: where it begins, in bytes.
        stop: where it ends at the latest.
    """
    walk = _walked(data, start, before_tags(data, start, stop), _parse_mpeg)
    parts = [_mp3_part(row) for row in walk.rows]
    if not any(part.n_possible for part in parts):
        raise UnreadableError(_NOTHING)
    first = parts[0]
    # libsndfile reads title and artist from one tag at each end.
    has_tag = data.at(0, 3) == b"ID3" and not data.at(5, 1)[0] & 0x10  # no footer: it knows none
    ahead = range(after_tag(data, 0, start) if has_tag else 0)
    behind = range(max(stop - 128, start), stop)
    is_tagged = data.at(behind.start, 3) == b"TAG"
    pieces: Pieces = (ahead, *first.pieces, behind if is_tagged else b"")
    kept = pictures(data)
    first = replace(
        first,
        pieces=pieces,
        remarks=(*_remarks(walk), *first.remarks, *kept.remarks),
        metadata=kept.metadata("mp3"),
    )
    return [first, *parts[1:]], stop


def _mp3_part(row: _Row) -> Part:
    first, stretches = row.first, tuple(row.stretches)
    rate, n_channels = first.stream.sample_rate, first.stream.n_channels
    if first.stream.layer != 3:
        n_samples = row.n_frames * first.n_samples
        return Part(stretches, rate, n_channels, n_samples, n_samples)
    if not is_info(row.head, first):
        xing: Pieces = (xing_frame(row.head, row.n_frames),)
        n_samples = row.n_frames * first.n_samples
        return Part(xing + stretches, rate, n_channels, n_samples, n_samples)
    n_frames = row.n_frames - 1
    frames = range(stretches[0].start + len(row.head), stretches[0].stop), *stretches[1:]
    n_bytes = sum(map(len, frames)) + len(row.head)
    told = _told(row.head, first)
    # Some count the frame that tells it; then its bytes agree.
    n_missing = max(told.n_frames - n_frames, 0)
    is_cut = n_missing > 1 or (
        n_missing == 1 and (row.is_last_cut or told.n_bytes > n_bytes + _SHORTEST_BYTES)
    )
    remarks: tuple[str, ...] = ()
    if 0 < told.n_frames < n_frames:
        remarks = (f"its header counts {told.n_frames} frames of {n_frames}; all are read",)
    n_promised = (told.n_frames if is_cut else n_frames) * first.n_samples
    info = _true_info(row.head, told, n_frames, n_bytes)
    n_possible = n_frames * first.n_samples
    return Part((info, *frames), rate, n_channels, n_promised, n_possible, remarks=remarks)


class _Told(NamedTuple):
    """What the first frame tells; 0 where it does not."""

    n_frames: int = 0
    n_bytes: int = 0
    place: int = 0  # of these numbers in a Xing or Info frame


def _told(head: bytes, frame: Frame) -> _Told:
    if head[36:40] == b"VBRI":
        return _Told(int.from_bytes(head[50:54], "big"), int.from_bytes(head[46:50], "big"))
    place = info_place(frame) + 4
    flags = int.from_bytes(head[place : place + 4], "big")
    if not flags & 1 or len(head) < place + 12:
        return _Told()
    n_bytes = int.from_bytes(head[place + 8 : place + 12], "big") if flags & 2 else 0
    return _Told(int.from_bytes(head[place + 4 : place + 8], "big"), n_bytes, place + 4)


def _true_info(head: bytes, told: _Told, n_frames: int, n_bytes: int) -> bytes:
    """The first frame with the true numbers in it."""
    if not told.place:
        return xing_frame(head, n_frames)
    numbers = struct.pack(">I", n_frames)
    if told.n_bytes:
        numbers += struct.pack(">I", min(n_bytes, 2**32 - 1))
    return head[: told.place] + numbers + head[told.place + len(numbers) :]


def read_adts(data: FileBytes, start: int, stop: int) -> tuple[list[Part], int]:
    """Count the frames of an AAC file without a container.

    Args:
        data: the file.
        start: where it begins, in bytes.
        stop: where it ends at the latest.
    """
    walk = _walked(data, start, before_tags(data, start, stop), parse_adts)
    if not walk.rows:
        raise UnreadableError(_NOTHING)
    parts = []
    for row in walk.rows:
        n_samples = row.n_frames * row.first.n_samples
        cut = "its last frame is not whole" if row.is_last_cut else None
        # The decoder may double rate and channels (HE-AAC), so it tells them.
        rate = row.first.stream.sample_rate
        parts.append(Part(tuple(row.stretches), rate, None, n_samples, cut=cut))
    return [replace(parts[0], remarks=_remarks(walk)), *parts[1:]], stop
