"""What a file is by its first bytes, and what each container that estilo writes can hold."""

from dataclasses import dataclass
from typing import BinaryIO

MIN_SAMPLE_RATE_HZ = 8_000
MAX_SAMPLE_RATE_HZ = 192_000
MAX_CHANNELS = 8

# What the name of a file promises, for the warning about a wrong extension.
EXTENSIONS: dict[str, str] = {
    "wav": "wav", "wave": "wav", "bwf": "wav", "rf64": "wav", "flac": "flac",
    "ogg": "ogg", "oga": "ogg", "opus": "opus", "mp3": "mp3",
    "aif": "aiff", "aiff": "aiff", "aifc": "aiff", "caf": "caf",
    "m4a": "m4a", "mp4": "m4a", "m4b": "m4a", "mov": "m4a", "alac": "m4a", "aac": "aac",
}  # fmt: skip

# Formats that soundfile does not know; PyAV (the extra "formats") reads them.
NEEDS_PYAV = frozenset({"m4a", "aac"})

READABLE = "wav, flac, ogg, opus, mp3, aiff, caf and, with the extra 'formats', m4a and aac"

# Files that people hand over by mistake, named in the message.
_STRANGERS: dict[bytes, str] = {
    b"%PDF": "a PDF document", b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture", b"PK\x03\x04": "a zip archive", b"\x1f\x8b": "a gzip archive",
    b"\x7fELF": "a program", b"\x1aE\xdf\xa3": "a Matroska or WebM film",
    b"MThd": "a MIDI file (notes, not sound)", b".snd": "a Sun AU file",
    b"0&\xb2u": "a Windows Media file", b"\x93NUM": "a numpy array", b"<!DO": "a web page",
    b"<htm": "a web page", b"version https://git-lfs": "a Git LFS pointer (run git lfs pull)",
}  # fmt: skip


def sniff(stream: BinaryIO) -> str | None:
    """Format of a file by its first bytes, or None when it is none that estilo reads.

    Args:
        stream: an open file; its position is moved.

    Returns:
        "wav", "rf64", "flac", "ogg", "opus", "mp3", "aiff", "caf", "m4a" or "aac".
    """
    stream.seek(0)
    head = stream.read(64)
    if head[:3] == b"ID3" and len(head) >= 10:
        stream.seek(10 + id3_size(head))
        return "flac" if stream.read(4) == b"fLaC" else "mp3"
    if head[8:12] == b"WAVE" and head[:4] in (b"RIFF", b"RIFX"):
        return "wav"
    if head[8:12] == b"WAVE" and head[:4] in (b"RF64", b"BW64"):
        return "rf64"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[:4] == b"OggS":
        return "opus" if b"OpusHead" in head else "ogg"
    if head[:4] in (b"fLaC", b"caff"):
        return "flac" if head[:1] == b"f" else "caf"
    if head[4:8] == b"ftyp":
        return "m4a"
    return _sniff_mpeg(head)


def id3_size(head: bytes) -> int:
    """Bytes of an ID3v2 tag after its ten-byte head (a number of four times seven bits).

    >>> id3_size(b"ID3" + bytes([4, 0, 0, 0, 0, 1, 1]))
    129
    """
    return sum(
        (byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True)
    )


def _sniff_mpeg(head: bytes) -> str | None:
    """MPEG audio without a tag: a frame header whose every field is a legal one."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    if layer == 0:  # ADTS carries AAC behind the same sync word, with the layer at zero
        return "aac" if head[1] & 0xF6 == 0xF0 and head[2] >> 2 & 15 < 13 else None
    # Layer I is left out: the byte order mark of a UTF-16 text looks just like it.
    is_legal = version != 1 and layer in (1, 2) and head[2] >> 4 != 15 and head[2] >> 2 & 3 != 3
    return "mp3" if is_legal else None


def describe_stranger(head: bytes) -> str:
    """Guess what a file that is not audio contains, for the error message.

    >>> describe_stranger(b"%PDF-1.7")
    'a PDF document'
    >>> describe_stranger(b"Dear Sir")
    'text'
    """
    for magic, name in _STRANGERS.items():
        if head.startswith(magic):
            return name
    if head and all(byte in b"\t\r\n" or 32 <= byte < 127 for byte in head):
        return "text"
    return f"unknown data (it starts with {head[:4].hex(' ')})"


@dataclass(frozen=True)
class Container:
    """What one kind of output file can hold.

    Args:
        name: name of the format, as the user knows it.
        major: libsndfile's name of the container.
        subtypes: bit depth to libsndfile's subtype; the key None for a lossy codec.
        sample_rates_hz: the only rates it knows, or None for any.
        max_channels: the most channels.
        max_bytes: the largest file, or None.
        tag_keys: the tags that it gives back as they were.
        max_tag_bytes: longer tags would be dropped by libsndfile, so the writer cuts them.
    """

    name: str
    major: str
    subtypes: dict[str | None, str]
    sample_rates_hz: tuple[int, ...] | None = None
    max_channels: int = MAX_CHANNELS
    max_bytes: int | None = None
    tag_keys: tuple[str, ...] = ()
    max_tag_bytes: int | None = None

    @property
    def is_lossy(self) -> bool:
        """Whether the codec has no bit depth."""
        return None in self.subtypes


_PCM: dict[str | None, str] = {"16": "PCM_16", "24": "PCM_24", "32": "PCM_32", "float": "FLOAT"}
_ALL_TAGS = (
    "title", "artist", "album", "date", "comment", "genre", "tracknumber", "copyright", "license",
)  # fmt: skip
_MPEG_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)

CONTAINERS: dict[str, Container] = {
    "wav": Container(
        "wav", "WAV", _PCM, max_bytes=2**32 - 2**16, tag_keys=_ALL_TAGS[:-1], max_tag_bytes=1000
    ),
    # The 64-bit form of wav, taken when the result does not fit into 4 GiB.
    "rf64": Container("wav (RF64)", "RF64", _PCM, tag_keys=_ALL_TAGS[:-1], max_tag_bytes=1000),
    "flac": Container("flac", "FLAC", {"16": "PCM_16", "24": "PCM_24"}, tag_keys=_ALL_TAGS),
    "ogg": Container("ogg", "OGG", {None: "VORBIS"}, tag_keys=_ALL_TAGS),
    "opus": Container(
        "opus", "OGG", {None: "OPUS"}, (8000, 12000, 16000, 24000, 48000), tag_keys=_ALL_TAGS
    ),
    "mp3": Container(
        "mp3", "MP3", {None: "MPEG_LAYER_III"}, _MPEG_RATES, max_channels=2, tag_keys=_ALL_TAGS[:-1]
    ),
    "aiff": Container(
        "aiff", "AIFF", _PCM, max_bytes=2**32 - 2**16,
        tag_keys=("title", "artist", "comment"), max_tag_bytes=1000,
    ),
    "caf": Container("caf", "CAF", _PCM, tag_keys=_ALL_TAGS, max_tag_bytes=1000),
}  # fmt: skip

WRITABLE = {
    "wav": "wav", "wave": "wav", "rf64": "rf64", "flac": "flac", "ogg": "ogg", "oga": "ogg",
    "opus": "opus", "mp3": "mp3", "aif": "aiff", "aiff": "aiff", "caf": "caf",
}  # fmt: skip
