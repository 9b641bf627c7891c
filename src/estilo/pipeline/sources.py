"""Recordings and style files on their way in: read once and checked."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from estilo.audio import Audio
from estilo.engines.style_files import (
    CodedStyle,
    StyleFormat,
    format_by_name,
    style_format_of,
)
from estilo.errors import AudioFileError, InputError, SettingsError
from estilo.files import open_plain
from estilo.io import AudioInfo, RecordingFile
from estilo.io.formats import MAX_CHANNELS, MAX_SAMPLE_RATE_HZ, MIN_SAMPLE_RATE_HZ
from estilo.io.recording import check_span
from estilo.pipeline.clips import Clip, Recording, as_clips, normalised_weights
from estilo.pipeline.report import MatchReport

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Source:
    """A recording that was read.

    Args:
        clip: recording, or part of it, and where it applies.
        audio: the part that is used.
        info: header of the file; None for samples.
        sha256: hash of the file, or of the samples where there is none.
        weight: share of a style; the shares of all styles sum to 1.
        match: what was done to a style so that it fits the content, if anything.
        kept_s: parts of a style that are left of it, each from and to in seconds, where silence was
            taken out; empty where nothing was.
    """

    clip: Clip
    audio: Audio
    info: AudioInfo | None
    sha256: str
    weight: float = 1.0
    match: MatchReport | None = None
    kept_s: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class CodedSource:
    """A style file that was read.

    Args:
        clip: style file, and where it applies.
        file: the style, without audio.
        format: format of the file.
        sha256: hash of the file.
        weight: share of the style; the shares of all styles sum to 1.
        match: always None, as there is no audio that could be matched.
    """

    clip: Clip
    file: CodedStyle
    format: StyleFormat
    sha256: str
    weight: float = 1.0
    match: None = None


StyleSource = Source | CodedSource


def read_source(clip: Clip, *, name: str, weight: float = 1.0, is_style: bool = False) -> Source:
    """Read a clip and check that it can be worked on.

    Args:
        clip: recording to read.
        name: what it is called in messages ("content", "style 2").
        weight: share of a style.
        is_style: whether it is a style, which may apply to a part of the content only.

    Raises:
        AudioFileError: the file cannot be read; see `estilo.io.RecordingFile`.
        InputError: samples that are not finite, empty, or of a rate or channel count out of reach;
            the file is a style file; or ranges are given and it is no style.
    """
    if clip.at and not is_style:
        raise InputError(
            f"at={clip.at!r} says where a style applies, and came with the {name}; leave it out"
        )
    if isinstance(clip.source, Audio):
        audio = _cut(clip.source, clip, name)
        _check_samples(audio, name)
        return Source(clip, audio, None, sample_hash(audio), weight)
    if isinstance(clip.source, RecordingFile):
        return _read_file(clip, clip.source, weight)
    with open_recording(clip) as file:
        return _read_file(clip, file, weight)


def open_recording(clip: Clip) -> RecordingFile:
    """The file of a clip, to be closed by the caller.

    Raises:
        AudioFileError: it cannot be used; see `estilo.io.RecordingFile`.
        InputError: it is a style file, which holds no audio.
    """
    path = Path(str(clip.source))
    if format_by_name(path) is not None:
        raise _no_audio(path)
    try:
        return RecordingFile(path, accept_truncated=clip.accept_truncated)
    except AudioFileError as error:
        # Its first bytes are looked at only now, so that a recording is opened once.
        if style_format_of(path) is not None:
            raise _no_audio(path) from error
        raise


def read_styles(
    styles: Recording | Sequence[Recording], weights: Sequence[float] | None
) -> list[StyleSource]:
    """One or several styles with their shares, which sum to 1.

    Args:
        styles: one or several of path, `Audio`, `Clip`, or an array with its sample rate; paths may
            be of style files.
        weights: one per style; equal if not given.

    Raises:
        InputError: as in `read_source` but for style files, or there is no style.
        TensorFileError: a style file is not sound.
        SettingsError: as in `normalised_weights`.
    """
    clips = as_clips(styles)
    shares = normalised_weights(weights, len(clips))
    names = ["style"] if len(clips) == 1 else [f"style {i + 1}" for i in range(len(clips))]
    return [
        _read_style(clip, name=name, weight=share)
        for clip, name, share in zip(clips, names, shares, strict=True)
    ]


def with_audio(
    styles: Sequence[StyleSource], *, wanted_by: str, hint: str = "give a recording"
) -> list[Source]:
    """The styles, all of which are recordings.

    Args:
        styles: styles from `read_styles`.
        wanted_by: what works on audio, for the message ("the engine 'eq'").
        hint: what to do instead.

    Raises:
        SettingsError: one of them is a style file.
    """
    recordings = []
    for style in styles:
        if isinstance(style, CodedSource):
            raise SettingsError(
                f"{wanted_by} needs the style's audio, and {style.clip.path} is a style file; "
                f"{hint}"
            )
        recordings.append(style)
    return recordings


def refuse_places(styles: Sequence[StyleSource], what: str) -> None:
    """Refuse styles that apply to a part of the content only.

    Args:
        styles: styles from `read_styles`.
        what: what knows no parts, for the message ("a texture").

    Raises:
        SettingsError: one of them does.
    """
    for style in styles:
        if style.clip.at:
            raise SettingsError(
                f"{what} knows no parts of the content, and a style is to apply at "
                f"{style.clip.at!r} only; leave the ranges out"
            )


def check_whole(clip: Clip) -> None:
    """Refuse a part of a style file.

    Raises:
        SettingsError: offset or duration was given with it.
    """
    if clip.offset_s or clip.duration_s is not None:
        raise SettingsError(
            f"{clip.source} is a style file, which has no parts to choose from; leave out the "
            "offset and the duration of the styles"
        )


def sample_hash(audio: Audio) -> str:
    """SHA-256 of the samples, in hexadecimal."""
    digest = hashlib.sha256(str(audio.samples.shape).encode())
    for channel in audio.samples:
        for start in range(0, len(channel), _BLOCK):
            digest.update(np.ascontiguousarray(channel[start : start + _BLOCK]).tobytes())
    return digest.hexdigest()


def file_hash(clip: Clip) -> str:
    """SHA-256 of the file of a clip, in hexadecimal; it is not opened again where it is open.

    Raises:
        InputError: the clip is of samples, or the file cannot be read.
    """
    if isinstance(clip.source, RecordingFile):
        return clip.source.sha256()
    if clip.path is None:
        raise InputError("a clip of samples has no file; give the path of one")
    return path_hash(clip.path)


def path_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with open_plain(path) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({type(error).__name__}); bring the file back"
        ) from error


def _no_audio(path: Path) -> InputError:
    return InputError(f"{path} is a style file, which holds no audio; give a recording")


def _read_file(clip: Clip, file: RecordingFile, weight: float) -> Source:
    audio = file.read(offset_s=clip.offset_s, duration_s=clip.duration_s)
    return Source(clip, audio, file.info, file.sha256(), weight)


def _read_style(clip: Clip, *, name: str, weight: float) -> StyleSource:
    if isinstance(clip.source, Audio | RecordingFile):
        return read_source(clip, name=name, weight=weight, is_style=True)
    try:
        return read_source(clip, name=name, weight=weight, is_style=True)
    except InputError:
        path = Path(clip.source)
        style_format = style_format_of(path)
        if style_format is None:
            raise
    check_whole(clip)
    return CodedSource(clip, style_format.read(path), style_format, path_hash(path), weight)


def _cut(audio: Audio, clip: Clip, name: str) -> Audio:
    check_span(clip.offset_s, clip.duration_s)
    first = round(clip.offset_s * audio.sample_rate)
    last = audio.n_samples
    if clip.duration_s is not None:
        last = min(last, first + round(clip.duration_s * audio.sample_rate))
    if first < 0 or last <= first:
        raise InputError(
            f"the {name} is {audio.duration_s:.3f} s long, and the part asked for starts at "
            f"{clip.offset_s} s and lasts {clip.duration_s} s; choose a part with audio in it"
        )
    return Audio(audio.samples[:, first:last], audio.sample_rate)


def _check_samples(audio: Audio, name: str) -> None:
    if not 1 <= audio.n_channels <= MAX_CHANNELS:
        raise InputError(
            f"the {name} has {audio.n_channels} channels, expected 1 to {MAX_CHANNELS}; "
            "mix it down (samples are (channels, time))"
        )
    if not MIN_SAMPLE_RATE_HZ <= audio.sample_rate <= MAX_SAMPLE_RATE_HZ:
        raise InputError(
            f"the {name} has a rate of {audio.sample_rate} Hz, expected {MIN_SAMPLE_RATE_HZ} to "
            f"{MAX_SAMPLE_RATE_HZ} Hz; resample it"
        )
    for start in range(0, audio.n_samples, _BLOCK):
        block = audio.samples[:, start : start + _BLOCK]
        if not np.isfinite(block).all():
            channel, sample = np.argwhere(~np.isfinite(block))[0]
            raise AudioFileError(
                f"the {name} holds {block[channel, sample]} at sample {start + sample} of channel "
                f"{channel + 1}; give finite samples"
            )
