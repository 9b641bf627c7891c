"""Decoders that give blocks of float32: libsndfile, and PyAV for what libsndfile does not know."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
import soundfile as sf

from estilo.errors import AudioFileError
from estilo.interrupts import interrupts_wait
from estilo.io.bytes_of import View
from estilo.io.formats import NEEDS_PYAV
from estilo.io.headers import Part
from estilo.io.layouts import SPEAKERS
from estilo.io.quiet import decoders_are_quiet

BLOCK_LENGTH = 2**16
UNKNOWN_LENGTH = 2**62  # libsndfile says 2**63 - 1 when the header does not tell

# libsndfile finds any sample of these exactly; of the others (ogg near its end, mp3 by rounding) it
# does not, and their decoders are fast enough to read what comes before and drop it.
_SEEKS_EXACTLY = ("PCM_", "FLOAT", "DOUBLE", "ULAW", "ALAW")
# FFmpeg is told what to look for, so that no other of its many readers meets a stranger's file.
_DEMUXERS = {"m4a": "mov", "aac": "aac", "webm": "matroska"}

# PyAV looks behind the last of so many, and crashes.
_TOO_MANY_PLANES = 8

_TAG_NAMES = {"track": "tracknumber"}
_KEPT_TAGS = frozenset(
    ("title", "artist", "album", "date", "comment", "genre", "tracknumber", "copyright", "license")
)


class Decoder(Protocol):
    """An open recording.

    `speakers` are the places of its channels, as in `headers.Part`; of `n_streams` streams of sound
    side by side the first is read.
    """

    sample_rate: int
    n_channels: int
    n_samples: int
    encoding: str
    bit_depth: str
    tags: dict[str, str]
    speakers: tuple[int, ...] | None
    n_streams: int

    def blocks(self, start: int, stop: int) -> Iterator[np.ndarray]:
        """Decode a stretch in blocks; it ends early where the data end or break.

        Args:
            start: first sample to decode, from 0.
            stop: sample before which to stop.

        Yields:
            Blocks of shape ``(time, channels)``.
        """
        ...


def open_part(
    stream: BinaryIO, path: Path, kind: str, part: Part
) -> AbstractContextManager[Decoder]:
    """Open one recording of a file.

    Args:
        stream: file that is open for reading in binary mode.
        path: path of the file, for error messages.
        kind: what the file is, from `headers.sniff`.
        part: where the recording is and what its header promises.

    Raises:
        AudioFileError: it cannot be decoded, or needs PyAV, which is not installed.
    """
    if kind in NEEDS_PYAV:
        return _open_av(stream, path, kind, part)
    return _open_soundfile(stream, path, part)


@contextmanager
def _open_soundfile(stream: BinaryIO, path: Path, part: Part) -> Iterator[Decoder]:
    try:
        with interrupts_wait(), decoders_are_quiet():
            file = sf.SoundFile(View(stream, part.pieces), closefd=False)  # type: ignore[arg-type]
    except (sf.SoundFileError, RuntimeError, TypeError, ValueError) as error:
        reason = getattr(error, "error_string", str(error)).rstrip(".")
        if "does not exist" in reason:  # what libsndfile says of an mp3 without a whole frame
            reason = "no sound was found in it"
        raise undecodable(path, reason) from error
    with file:
        if file.subtype in ("ALAC_20", "ALAC_24", "ALAC_32"):
            # libsndfile 1.2.2 decodes these to noise, and crashes on some.
            raise AudioFileError(
                f"{path} is ALAC of more than 16 bits in a caf file, which cannot be decoded "
                "safely; convert it to wav, flac or m4a"
            )
        yield _SoundfileDecoder(file, part)


def undecodable(path: Path, reason: object) -> AudioFileError:
    """The error of a file that is none of what it seems to be.

    Args:
        path: path of the file.
        reason: what is wrong with it.
    """
    return AudioFileError(
        f"{path} cannot be decoded: {reason}; the file may be damaged, "
        "open it in an audio editor and save it as wav"
    )


class _SoundfileDecoder:
    def __init__(self, file: sf.SoundFile, part: Part) -> None:
        self._file = file
        self._may_print = file.subtype.startswith("MPEG")
        self.sample_rate = file.samplerate
        self.n_channels = file.channels
        self.n_samples = file.frames
        self.encoding = file.subtype.lower()
        self.bit_depth = "16"
        self.tags = _clean_tags(file.copy_metadata())
        self.speakers = part.speakers
        self.n_streams = 1

    def blocks(self, start: int, stop: int) -> Iterator[np.ndarray]:
        position = 0
        if start and self._file.subtype.startswith(_SEEKS_EXACTLY) and self._file.seekable():
            with interrupts_wait():
                position = self._file.seek(start)
        while position < stop:
            block = self._read(min(BLOCK_LENGTH, stop - position))
            dropped = min(max(start - position, 0), len(block))
            position += len(block)
            if len(block) > dropped:
                yield block[dropped:]
            if len(block) == 0:
                return

    def _read(self, n_samples: int) -> np.ndarray:
        # The NaN are there to count what was decoded before an error, which soundfile keeps quiet.
        block = np.full((n_samples, self.n_channels), np.nan, dtype=np.float32)
        try:
            with interrupts_wait(), decoders_are_quiet() if self._may_print else nullcontext():
                return self._file.read(n_samples, out=block)
        except (sf.SoundFileError, RuntimeError):
            is_missing = np.isnan(block).any(axis=1)
            return block[: int(is_missing.argmax())] if is_missing.any() else block


@contextmanager
def _open_av(stream: BinaryIO, path: Path, kind: str, part: Part) -> Iterator[Decoder]:
    try:
        import av
        from av.error import FFmpegError
    except ImportError as error:
        raise AudioFileError(
            f"{path} is {kind} audio, which needs PyAV; run pip install 'estilo[formats]' "
            "or convert it to wav or flac"
        ) from error
    try:
        with av.open(View(stream, part.pieces), format=_DEMUXERS[kind]) as container:  # type: ignore[arg-type]
            if not container.streams.audio:
                raise AudioFileError(
                    f"{path} has no sound in it, only {len(container.streams)} other streams; "
                    "give a file with audio"
                )
            if container.streams.audio[0].codec_context is None:
                raise undecodable(path, "the encoding of its sound is none that is known")
            yield _AvDecoder(container, part)
    except (FFmpegError, ValueError) as error:
        if isinstance(error, AudioFileError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise AudioFileError(
            f"{path} cannot be decoded: {reason}; it may be damaged or cut off, give the whole "
            "file or convert it to wav"
        ) from error


@dataclass
class _AvDecoder:
    container: Any
    part: Part
    sample_rate: int = 0
    n_channels: int = 0
    n_samples: int = 0
    encoding: str = ""
    bit_depth: str = "16"
    tags: dict[str, str] = field(default_factory=dict)
    speakers: tuple[int, ...] | None = None
    n_streams: int = 1
    _packer: Any = None

    def __post_init__(self) -> None:
        stream = self.container.streams.audio[0]
        self.n_streams = len(self.container.streams.audio)
        self.tags = _clean_tags({**stream.metadata, **self.container.metadata})
        self.encoding = stream.codec_context.name
        # HE-AAC doubles its rate in the decoder, so the first frame tells, not the header.
        frame = next(self.container.decode(stream), None)
        self.sample_rate = frame.sample_rate if frame else stream.rate
        self.n_channels = len(frame.layout.channels) if frame else stream.channels
        if self.n_channels > 2 and frame is not None:
            names = [channel.name for channel in frame.layout.channels]
            if set(names) <= set(SPEAKERS):
                self.speakers = tuple(SPEAKERS.index(name) for name in names)
        if self.encoding == "alac" and frame is not None:
            self.bit_depth = "24" if "32" in frame.format.name else "16"
        self.container.seek(0)
        self.n_samples = self._length(stream)

    def _length(self, stream: Any) -> int:
        if self.part.n_promised is not None and self.part.sample_rate:
            return self.part.n_promised * self.sample_rate // self.part.sample_rate
        if stream.duration:
            return round(float(stream.duration * stream.time_base) * self.sample_rate)
        if self.container.duration and len(self.container.streams) == 1:
            return round(self.container.duration * self.sample_rate / 1_000_000)
        duration = sum(packet.duration or 0 for packet in self.container.demux(stream))
        self.container.seek(0)
        return round(float(duration * stream.time_base) * self.sample_rate)

    def blocks(self, start: int, stop: int) -> Iterator[np.ndarray]:
        position, waiting, n_waiting = 0, [], 0
        for block in self._frames():
            first, last = max(start - position, 0), min(stop - position, len(block))
            position += len(block)
            if last > first:
                waiting.append(block[first:last])
                n_waiting += last - first
            # Frames are short; what follows looks at each block.
            if n_waiting >= BLOCK_LENGTH:
                yield np.concatenate(waiting)
                waiting, n_waiting = [], 0
            if position >= stop:
                break
        if waiting:
            yield np.concatenate(waiting)

    def _frames(self) -> Iterator[np.ndarray]:
        from av.error import FFmpegError

        frames = self.container.decode(self.container.streams.audio[0])
        while True:
            try:
                frame = next(frames)
            except (StopIteration, FFmpegError):
                return
            shape = (frame.sample_rate, len(frame.layout.channels))
            if shape != (self.sample_rate, self.n_channels):
                return  # a file that changes its shape midway ends here, and so counts as cut off
            samples = self._array(frame)
            if samples.dtype.kind == "i":
                samples = samples / np.float64(2 ** (8 * samples.dtype.itemsize - 1))
            elif samples.dtype.kind == "u":
                samples = samples / np.float64(2**7) - 1.0
            yield samples.T.astype(np.float32)

    def _array(self, frame: Any) -> np.ndarray:
        """**Shape** ``(channels, time)``, of the decoder's own kind of numbers."""
        if frame.format.is_planar and self.n_channels >= _TOO_MANY_PLANES:
            if self._packer is None:
                import av

                self._packer = av.AudioResampler(frame.format.packed, frame.layout, frame.rate)
            (frame,) = self._packer.resample(frame)
        samples = frame.to_ndarray()
        return samples if frame.format.is_planar else samples.reshape(-1, self.n_channels).T


def _clean_tags(tags: dict[str, str]) -> dict[str, str]:
    named = {_TAG_NAMES.get(key.lower(), key.lower()): value for key, value in tags.items()}
    return {
        key: text
        for key, value in named.items()
        if key in _KEPT_TAGS and (text := value.replace("\0", "").strip())
    }
