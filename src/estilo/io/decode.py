"""Decoders that give blocks of float32: libsndfile, and PyAV for what libsndfile does not know."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
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

    def opened() -> Any:
        source: Any = View(stream, part.pieces)
        # Edits are told by `Part.span_s`: FFmpeg drops whole frames for them.
        options = {} if part.span_s is None else {"ignore_editlist": "1"}
        with interrupts_wait():
            return av.open(source, format=_DEMUXERS[kind], options=options)

    try:
        with opened() as container:
            if not container.streams.audio:
                raise AudioFileError(
                    f"{path} has no sound in it, only {len(container.streams)} other streams; "
                    "give a file with audio"
                )
            if container.streams.audio[0].codec_context is None:
                raise undecodable(path, "the encoding of its sound is none that is known")
            with interrupts_wait():
                decoder = _AvDecoder(opened, part, container)
        yield decoder
    except (FFmpegError, ValueError) as error:
        if isinstance(error, AudioFileError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise AudioFileError(
            f"{path} cannot be decoded: {reason}; it may be damaged or cut off, give the whole "
            "file or convert it to wav"
        ) from error


class _AvDecoder:
    """Opens the file anew for every stretch: FFmpeg drops an encoder's delay at the start alone.

    Args:
        opened: opens it.
        part: the recording.
        container: the file, open, of which the first frame is decoded.
    """

    def __init__(self, opened: Callable[[], Any], part: Part, container: Any) -> None:
        self._opened, self._part, self._packer = opened, part, None
        stream = container.streams.audio[0]
        self.n_streams = len(container.streams.audio)
        self.tags = _clean_tags({**stream.metadata, **container.metadata})
        self.encoding: str = stream.codec_context.name
        # HE-AAC doubles its rate in the decoder, so the first frame tells, not the header.
        frame = next(container.decode(stream), None)
        self.sample_rate: int = frame.sample_rate if frame else stream.rate
        self.n_channels: int = len(frame.layout.channels) if frame else stream.channels
        self.speakers = None
        if self.n_channels > 2 and frame is not None:
            names = [channel.name for channel in frame.layout.channels]
            if set(names) <= set(SPEAKERS):
                self.speakers = tuple(SPEAKERS.index(name) for name in names)
        is_deep = self.encoding == "alac" and frame is not None and "32" in frame.format.name
        self.bit_depth = "24" if is_deep else "16"
        self.n_samples = self._length(stream, container)

    def _length(self, stream: Any, container: Any) -> int:
        part = self._part
        if part.span_s is not None:
            start, stop = part.span_s
            return max(round((stop - start) * self.sample_rate), 1)
        if part.n_promised is not None and part.sample_rate:
            return part.n_promised * self.sample_rate // part.sample_rate
        if stream.duration:
            return round(float(stream.duration * stream.time_base) * self.sample_rate)
        if container.duration and len(container.streams) == 1:
            return round(container.duration * self.sample_rate / 1_000_000)
        container.seek(0)
        duration = sum(packet.duration or 0 for packet in container.demux(stream))
        return round(float(duration * stream.time_base) * self.sample_rate)

    def blocks(self, start: int, stop: int) -> Iterator[np.ndarray]:
        position, waiting, n_waiting = 0, [], 0
        if self._part.span_s is not None:
            position = -round(self._part.span_s[0] * self.sample_rate)
        for begin, block in self._frames():
            if begin is not None:
                position += begin
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

    def _frames(self) -> Iterator[tuple[int | None, np.ndarray]]:
        """Where the first frame begins, in samples, and all frames."""
        is_first = True
        for frame in self._decoded():
            shape = (frame.sample_rate, len(frame.layout.channels))
            if shape != (self.sample_rate, self.n_channels):
                return  # a file that changes its shape midway ends here, and so counts as cut off
            samples = self._array(frame)
            if samples.dtype.kind == "i":
                samples = samples / np.float64(2 ** (8 * samples.dtype.itemsize - 1))
            elif samples.dtype.kind == "u":
                samples = samples / np.float64(2**7) - 1.0
            is_timed = is_first and self._part.span_s is not None and frame.pts is not None
            begin = round(frame.pts * frame.time_base * self.sample_rate) if is_timed else None
            is_first = False
            yield begin, samples.T.astype(np.float32)

    def _decoded(self) -> Iterator[Any]:
        from av.error import FFmpegError

        with self._opened() as container:
            frames = container.decode(container.streams.audio[0])
            while True:
                try:
                    with interrupts_wait():
                        frame = next(frames)
                except (StopIteration, FFmpegError):
                    return
                yield frame

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
