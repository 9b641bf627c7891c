"""A recording's file, opened once: described on opening, decoded and hashed on demand."""

import hashlib
import math
from contextlib import ExitStack
from io import BufferedRandom
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from estilo.audio import Audio
from estilo.errors import AudioFileError, SettingsError
from estilo.files import open_plain
from estilo.io.joined import PADDING, JoinedRecordings
from estilo.io.probe import AudioInfo, cut_off, examine
from estilo.io.scratch import SampleStore
from estilo.surroundings import own_surroundings
from estilo.units import LONGEST_S

# 200 dB over full scale is no recording; it comes of a wrong header and overflows when squared.
_MAX_AMPLITUDE = 1e10


class RecordingFile:
    """The file of a recording, open until its context ends.

    Args:
        path: wav, flac, ogg, opus, mp3, aiff, caf, w64, and m4a, aac or webm with the extra
            ``formats``; a wrong extension only warns.
        accept_truncated: take what is there of a file that was cut off, instead of refusing it.
        piped: what came through a pipe, as a file that is open for reading in binary mode and is
            closed with this one; the path is then only what it is called.

    Attributes:
        path: of the file, or what it is called.
        is_piped: whether it came through a pipe, so that no path leads to it.
        info: what its header says.

    Raises:
        AudioFileError: it is missing, unreadable, not audio, empty, cut off, or outside 8 to
            192 kHz and 1 to 8 channels.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        accept_truncated: bool = False,
        piped: BufferedRandom | None = None,
    ) -> None:
        self.path = Path(path)
        self.is_piped = piped is not None
        self._accept_truncated = accept_truncated
        with ExitStack() as stack:
            stream = open_plain(self.path, error=AudioFileError) if piped is None else piped
            self._stream = stack.enter_context(stream)
            kind, parts = examine(
                self.path, stream, accept_truncated=accept_truncated, is_piped=self.is_piped
            )
            self._recordings = JoinedRecordings(
                self._stream, self.path, kind, parts, accept_truncated=accept_truncated
            )
            self.info: AudioInfo = self._recordings.info
            self._stack = stack.pop_all()

    @own_surroundings()
    def read(self, *, offset_s: float = 0.0, duration_s: float | None = None) -> Audio:
        """Decode the recording, or a part of it, to float32.

        Recordings of more than 256 MiB come as an array that is mapped from an unnamed temporary
        file. PCM of 32 bits and float of 64 are rounded to float32.

        Args:
            offset_s: time to begin at, in seconds.
            duration_s: how much to take, in seconds; everything up to the end when None. A duration
                that reaches beyond the end is shortened.

        Raises:
            AudioFileError: the file cannot be decoded; the message says why and what to do.
            SettingsError: ``offset_s`` or ``duration_s`` is not a time.
        """
        check_span(offset_s, duration_s)
        start, stop = _span(self.info, offset_s, duration_s)
        padding = PADDING.get(self.info.format, 0) if stop == self.info.n_samples else 0
        # Of some the length is estimated; one sample beyond tells that much more would follow.
        more = padding + 1 if self._recordings.is_estimate and padding else 0
        store = SampleStore(self.info.n_channels, stop + more - start)
        try:
            n_samples = 0
            for block in self._recordings.blocks(start, stop + more):
                _check_samples(self.path, block, start + n_samples)
                store.append(block)
                n_samples += len(block)
            if n_samples < stop - start - padding and not self._accept_truncated:
                raise cut_off(
                    self.path,
                    self.info.n_samples,
                    start + n_samples,
                    self.info.sample_rate,
                    "can be decoded up to",
                )
            if more and n_samples == stop + more - start:
                raise AudioFileError(
                    f"{self.path} is longer than the {self.info.duration_s:.3f} s that its header "
                    "promises; convert it to wav or flac"
                )
            if n_samples == 0:
                raise AudioFileError(
                    f"{self.path} has no samples that can be decoded from {offset_s} s on; "
                    "give the whole file"
                )
            return Audio(store.finish(), self.info.sample_rate)
        finally:
            store.close()

    def sha256(self) -> str:
        """SHA-256 of the file, in hexadecimal."""
        position = self._stream.tell()
        self._stream.seek(0)
        digest = hashlib.file_digest(self._stream, "sha256").hexdigest()
        self._stream.seek(position)
        return digest

    def close(self) -> None:
        """Close the file."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def probe(path: str | PathLike[str], *, accept_truncated: bool = False) -> AudioInfo:
    """Read the header of a recording, and weigh what it promises against the size of the file.

    Args:
        path: a recording; a wrong extension only warns.
        accept_truncated: describe what is there of a file that was cut off.

    Raises:
        AudioFileError: it is missing, unreadable, not audio, empty, cut off, or outside 8 to
            192 kHz and 1 to 8 channels.

    Example:
        >>> probe("missing.wav")
        Traceback (most recent call last):
        ...
        estilo.errors.AudioFileError: missing.wav does not exist; check the spelling and the folder
    """
    with RecordingFile(path, accept_truncated=accept_truncated) as file:
        return file.info


def load(
    path: str | PathLike[str],
    *,
    offset_s: float = 0.0,
    duration_s: float | None = None,
    accept_truncated: bool = False,
) -> Audio:
    """Decode a recording, or a part of it, to float32; see `RecordingFile.read`.

    Args:
        path: wav, flac, ogg, opus, mp3, aiff, caf, w64, and m4a, aac or webm with the extra
            ``formats``.
        offset_s: time to begin at, in seconds.
        duration_s: how much to take, in seconds; everything up to the end when None. A duration
            that reaches beyond the end is shortened.
        accept_truncated: take what is there of a file that was cut off, instead of refusing it.

    Raises:
        AudioFileError: the file cannot be used; the message says why and what to do.
        SettingsError: ``offset_s`` or ``duration_s`` is not a time.

    Example:
        >>> load("missing.wav")
        Traceback (most recent call last):
        ...
        estilo.errors.AudioFileError: missing.wav does not exist; check the spelling and the folder
    """
    check_span(offset_s, duration_s)
    with RecordingFile(path, accept_truncated=accept_truncated) as file:
        return file.read(offset_s=offset_s, duration_s=duration_s)


def check_span(offset_s: float, duration_s: float | None) -> None:
    """Refuse what is no part of a recording.

    Args:
        offset_s: where the part begins, in seconds.
        duration_s: how long it is, in seconds; None for all that follows.

    Raises:
        SettingsError: one of them is not a time.
    """
    if not 0 <= offset_s <= LONGEST_S:
        raise SettingsError(
            f"the offset must be 0 s or more, got {offset_s}; give seconds, up to 30 years of them"
        )
    if duration_s is not None and not 0 < duration_s <= LONGEST_S:
        raise SettingsError(
            f"the duration must be more than 0 s, got {duration_s}; give seconds, up to 30 years "
            "of them"
        )


def _span(info: AudioInfo, offset_s: float, duration_s: float | None) -> tuple[int, int]:
    """First and last sample (exclusive) of the part that was asked for."""
    start = round(offset_s * info.sample_rate)
    if start >= info.n_samples:
        raise AudioFileError(
            f"{info.path} is {info.duration_s:.3f} s long, and the offset of {offset_s} s lies "
            "beyond its end; give a smaller offset"
        )
    if duration_s is None:
        return start, info.n_samples
    return start, min(start + max(round(duration_s * info.sample_rate), 1), info.n_samples)


def _check_samples(path: Path, block: np.ndarray, start: int) -> None:
    """Refuse what no engine survives; **Shape** of ``block`` ``(time, channels)``."""
    with np.errstate(invalid="ignore"):
        is_bad = ~(np.abs(block) <= _MAX_AMPLITUDE)
    if not is_bad.any():
        return
    sample, channel = (int(index) for index in np.argwhere(is_bad)[0])
    value = float(block[sample, channel])
    place = f"at sample {start + sample} of channel {channel + 1}"
    if math.isfinite(value):
        raise AudioFileError(
            f"{path} has the value {value:.3g} {place}; full scale is ±1, so its header or its "
            "data are damaged; export it again"
        )
    what = "NaN" if math.isnan(value) else "an infinite value"
    raise AudioFileError(
        f"{path} has {what} {place}; repair it in an audio editor or export it again"
    )
