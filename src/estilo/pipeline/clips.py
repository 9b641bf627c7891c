"""Which recording is meant, or which part of it: what callers give, before anything is read."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from estilo.audio import Audio
from estilo.errors import InputError, SettingsError
from estilo.files import absolute
from estilo.io import RecordingFile


@dataclass(frozen=True)
class Clip:
    """A recording, or a part of it.

    Args:
        source: path of a file, `Audio`, or an open `estilo.io.RecordingFile`; where a style is
            wanted, also path of a style file.
        offset_s: where the part starts, in seconds.
        duration_s: how long it is, in seconds; None for all that there is.
        accept_truncated: take what is there of a file that breaks off.
        at: places of a style, where in the content it applies, as in
            `estilo.pipeline.regions.place_of`: ``"10s-20s"``, ``"0-200Hz"``, or several with
            commas; empty is everywhere.
    """

    source: "str | os.PathLike[str] | Audio | RecordingFile"
    offset_s: float = 0.0
    duration_s: float | None = None
    accept_truncated: bool = False
    at: str = ""

    @property
    def path(self) -> Path | None:
        """Absolute path of the file; None for samples and what came through a pipe."""
        if isinstance(self.source, Audio):
            return None
        if isinstance(self.source, RecordingFile) and self.source.is_piped:
            return None
        source = self.source.path if isinstance(self.source, RecordingFile) else self.source
        return absolute(Path(source))


Recording = str | os.PathLike[str] | Audio | RecordingFile | Clip | tuple[Any, int]
"""A path, samples (`Audio`, or an array with its sample rate), an open file, or a part of these."""


def as_clip(recording: Recording) -> Clip:
    """The whole recording as a clip, unless it is one already.

    Args:
        recording: path, `Audio`, `Clip`, or an array with its sample rate in Hz.

    Raises:
        InputError: the samples of an array cannot be used, see `Audio.of`.

    Example:
        >>> as_clip((np.zeros(8000), 8000)).source.duration_s
        1.0
    """
    if isinstance(recording, Clip):
        return recording
    if isinstance(recording, tuple) and len(recording) == 2:
        return Clip(Audio.of(*recording))
    if isinstance(recording, np.ndarray):
        raise InputError(
            "an array has no sample rate; give it with its rate as a pair, (samples, sample_rate)"
        )
    if not isinstance(recording, str | os.PathLike | Audio | RecordingFile):
        raise InputError(
            "a recording is a path, estilo.Audio, estilo.Clip, or samples with their rate as a "
            f"pair, got {type(recording).__name__}; give one of them"
        )
    return Clip(recording)


def as_clips(recordings: Recording | Sequence[Recording]) -> list[Clip]:
    """One or several recordings as clips.

    Args:
        recordings: one or several of path, `Audio`, `Clip`, or an array with its sample rate.

    Raises:
        InputError: as in `as_clip`.
    """
    if _is_one(recordings):
        return [as_clip(recordings)]  # type: ignore[arg-type]
    if not isinstance(recordings, Iterable):
        return [as_clip(recordings)]  # which refuses it
    return [as_clip(each) for each in recordings]  # type: ignore[misc]


def normalised_weights(weights: Sequence[float] | None, n_styles: int) -> tuple[float, ...]:
    """One weight per style, summing to 1; equal ones if none are given.

    Args:
        weights: shares in any unit; all positive.
        n_styles: how many styles there are.

    Raises:
        InputError: there is no style.
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
    if not all(isinstance(w, int | float | np.number) and 0 < w < np.inf for w in weights):
        raise SettingsError(
            f"style weights must be positive numbers, got {list(weights)}; give for instance 2,1"
        )
    total = sum(weights)
    if total == np.inf:  # though none of them is
        return normalised_weights([w / max(weights) for w in weights], n_styles)
    return tuple(w / total for w in weights)


def _is_one(recordings: Any) -> bool:
    # A path is a sequence too, and so is an array; a pair is one if it ends with a rate.
    if isinstance(recordings, tuple):
        return len(recordings) == 2 and isinstance(recordings[1], int | float | np.number)
    return isinstance(recordings, str | os.PathLike | Audio | RecordingFile | Clip | np.ndarray)
