"""Recordings from files, with bounded memory and without believing their headers."""

import math
from os import PathLike
from pathlib import Path

import numpy as np

from estilo.audio import Audio
from estilo.errors import AudioFileError, SettingsError
from estilo.io.decode import open_av, open_soundfile
from estilo.io.formats import NEEDS_PYAV
from estilo.io.probe import AudioInfo, cut_off, inspect
from estilo.io.scratch import SampleStore

# 200 dB over full scale is no recording; it comes of a wrong header and overflows when squared.
_MAX_AMPLITUDE = 1e10
# Encoder padding that a decoder may drop, so that a whole file is not called cut off, in samples.
_PADDING = {"mp3": 2304, "m4a": 4096, "aac": 4096}


def load(
    path: str | PathLike[str],
    *,
    offset_s: float = 0.0,
    duration_s: float | None = None,
    accept_truncated: bool = False,
) -> Audio:
    """Decode a recording, or a part of it, to float32.

    Recordings of more than 256 MiB come as an array that is mapped from an unnamed temporary file.
    PCM of 32 bits and float of 64 are rounded to float32.

    Args:
        path: wav, flac, ogg, opus, mp3, aiff, caf, and m4a or aac with the extra ``formats``.
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
    path = Path(path)
    _check_span(offset_s, duration_s)
    info, claims = inspect(path, accept_truncated=accept_truncated)
    start, stop = _span(info, offset_s, duration_s)
    is_av = info.format in NEEDS_PYAV
    padding = _PADDING.get(info.format, 0) if stop == info.n_samples else 0
    more = padding if is_av else 0  # only of these is the length an estimate
    store = SampleStore(info.n_channels, stop + more - start)
    try:
        n_samples = 0
        with (open_av if is_av else open_soundfile)(path, claims) as source:
            for block in source.blocks(start, stop + more):
                _check_samples(path, block, start + n_samples)
                store.append(block)
                n_samples += len(block)
        if n_samples < stop - start - padding and not accept_truncated:
            verb = "can be decoded up to"
            raise cut_off(path, info.n_samples, start + n_samples, info.sample_rate, verb)
        if n_samples == 0:
            raise AudioFileError(
                f"{path} has no samples that can be decoded from {offset_s} s on; "
                "give the whole file"
            )
        return Audio(store.finish(), info.sample_rate)
    finally:
        store.close()


def _check_span(offset_s: float, duration_s: float | None) -> None:
    if not (math.isfinite(offset_s) and offset_s >= 0):
        raise SettingsError(f"the offset must be 0 s or more, got {offset_s}; give seconds")
    if duration_s is not None and not (math.isfinite(duration_s) and duration_s > 0):
        raise SettingsError(f"the duration must be more than 0 s, got {duration_s}; give seconds")


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
