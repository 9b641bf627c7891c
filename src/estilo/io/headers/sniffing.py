"""What a file is by its first bytes, behind the tags that may stand before them."""

from collections.abc import Iterator

from estilo.io.bytes_of import FileBytes
from estilo.io.headers.boxes import is_atom
from estilo.io.headers.frames import parse_frame
from estilo.io.headers.mpeg import begins
from estilo.io.headers.part import MAX_JUNK_BYTES
from estilo.io.headers.wrapping import after_tags

_W64 = bytes.fromhex("726966662e91cf11a5d628db04c10000")

# Files that people hand over by mistake, named in the message.
_STRANGERS: dict[bytes, str] = {
    b"%PDF": "a PDF document", b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture", b"PK\x03\x04": "a zip archive", b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7-Zip archive", b"Rar!": "a RAR archive", b"\x7fELF": "a program",
    b"MThd": "a MIDI file (notes, not sound)", b"RMID": "a MIDI file (notes, not sound)",
    b"\x1aE\xdf\xa3": "a Matroska or WebM film", b".snd": "a Sun AU file",
    b"0&\xb2u": "a Windows Media file", b"#!AMR": "an AMR recording of a telephone",
    b"wvpk": "a WavPack file", b"MAC ": "a Monkey's Audio file", b"TTA1": "a True Audio file",
    b"MPCK": "a Musepack file", b"MP+": "a Musepack file", b"DSD ": "a DSD file",
    b"FRM8": "a DSD file", b"\x0b\x77": "a Dolby Digital file", b"\x7f\xfe\x80\x01": "a DTS file",
    b"Creative Voice": "a Creative Voice file", b"FLV": "a Flash film", b".RMF": "a RealMedia file",
    b"\0\0\x01\xba": "an MPEG film", b"G@\0": "an MPEG transport stream",
    b"NIST_1A": "a NIST Sphere file", b"\x93NUM": "a numpy array", b"<!DO": "a web page",
    b"<htm": "a web page", b"version https://git-lfs": "a Git LFS pointer (run git lfs pull)",
}  # fmt: skip

_RIFF_STRANGERS = {
    b"AVI ": "an AVI film", b"RMID": "a MIDI file (notes, not sound)", b"WEBP": "a WebP picture",
}  # fmt: skip


def sniff(data: FileBytes) -> tuple[str | None, int, str | None]:
    """What a file is, and where in it that begins.

    Args:
        data: the file.

    Returns:
        "wav", "rf64", "w64", "flac", "ogg", "opus", "mp3", "aiff", "caf", "m4a", "webm" or "aac",
        None when it is none that estilo reads; its position; what was passed over, in words.
    """
    stop = data.size
    first = after_tags(data, 0, stop)
    kind = kind_at(data, first, stop)
    if kind is not None:
        return kind, first, None
    if _is_stranger(data.at(first, 64)):
        return None, first, None
    start = data.after_zeros(first, stop)
    if start > first:
        start = after_tags(data, start, stop)
        kind = kind_at(data, start, stop)
        if kind is not None:
            said = f"{start - first} bytes before its first sample, zeros, were passed over"
            return kind, start, said
    if _is_stranger(data.at(start, 64)):
        return None, start, None
    for position in _candidates(data, start if start < stop else first, stop):
        kind = begins(data, position, stop, n_frames=4)
        if kind is not None:
            said = f"{position - first} bytes before its first sample, no sound, were passed over"
            return kind, position, said
    # Nothing behind a tag: of all files that is most likely to be a broken mp3.
    is_tagged = data.at(0, 3) == b"ID3"
    head = data.at(start, 4)
    if len(head) == 4 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "aac", start, None
    frame = parse_frame(head)
    # Layer I is left out: the byte order mark of a UTF-16 text looks just like it.
    if is_tagged or (frame is not None and frame.stream.layer != 1):
        return "mp3", min(start, stop), None
    return None, start, None


def _candidates(data: FileBytes, start: int, stop: int) -> Iterator[int]:
    position, end = start, min(start + MAX_JUNK_BYTES, stop)
    while (position := data.find(b"\xff", position, end)) >= 0:
        yield position
        position += 1


def kind_at(data: FileBytes, position: int, stop: int) -> str | None:
    """What begins here, or None when it is none that estilo reads.

    Args:
        data: the file.
        position: position of the first byte.
        stop: where the file ends.
    """
    head = data.at(position, 64)[: max(stop - position, 0)]
    if head[8:12] == b"WAVE" and head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64"):
        return "rf64" if b"64" in head[:4] else "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[:4] == b"OggS":
        return "opus" if b"OpusHead" in head else "ogg"
    if head[:4] in (b"fLaC", b"caff"):
        return "flac" if head[:1] == b"f" else "caf"
    if head[:16] == _W64:
        return "w64"
    if is_atom(head[4:8]) and (head[4:8] == b"ftyp" or int.from_bytes(head[:4], "big") != 0):
        return "m4a"
    if head[:4] == b"\x1a\x45\xdf\xa3" and any(
        name in data.at(position, 256) for name in (b"webm", b"matroska")
    ):
        return "webm"
    return begins(data, position, stop)


def _is_stranger(head: bytes) -> bool:
    return any(head.startswith(magic) for magic in _STRANGERS)


def describe_stranger(head: bytes) -> str:
    r"""Guess what a file that is not audio contains, for the error message.

    >>> describe_stranger(b"%PDF-1.7")
    'a PDF document'
    >>> describe_stranger(b"Dear Sir")
    'text'
    >>> describe_stranger(b"RIFF\x10\0\0\0AVI LIST")
    'an AVI film'
    """
    for magic, name in _STRANGERS.items():
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF" and head[8:12] in _RIFF_STRANGERS:
        return _RIFF_STRANGERS[head[8:12]]
    if head and all(byte in b"\t\r\n" or 32 <= byte < 127 for byte in head):
        return "text"
    return f"unknown data (it starts with {head[:4].hex(' ')})"
