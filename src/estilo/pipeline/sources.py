"""Recordings and style files on their way in, checked and described."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from estilo.audio import Audio
from estilo.engines.style_files import CodedStyle, StyleFormat, style_format_of
from estilo.errors import AudioFileError, InputError, SettingsError
from estilo.io import AudioInfo, load, probe
from estilo.io.formats import MAX_CHANNELS, MAX_SAMPLE_RATE_HZ, MIN_SAMPLE_RATE_HZ
from estilo.pipeline.report import InputReport

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Clip:
    """A recording, or a part of it.

    Args:
        source: path of a file, or `Audio`; where a style is wanted, also path of a style file.
        offset_s: where the part starts, in seconds.
        duration_s: how long it is, in seconds; None for all that there is.
        accept_truncated: take what is there of a file that breaks off.
        at: of a style, where in the content it applies, as in `estilo.pipeline.regions.place_of`:
            ``"10s-20s"``, ``"0-200Hz"``, or several with commas; empty is everywhere.
    """

    source: "str | os.PathLike[str] | Audio"
    offset_s: float = 0.0
    duration_s: float | None = None
    accept_truncated: bool = False
    at: str = ""


Recording = str | os.PathLike[str] | Audio | Clip


@dataclass(frozen=True)
class Source:
    """A recording that was read, with what the report says of it.

    Args:
        audio: the part that is used.
        info: header of the file; None for samples.
        report: what the report says of it.
    """

    audio: Audio
    info: AudioInfo | None
    report: InputReport


@dataclass(frozen=True)
class CodedSource:
    """A style file that was read, with what the report says of it.

    Args:
        file: the style, without audio.
        report: what the report says of it.
        format: of the file.
    """

    file: CodedStyle
    report: InputReport
    format: StyleFormat


StyleSource = Source | CodedSource


def as_clip(recording: Recording) -> Clip:
    """The whole recording as a clip, unless it is one already."""
    return recording if isinstance(recording, Clip) else Clip(recording)


def probe_clip(clip: Clip) -> AudioInfo | None:
    """Header of the clip's file; None for samples."""
    if isinstance(clip.source, Audio):
        return None
    return probe(clip.source, accept_truncated=clip.accept_truncated)


def read_source(clip: Clip, *, name: str, weight: float | None = None) -> Source:
    """Read a clip and check that it can be worked on.

    Args:
        clip: which recording.
        name: what it is called in messages ("content", "style 2").
        weight: share of this style, for the report.

    Raises:
        AudioFileError: the file cannot be read; see `estilo.io.load`.
        InputError: samples that are not finite, empty, or of a rate or channel count out of reach;
            the file is a style file; or ranges are given and it is no style.
    """
    refuse_style_file(clip)
    if clip.at and weight is None:
        raise InputError(
            f"at={clip.at!r} says where a style applies, and came with the {name}; leave it out"
        )
    if isinstance(clip.source, Audio):
        audio = _cut(clip.source, clip, name)
        _check_samples(audio, name)
        info, path, digest = None, None, _hash_samples(audio.samples)
    else:
        info = probe_clip(clip)
        audio = load(
            clip.source,
            offset_s=clip.offset_s,
            duration_s=clip.duration_s,
            accept_truncated=clip.accept_truncated,
        )
        path, digest = str(Path(clip.source).absolute()), _hash_file(Path(clip.source))
    report = InputReport(
        path=path,
        sha256=digest,
        sample_rate=audio.sample_rate,
        n_channels=audio.n_channels,
        n_samples=audio.n_samples,
        offset_s=clip.offset_s,
        duration_s=clip.duration_s,
        accept_truncated=clip.accept_truncated,
        weight=weight,
        at=clip.at,
    )
    return Source(audio, info, report)


def normalised_weights(weights: "list[float] | None", n_styles: int) -> tuple[float, ...]:
    """One weight per style, summing to 1; equal ones if none are given.

    Raises:
        SettingsError: another number of weights than styles, or weights that are not positive.
    """
    if n_styles == 0:
        raise InputError("no style was given; name at least one recording")
    if weights is None:
        return (1.0 / n_styles,) * n_styles
    if len(weights) != n_styles:
        raise SettingsError(
            f"{len(weights)} style weights for {n_styles} styles; give one weight per style"
        )
    if not all(np.isfinite(w) and w > 0 for w in weights):
        raise SettingsError(f"style weights must be positive numbers, got {weights}")
    total = sum(weights)
    return tuple(w / total for w in weights)


def read_styles(
    styles: Recording | Sequence[Recording], weights: Sequence[float] | None
) -> list[StyleSource]:
    """One or several styles with their shares, which sum to 1.

    Args:
        styles: one or several of path, `Audio` or `Clip`; paths may be of style files.
        weights: one per style; equal if not given.

    Raises:
        InputError: as in `read_source` but for style files, or there is no style.
        TensorFileError: a style file is not sound.
        SettingsError: as in `normalised_weights`.
    """
    # Not Sequence: a path is one too.
    is_one = isinstance(styles, str | os.PathLike | Audio | Clip)
    several: list[Recording] = [styles] if is_one else list(styles)
    shares = normalised_weights(None if weights is None else list(weights), len(several))
    names = ["style"] if len(several) == 1 else [f"style {i + 1}" for i in range(len(several))]
    return [
        _read_style(as_clip(style), name=name, weight=share)
        for style, name, share in zip(several, names, shares, strict=True)
    ]


def with_audio(
    styles: Sequence[StyleSource], *, wanted_by: str, hint: str = "give a recording"
) -> list[Source]:
    """The styles, all of which are recordings.

    Args:
        styles: from `read_styles`.
        wanted_by: what works on audio, for the message ("the engine 'eq'").
        hint: what to do instead.

    Raises:
        SettingsError: one of them is a style file.
    """
    recordings = []
    for style in styles:
        if isinstance(style, CodedSource):
            raise SettingsError(
                f"{wanted_by} needs the style's audio, and {style.report.path} is a style file; "
                f"{hint}"
            )
        recordings.append(style)
    return recordings


def refuse_places(styles: Sequence[StyleSource], what: str) -> None:
    """Refuse styles that apply to a part of the content only.

    Args:
        styles: from `read_styles`.
        what: that knows no parts, for the message ("a texture").

    Raises:
        SettingsError: one of them does.
    """
    for style in styles:
        if style.report.at:
            raise SettingsError(
                f"{what} knows no parts of a content, and a style is to apply at "
                f"{style.report.at!r} only; leave the ranges out"
            )


def is_coded(clip: Clip) -> bool:
    """Whether a clip is a style file."""
    return _format_of(clip) is not None


def refuse_style_file(clip: Clip) -> None:
    """Refuse a style file where audio is wanted.

    Raises:
        InputError: it is a style file.
    """
    if is_coded(clip):
        raise InputError(f"{clip.source} is a style file, which holds no audio; give a recording")


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
    """SHA-256 of the samples."""
    return _hash_samples(audio.samples)


def _read_style(clip: Clip, *, name: str, weight: float) -> StyleSource:
    style_format = _format_of(clip)
    if isinstance(clip.source, Audio) or style_format is None:
        return read_source(clip, name=name, weight=weight)
    check_whole(clip)
    path = Path(clip.source)
    file = style_format.read(path)
    report = InputReport(
        path=str(path.absolute()),
        sha256=_hash_file(path),
        sample_rate=None,
        n_channels=None,
        n_samples=None,
        accept_truncated=clip.accept_truncated,
        weight=weight,
        at=clip.at,
    )
    return CodedSource(file, report, style_format)


def _format_of(clip: Clip) -> StyleFormat | None:
    return None if isinstance(clip.source, Audio) else style_format_of(clip.source)


def _cut(audio: Audio, clip: Clip, name: str) -> Audio:
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


def _hash_samples(samples: np.ndarray) -> str:
    digest = hashlib.sha256(str(samples.shape).encode())
    for channel in samples:
        for start in range(0, len(channel), _BLOCK):
            digest.update(np.ascontiguousarray(channel[start : start + _BLOCK]).tobytes())
    return digest.hexdigest()


def _hash_file(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
