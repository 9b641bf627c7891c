"""Recordings decoded once, in a worker: what they are, how they look, a copy for the browser."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from estilo.audio import Audio
from estilo.dsp.loudness import integrated_loudness
from estilo.errors import AudioFileError, InputError
from estilo.io import RecordingFile, save
from estilo.io.bytes_of import FileBytes
from estilo.io.headers import sniff
from estilo.web.workers import Told

MOST_PEAKS = 1000
_LOUDEST = 1.0


class NoAudioError(AudioFileError):
    """A file is nothing that can be heard."""


class TooLongError(InputError):
    """A recording is longer than what is taken."""


class NoRoomError(InputError):
    """There is no place on the disk for the copy of a recording."""


def take(
    tell: Told,
    *,
    path: str,
    copy: str,
    most_s: float,
    most_bytes: int,
    most_copy_bytes: int,
) -> dict[str, Any]:
    """Look at a file that was sent, and write what is heard of it as wav.

    Args:
        tell: function that is not used.
        path: path of the file.
        copy: path of the copy that is to be written.
        most_s: longest that it may be, in seconds.
        most_bytes: size of its samples, four bytes each.
        most_copy_bytes: size that the copy may have.

    Raises:
        NoAudioError: it is no audio.
        NoRoomError: the copy would be too large.
        TooLongError: it is longer than that.
        AudioFileError: it cannot be used.
    """
    del tell
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _refuse_strangers(path)
        with RecordingFile(path) as file:
            info = file.info
            if info.duration_s > most_s:
                raise TooLongError(
                    f"a recording may be {most_s / 60:g} min long, got {info.duration_s / 60:.1f} "
                    "min; cut it"
                )
            if 4 * info.n_samples * info.n_channels > most_bytes:
                raise TooLongError(
                    f"the samples of a recording may take {most_bytes >> 20} MB, got "
                    f"{4 * info.n_samples * info.n_channels >> 20} MB; cut it, or give fewer "
                    "channels or a lower sample rate"
                )
            bit_depth = 16 if info.bit_depth == "16" else 24
            if info.n_samples * info.n_channels * bit_depth // 8 > most_copy_bytes:
                raise NoRoomError(
                    "there is no room for this recording in the session; remove some that are "
                    "not needed"
                )
            audio = file.read()
        if float(np.abs(audio.samples).max()) > _LOUDEST:
            bit_depth = "float"  # what is louder than full scale would be clipped
        save(audio, copy, bit_depth=bit_depth, force=True)
    return {"format": info.format, **look_of(audio)}


def make(tell: Told, *, name: str, path: str, copy: str) -> dict[str, Any]:
    """Write a built-in clip, see `take`.

    Args:
        tell: function that is not used.
        name: name of the clip.
        path: path of the file that is to be written.
        copy: path of its copy.
    """
    del tell
    from estilo.demo import clip

    audio = clip(name)
    for each in (path, copy):
        save(audio, each, force=True)
    return {"format": "wav", **look_of(audio)}


def look_of(audio: Audio) -> dict[str, Any]:
    """What the page shows of a recording.

    Args:
        audio: any recording.
    """
    loudness_lufs = integrated_loudness(audio.samples, audio.sample_rate)
    return {
        "duration_s": audio.duration_s,
        "sample_rate": audio.sample_rate,
        "n_channels": audio.n_channels,
        "loudness_lufs": loudness_lufs if np.isfinite(loudness_lufs) else None,
        "peaks": peaks(audio.samples),
    }


def peaks(samples: np.ndarray, *, most: int = MOST_PEAKS) -> list[list[float]]:
    """Lowest and highest sample of stretches of equal length, over all channels.

    Args:
        samples: full scale at ±1. **Shape** ``(channels, time)``.
        most: number of stretches, if there are as many samples.

    Example:
        >>> peaks(np.array([[0.5, -1.0, 0.0, 0.25], [0.0, 0.0, 0.75, 0.0]]), most=2)
        [[-1.0, 0.5], [0.0, 0.75]]
    """
    n_stretches = min(most, samples.shape[1])
    starts = np.arange(n_stretches) * samples.shape[1] // n_stretches
    low = np.minimum.reduceat(samples.min(axis=0), starts)
    high = np.maximum.reduceat(samples.max(axis=0), starts)
    return [[round(float(a), 4), round(float(b), 4)] for a, b in zip(low, high, strict=True)]


def _refuse_strangers(path: str) -> None:
    with Path(path).open("rb") as stream:
        data = FileBytes(stream)
        if not data.size or sniff(data)[0] is not None:
            return
    try:
        RecordingFile(path).close()
    except AudioFileError as error:  # which says what it is instead
        raise NoAudioError(str(error)) from error
