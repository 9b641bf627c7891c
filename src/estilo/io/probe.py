"""What a recording is, from its header alone, and whether the header can be believed."""

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from estilo.errors import AudioFileError
from estilo.io.bytes_of import FileBytes
from estilo.io.decode import undecodable
from estilo.io.formats import (
    EXTENSIONS,
    MAX_CHANNELS,
    MAX_SAMPLE_RATE_HZ,
    MIN_SAMPLE_RATE_HZ,
    READABLE,
)
from estilo.io.headers import Part, UnreadableError, describe_stranger, read_parts, sniff
from estilo.io.headers.part import MAX_JUNK_BYTES
from estilo.io.metadata import Metadata
from estilo.remarks import warn


class AudioFileWarning(UserWarning):
    """A recording is odd but usable."""


@dataclass(frozen=True)
class AudioInfo:
    """What the header of a recording says.

    Args:
        path: the file.
        format: what it is by its content, whatever its name: "wav", "rf64", "w64", "flac", "ogg",
            "opus", "mp3", "aiff", "caf", "m4a", "aac" or "webm".
        encoding: how its samples are stored ("pcm_16", "float", "vorbis", "aac").
        sample_rate: sample rate in Hz.
        n_channels: number of channels.
        n_samples: samples per channel; of aac, webm and m4a in fragments it may be a frame off.
        bit_depth: "16", "24", "32" or "float", for lossy and 8-bit files the nearest, "16".
        tags: title, artist, album, date, comment, genre, tracknumber, copyright and license, as far
            as the file has them.
        channel_mask: where the channels belong, as WAVE's channel mask, in whose order they are
            read; 0 where the file says that they have no places, None where it says nothing.
        metadata: blocks of the file that are kept where the output is like it; None if there are
            none, and where several recordings were joined.
    """

    path: Path
    format: str
    encoding: str
    sample_rate: int
    n_channels: int
    n_samples: int
    bit_depth: str
    tags: dict[str, str] = field(default_factory=dict)
    channel_mask: int | None = None
    metadata: Metadata | None = None

    @property
    def duration_s(self) -> float:
        """Duration in seconds."""
        return self.n_samples / self.sample_rate


def examine(
    path: Path, stream: BinaryIO, *, accept_truncated: bool, is_piped: bool = False
) -> tuple[str, list[Part]]:
    """What kind of file it is and what its headers promise, before any decoder sees it.

    Args:
        path: path of the file, for error messages.
        stream: file that is open for reading in binary mode.
        accept_truncated: take what is there of a file that was cut off.
        is_piped: whether the path is a mere name, which cannot promise a kind of file.

    Returns:
        The kind, from `headers.sniff`, and the recordings in it.

    Raises:
        AudioFileError: it is empty, not audio, cut off, or outside 8 to 192 kHz and 1 to 8
            channels.
    """
    try:
        data = FileBytes(stream)
        if data.size == 0:
            what = "is empty" if is_piped else "is an empty file"
            raise AudioFileError(f"{path} {what} (0 bytes); give a file with audio")
        kind, start, passed_over = _identify(path, data)
        if not is_piped:
            _check_name(path, kind)
        parts = _read_parts(path, data, kind, start)
    except OSError as error:
        raise _unreadable(path, error) from error
    for part in parts:
        _check_promises(path, part, accept_truncated=accept_truncated)
    for remark in filter(None, [passed_over, *(text for part in parts for text in part.remarks)]):
        warn_of(path, f"is untidy: {remark}")
    return kind, parts


def refuse_strangers(path: Path, stream: BinaryIO) -> None:
    """Refuse what is surely no audio by its beginning alone, before the rest of it comes.

    Args:
        path: what it is called in messages.
        stream: what came so far, as a file that is open for reading in binary mode.

    Raises:
        AudioFileError: it is no audio, whatever follows.
    """
    data = FileBytes(stream)
    kind, start, _ = sniff(data)
    # Behind tags or zeros that go on to its end a recording may still begin.
    if kind is None and start + MAX_JUNK_BYTES < data.size:
        raise _stranger(path, data, start)


def warn_of(path: Path, text: str) -> None:
    """Warn that a recording is odd but usable.

    Args:
        path: path of the file.
        text: what is odd about it.
    """
    warn(f"{path} {text}", AudioFileWarning, stacklevel=5)


def _unreadable(path: Path, error: Exception) -> AudioFileError:
    if isinstance(error, PermissionError):
        return AudioFileError(
            f"{path} may not be read (no permission); change its permissions or copy it"
        )
    reason = getattr(error, "strerror", None) or error
    return AudioFileError(f"{path} cannot be read: {reason}; check the path and the disk")


def _identify(path: Path, data: FileBytes) -> tuple[str, int, str | None]:
    kind, start, passed_over = sniff(data)
    if kind is None:
        raise _stranger(path, data, start)
    return kind, start, passed_over


def _stranger(path: Path, data: FileBytes, start: int) -> AudioFileError:
    return AudioFileError(
        f"{path} is not audio that estilo reads but {describe_stranger(data.at(start, 64))}; "
        f"give one of {READABLE}"
    )


def _check_name(path: Path, kind: str) -> None:
    promised = EXTENSIONS.get(path.suffix.lower().removeprefix("."))
    family = {"rf64": "wav", "opus": "ogg"}
    if family.get(promised or "", promised) != family.get(kind, kind):
        warn_of(path, f"holds {kind} audio, which its name does not say; it is read all the same")


def _read_parts(path: Path, data: FileBytes, kind: str, start: int) -> list[Part]:
    try:
        return read_parts(data, kind, start)
    except (struct.error, IndexError) as error:
        raise AudioFileError(
            f"{path} starts like {kind} but its header breaks off after {data.size} bytes; "
            "give the whole file"
        ) from error
    except UnreadableError as error:
        raise undecodable(path, error) from error


def check_ranges(path: Path, sample_rate: int | None, n_channels: int | None) -> None:
    """Refuse a sample rate or a number of channels that estilo does not take.

    Args:
        path: path of the file.
        sample_rate: sample rate in Hz; None where it is not known.
        n_channels: number of channels; None where it is not known.

    Raises:
        AudioFileError: one of them is outside 8 to 192 kHz and 1 to 8 channels.
    """
    if sample_rate is not None and not MIN_SAMPLE_RATE_HZ <= sample_rate <= MAX_SAMPLE_RATE_HZ:
        raise AudioFileError(
            f"{path} has a sample rate of {sample_rate} Hz by its header; estilo takes "
            f"{MIN_SAMPLE_RATE_HZ} to {MAX_SAMPLE_RATE_HZ} Hz; resample it, or repair the header"
        )
    if n_channels is not None and not 1 <= n_channels <= MAX_CHANNELS:
        raise AudioFileError(
            f"{path} has {n_channels} channels by its header; estilo takes 1 to {MAX_CHANNELS}; "
            "mix it down, or repair the header"
        )


def _check_promises(path: Path, part: Part, *, accept_truncated: bool) -> None:
    """Refuse what the header shows to be wrong, before anything is allocated or decoded."""
    check_ranges(path, part.sample_rate, part.n_channels)
    if accept_truncated:
        return
    if part.cut is not None:
        raise AudioFileError(
            f"{path} is cut off: {part.cut}; give the whole file, or accept truncated files "
            "(--accept-truncated) to take what is there"
        )
    promised, possible = part.n_promised, part.n_possible
    if promised is not None and possible is not None and promised > possible:
        raise cut_off(path, promised, possible, part.sample_rate, "has room for")


def cut_off(
    path: Path, n_promised: int, n_there: int, sample_rate: int | None, verb: str
) -> AudioFileError:
    """The error of a file that is shorter than its header says, with both lengths.

    Args:
        path: path of the file.
        n_promised: samples per channel that its header promises.
        n_there: samples per channel that are there.
        sample_rate: sample rate in Hz; None where it is not known.
        verb: what the file does with the samples that are there: has room for them, holds them.
    """

    def length(n_samples: int) -> str:
        seconds = f" ({n_samples / sample_rate:.3f} s)" if sample_rate else ""
        return f"{n_samples} samples{seconds}"

    return AudioFileError(
        f"{path} is cut off or damaged: its header promises {length(n_promised)} and the "
        f"file {verb} {length(n_there)}; give the whole file, or accept truncated files "
        "(--accept-truncated) to take what is there"
    )
