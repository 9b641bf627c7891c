"""Ogg, page by page: Vorbis, Opus and FLAC, alone or beside other streams, one after another.

Reference: RFC 3533 (2003), the Ogg encapsulation format; RFC 7845 (2016), Ogg Opus; the Ogg mapping
of FLAC, RFC 9639, 10.1.
"""

from dataclasses import dataclass, field, replace

from estilo.io.bytes_of import FileBytes, Pieces, append_merged
from estilo.io.headers.flac import speakers_by_comments, stream_info
from estilo.io.headers.part import MAX_JUNK_BYTES, Part, UnreadableError
from estilo.io.headers.wrapping import after_tags
from estilo.io.layouts import speakers_of_vorbis

_MARK = b"OggS\0"
_FIRST, _LAST = 2, 4  # flags of a page
_STARTS = {
    b"\x01vorbis": "vorbis", b"OpusHead": "opus", b"\x7fFLAC": "flac", b"Speex   ": "speex",
}  # fmt: skip
_READ = ("vorbis", "opus", "flac")
_MAX_STREAMS = 64
_UNKNOWN = 2**64 - 1


@dataclass
class _Stream:
    """Pages of one stream."""

    codec: str | None
    head: bytes  # the first packet
    stretches: list[range] = field(default_factory=list)
    granule: int = 0
    is_ended: bool = False
    number: int = 0
    n_gaps: int = 0


@dataclass
class _Walk:
    """Streams in groups, each of which begins when the one before has ended."""

    groups: list[dict[int, _Stream]] = field(default_factory=list)
    is_open: bool = False  # whether further streams may begin in the last group
    n_junk: int = 0
    first_junk: int = 0


def read_ogg(data: FileBytes, start: int, stop: int) -> tuple[list[Part], int]:
    """Read all pages; streams that begin after others have ended are further recordings.

    Args:
        data: the file.
        start: where it begins, in bytes.
        stop: where it ends at the latest.
    """
    walk, position = _Walk(), start
    while position < stop:
        following = _page(data, position, stop, walk)
        position = _skipped(data, position, stop, walk) if following is None else following
    parts = [part for group in walk.groups if (part := _part(group)) is not None]
    if len(parts) < max(len(walk.groups), 1):
        codecs = {stream.codec for group in walk.groups for stream in group.values()}
        what = "Speex audio, which is not read" if "speex" in codecs else "no Vorbis, Opus or FLAC"
        where = "it" if not parts else "one of the recordings that it is made of"
        raise UnreadableError(f"there is {what} in {where}")
    if walk.n_junk:
        remark = (
            f"{walk.n_junk} bytes in it, the first at {walk.first_junk}, are no sound and were "
            "passed over"
        )
        parts[0] = replace(parts[0], remarks=(*parts[0].remarks, remark))
    return parts, stop


def _page(data: FileBytes, position: int, stop: int, walk: _Walk) -> int | None:
    """Take the page that begins here; position behind it, or None where there is none."""
    head = data.at(position, 27 + 255)
    if head[:5] != _MARK or len(head) < 27 or len(head) < 27 + head[26]:
        return None
    content = position + 27 + head[26]
    end = content + sum(head[27 : 27 + head[26]])
    if end > stop or _is_broken(data, content, end):
        return None
    flags = head[5]
    granule, serial, number = (
        int.from_bytes(head[first:last], "little") for first, last in ((6, 14), (14, 18), (18, 22))
    )
    if flags & _FIRST:
        if not walk.is_open or serial in walk.groups[-1]:
            walk.groups.append({})
        walk.is_open = True
        packet = data.at(content, min(end - content, 64))
        codec = next((name for start, name in _STARTS.items() if packet.startswith(start)), None)
        stream = _Stream(codec, packet, number=number)
        if len(walk.groups[-1]) >= _MAX_STREAMS:
            raise UnreadableError(f"it holds more than {_MAX_STREAMS} streams at once")
        walk.groups[-1][serial] = stream
    else:
        walk.is_open = False
        if not walk.groups or serial not in walk.groups[-1]:
            _count_junk(walk, position, end)  # of a stream that began before the file did
            return end
        stream = walk.groups[-1][serial]
        # Behind the packets of the header a radio's recording may begin anywhere.
        stream.n_gaps += number != stream.number + 1 and stream.granule > 0
        stream.number = number
    stream.granule = granule if granule != _UNKNOWN else stream.granule
    stream.is_ended = bool(flags & _LAST)
    if stream.codec in _READ:
        # Of FLAC only what stands in the pages is wanted, of the others the pages.
        first = content if stream.codec == "flac" else position
        append_merged(stream.stretches, range(first, end))
    return end


def _is_broken(data: FileBytes, start: int, stop: int) -> bool:
    """Whether another recording begins within a page, which then was cut before it was joined."""
    inner = start - 1
    while (inner := data.find(_MARK, inner + 1, stop)) >= 0:
        head = data.at(inner, 64)
        if head[5] & _FIRST and any(start in head for start in _STARTS):
            return True
    return False


def _skipped(data: FileBytes, position: int, stop: int, walk: _Walk) -> int:
    following = after_tags(data, position, stop)
    if following > position:
        return following
    following = data.after_zeros(position, stop)
    if following > position:
        return following
    following = data.find(_MARK, position + 1, stop)
    following = stop if following < 0 else following
    if data.at(position, 4) == _MARK[:4]:
        return following  # a page that is not whole: the stream lacks its end, which is noticed
    _count_junk(walk, position, following)
    return following


def _count_junk(walk: _Walk, start: int, stop: int) -> None:
    walk.first_junk = walk.first_junk if walk.n_junk else start
    walk.n_junk += stop - start
    if walk.n_junk > MAX_JUNK_BYTES:
        raise UnreadableError(
            f"from byte {walk.first_junk} on it holds more than {MAX_JUNK_BYTES // 1024} KiB that "
            "are no sound"
        )


def _part(group: dict[int, _Stream]) -> Part | None:
    streams = [stream for stream in group.values() if stream.codec in _READ]
    if not streams:
        return None
    stream, remarks = streams[0], ()
    if len(streams) > 1:
        remarks = (f"it holds {len(streams)} streams of sound side by side; the first is read",)
    cut = None
    if not stream.is_ended:
        cut = "it has no last page, as when a download or a recording broke off"
    elif stream.n_gaps:
        cut = "it lacks pages in its midst, as when a connection was lost for a while"
    pages = tuple(stream.stretches)
    n_bytes = sum(map(len, pages))
    if stream.codec == "flac":
        return _flac_part(stream, cut, remarks)
    is_opus = stream.codec == "opus"
    n_channels = stream.head[9] if is_opus else stream.head[11]
    rate = 48_000 if is_opus else int.from_bytes(stream.head[12:16], "little")
    speakers = speakers_of_vorbis(n_channels)
    if is_opus and stream.head[18] not in (0, 1):
        speakers = ()  # ambisonics, or channels without places
    # No codec packs 8192 samples into a byte.
    return Part(
        pages, rate, n_channels, n_possible=n_bytes * 8192, cut=cut, speakers=speakers,
        remarks=remarks,
    )  # fmt: skip


def _flac_part(stream: _Stream, cut: str | None, remarks: tuple[str, ...]) -> Part:
    """The same without Ogg's pages is an ordinary FLAC file, which libsndfile reads."""
    first = stream.stretches[0]
    info = stream_info(stream.head[17:])
    contents: Pieces = (range(first.start + 9, first.stop), *stream.stretches[1:])
    n_promised = max(info.n_samples, stream.granule) or None
    return Part(
        contents,
        info.sample_rate,
        info.n_channels,
        n_promised,
        (sum(map(len, contents)) // 11 + 1) * max(info.max_block, 16),
        cut,
        speakers_by_comments(b"", info.n_channels),
        remarks,
    )
