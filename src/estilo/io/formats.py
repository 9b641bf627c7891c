"""The formats that estilo reads, and what each container that it writes can hold."""

from dataclasses import dataclass

MIN_SAMPLE_RATE_HZ = 8_000
MAX_SAMPLE_RATE_HZ = 192_000
MAX_CHANNELS = 8

# What the name of a file promises, for the warning about a wrong extension.
EXTENSIONS: dict[str, str] = {
    "wav": "wav", "wave": "wav", "bwf": "wav", "rf64": "wav", "w64": "w64", "flac": "flac",
    "ogg": "ogg", "oga": "ogg", "opus": "opus", "mp3": "mp3", "mp2": "mp3",
    "aif": "aiff", "aiff": "aiff", "aifc": "aiff", "caf": "caf",
    "m4a": "m4a", "mp4": "m4a", "m4b": "m4a", "mov": "m4a", "alac": "m4a", "aac": "aac",
    "webm": "webm", "weba": "webm", "mka": "webm", "mkv": "webm",
}  # fmt: skip

# Formats that soundfile does not know; PyAV (the extra "formats") reads them.
NEEDS_PYAV = frozenset({"m4a", "aac", "webm"})

READABLE = (
    "wav, flac, ogg, opus, mp3, aiff, caf, w64 and, with the extra 'formats', "
    "m4a, mov, aac and webm"
)


@dataclass(frozen=True)
class Container:
    """What one kind of output file can hold.

    Args:
        name: name of the format, as the user knows it.
        major: libsndfile's name of the container; empty where PyAV writes it.
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
_AAC_RATES = (
    8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000,
)  # fmt: skip
_MPEG_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)

CONTAINERS: dict[str, Container] = {
    "wav": Container(
        "wav", "WAV", _PCM, max_bytes=2**32 - 2**25, tag_keys=_ALL_TAGS[:-1], max_tag_bytes=1000
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
        "aiff", "AIFF", _PCM, max_bytes=2**32 - 2**25,
        tag_keys=("title", "artist", "comment"), max_tag_bytes=1000,
    ),
    "m4a": Container(
        "m4a", "", {None: "AAC"}, _AAC_RATES, max_channels=2, tag_keys=_ALL_TAGS[:-1]
    ),
    "caf": Container("caf", "CAF", _PCM, tag_keys=_ALL_TAGS, max_tag_bytes=1000),
}  # fmt: skip

WRITABLE = {
    "wav": "wav", "wave": "wav", "rf64": "rf64", "flac": "flac", "ogg": "ogg", "oga": "ogg",
    "opus": "opus", "mp3": "mp3", "aif": "aiff", "aiff": "aiff", "caf": "caf", "m4a": "m4a",
}  # fmt: skip
