"""Tags into files: through libsndfile, and for mp3 as an ID3v2.4 tag of our own."""

import contextlib
from collections.abc import Iterable, Mapping

import soundfile as sf

from estilo.io.formats import Container

_ID3_FRAMES = {
    "title": "TIT2", "artist": "TPE1", "album": "TALB", "date": "TDRC", "genre": "TCON",
    "tracknumber": "TRCK", "copyright": "TCOP",
}  # fmt: skip


def fitting_tags(tags: Mapping[str, str], container: Container) -> dict[str, str]:
    """The tags that a container gives back unchanged, cut to the length that it holds.

    Args:
        tags: texts by name, as in `estilo.io.probe.AudioInfo`.
        container: format of the file.
    """
    fitting = {}
    for key, value in tags.items():
        text = str(value).replace("\0", "").strip()
        if container.max_tag_bytes is not None:
            text = text.encode()[: container.max_tag_bytes].decode(errors="ignore")
        if text and key in container.tag_keys:
            fitting[key] = text
    return fitting


def write_tags(file: sf.SoundFile, tags: Mapping[str, str]) -> None:
    """Set tags before the first sample is written; one that libsndfile refuses is left out.

    Args:
        file: file that is open for writing and has no sample yet.
        tags: texts by name.
    """
    for key, value in tags.items():
        with contextlib.suppress(sf.SoundFileError, RuntimeError):
            setattr(file, key, value)


def id3_tag(tags: Mapping[str, str], frames: Iterable[tuple[bytes, bytes]] = ()) -> bytes:
    r"""ID3v2.4 tag in UTF-8; libsndfile would write UTF-8 and call it Latin-1.

    Args:
        tags: texts by name.
        frames: further frames, by name and content.

    Reference: M. Nilsson, ID3 tag version 2.4.0 - Native Frames (2000), https://id3.org.

    >>> id3_tag({"title": "é"})[10:]
    b'TIT2\x00\x00\x00\x03\x00\x00\x03\xc3\xa9'
    """
    made = b"".join(
        _id3_frame(_ID3_FRAMES[key], b"\x03" + text.encode())
        for key, text in tags.items()
        if key in _ID3_FRAMES
    )
    if "comment" in tags:  # language, then an empty description
        made += _id3_frame("COMM", b"\x03eng\0" + tags["comment"].encode())
    made += b"".join(_id3_frame(name.decode(), content) for name, content in frames)
    return b"ID3\x04\0\0" + _synchsafe(len(made)) + made if made else b""


def _id3_frame(name: str, content: bytes) -> bytes:
    return name.encode() + _synchsafe(len(content)) + b"\0\0" + content


def _synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
