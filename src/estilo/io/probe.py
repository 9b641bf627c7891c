"""What a recording is, from its header alone, and whether the header can be believed."""

import os
import stat
import struct
import warnings
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from estilo.errors import AudioFileError
from estilo.io import decode
from estilo.io.formats import (
    EXTENSIONS,
    MAX_CHANNELS,
    MAX_SAMPLE_RATE_HZ,
    MIN_SAMPLE_RATE_HZ,
    READABLE,
    describe_stranger,
    sniff,
)
from estilo.io.headers import READERS, Claims

_BIT_DEPTHS = {"pcm_24": "24", "pcm_32": "32", "float": "float", "double": "float"}


class AudioFileWarning(UserWarning):
    """A recording is odd but usable."""


@dataclass(frozen=True)
class AudioInfo:
    """What the header of a recording says.

    Args:
        path: the file.
        format: what it is by its content, whatever its name: "wav", "rf64", "flac", "ogg", "opus",
            "mp3", "aiff", "caf", "m4a" or "aac".
        encoding: how its samples are stored ("pcm_16", "float", "vorbis", "aac").
        sample_rate: sample rate in Hz.
        n_channels: number of channels.
        n_samples: samples per channel; of m4a and aac the count may be a frame off.
        bit_depth: "16", "24", "32" or "float", for lossy and 8-bit files the nearest, "16".
        tags: title, artist, album, date, comment, genre, tracknumber, copyright and license, as far
            as the file has them.
    """

    path: Path
    format: str
    encoding: str
    sample_rate: int
    n_channels: int
    n_samples: int
    bit_depth: str
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        """Duration in seconds."""
        return self.n_samples / self.sample_rate


def examine(path: Path, stream: BinaryIO, *, accept_truncated: bool) -> tuple[str, Claims]:
    """What kind of file it is and what its header claims, before any decoder sees it.

    Args:
        path: path of the file, for error messages.
        stream: file that is open for reading in binary mode.
        accept_truncated: take what is there of a file that was cut off.

    Raises:
        AudioFileError: it is not audio, cut off, or outside 8 to 192 kHz and 1 to 8 channels.
    """
    try:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        kind = _identify(path, stream)
        claims = _read_claims(path, stream, kind, size)
    except OSError as error:
        raise _unreadable(path, error) from error
    _check_claims(path, claims, accept_truncated=accept_truncated)
    return kind, claims


def described(
    path: Path, kind: str, claims: Claims, source: decode.Decoder, *, accept_truncated: bool
) -> AudioInfo:
    """What a recording is, by its header and its decoder.

    Args:
        path: path of the file.
        kind: kind of file, from `examine`.
        claims: claims of the header, from `examine`.
        source: the decoder.
        accept_truncated: take what is there of a file that was cut off.

    Raises:
        AudioFileError: as in `examine`, or it is empty.
    """
    info = _describe(path, kind, source)
    if claims.n_possible is not None and info.n_samples > claims.n_possible:
        claims = Claims(info.sample_rate, info.n_channels, info.n_samples, claims.n_possible)
        _check_claims(path, claims, accept_truncated=accept_truncated)
        info = AudioInfo(**{**vars(info), "n_samples": claims.n_possible})
    if info.n_samples <= 0:
        raise AudioFileError(f"{path} is 0 samples long; give a file with audio")
    return info


def open_plain(path: Path) -> BufferedReader:
    """Open a plain, readable, non-empty file.

    Raises:
        AudioFileError: it is missing, a folder, a device, empty, or may not be read.
    """
    _check_path(path)
    try:
        return path.open("rb")
    except OSError as error:
        raise _unreadable(path, error) from error


def _check_path(path: Path) -> None:
    """Refuse what is no plain, non-empty file."""
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise AudioFileError(f"{path} does not exist; check the spelling and the folder") from error
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise _unreadable(path, error) from error
    if stat.S_ISDIR(status.st_mode):
        raise AudioFileError(f"{path} is a folder; give the path of one audio file")
    if not stat.S_ISREG(status.st_mode):
        raise AudioFileError(
            f"{path} is a pipe or a device, not a plain file; save the audio to a file first"
        )
    if status.st_size == 0:
        raise AudioFileError(f"{path} is an empty file (0 bytes); give a file with audio")


def _unreadable(path: Path, error: Exception) -> AudioFileError:
    if isinstance(error, PermissionError):
        return AudioFileError(
            f"{path} may not be read (no permission); change its permissions or copy it"
        )
    reason = getattr(error, "strerror", None) or error
    return AudioFileError(f"{path} cannot be read: {reason}; check the path and the disk")


def _identify(path: Path, stream: BinaryIO) -> str:
    kind = sniff(stream)
    if kind is None:
        stream.seek(0)
        raise AudioFileError(
            f"{path} is not audio that estilo reads but {describe_stranger(stream.read(64))}; "
            f"give one of {READABLE}"
        )
    promised = EXTENSIONS.get(path.suffix.lower().removeprefix("."))
    family = {"rf64": "wav", "opus": "ogg"}
    if family.get(promised or "", promised) != family.get(kind, kind):
        warnings.warn(
            f"{path} holds {kind} audio, which its name does not say; it is read all the same",
            AudioFileWarning,
            stacklevel=5,
        )
    return kind


def _read_claims(path: Path, stream: BinaryIO, kind: str, size: int) -> Claims:
    if kind not in READERS:
        return Claims()
    try:
        return READERS[kind](stream, size)
    except struct.error as error:
        raise AudioFileError(
            f"{path} starts like {kind} but its header breaks off after {size} bytes; "
            "give the whole file"
        ) from error


def _check_ranges(path: Path, sample_rate: int | None, n_channels: int | None) -> None:
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


def _check_claims(path: Path, claims: Claims, *, accept_truncated: bool) -> None:
    """Refuse what the header shows to be wrong, before anything is allocated or decoded."""
    _check_ranges(path, claims.sample_rate, claims.n_channels)
    if accept_truncated:
        return
    if claims.cut is not None:
        raise AudioFileError(
            f"{path} is cut off: {claims.cut}; give the whole file, or accept truncated files "
            "(--accept-truncated) to take what is there"
        )
    promised, possible = claims.n_promised, claims.n_possible
    if promised is not None and possible is not None and promised > possible:
        raise cut_off(path, promised, possible, claims.sample_rate, "has room for")


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


def _describe(path: Path, kind: str, source: decode.Decoder) -> AudioInfo:
    _check_ranges(path, source.sample_rate, source.n_channels)
    n_samples = source.n_samples
    if n_samples >= decode.UNKNOWN_LENGTH:
        n_samples = sum(len(block) for block in source.blocks(0, decode.UNKNOWN_LENGTH))
    return AudioInfo(
        path=path,
        format=kind,
        encoding=source.encoding,
        sample_rate=source.sample_rate,
        n_channels=source.n_channels,
        n_samples=n_samples,
        bit_depth=_BIT_DEPTHS.get(source.encoding, source.bit_depth),
        tags=source.tags,
    )
