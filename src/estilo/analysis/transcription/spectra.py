"""What the transcriber hears: levels on a logarithmic frequency axis.

As in `estilo.analysis.salience`, through windows of several lengths, but with twice as many frames
and a shorter window, so that starts can be told to a few milliseconds.
"""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.salience import N_BINS, bands_of, window_of
from estilo.analysis.sound import RATE_HZ
from estilo.analysis.transforms import forward

HOP = 256
"""Distance of two frames in samples at 16 kHz: 16 ms. Frame ``n`` is centred on ``n * HOP``."""

FRAME_RATE_HZ = RATE_HZ / HOP

WINDOWS = (8192, 4096, 2048, 640)
"""Lengths of the analysis windows, in samples."""

RANGE_DB = 70.0
"""Range of levels that `log_levels` maps to 0 to 1, in dB."""

ABOVE_DB = 5.0
"""Level that `log_levels` maps to 1, in dB above the mean power of the whole sound."""

_SILENCE = 1e-10
_BLOCK = 128
Levels = NDArray[np.float32]


def log_levels(
    mono: NDArray[np.float32],
    *,
    first: int = 0,
    n_frames: int | None = None,
    power: float | None = None,
) -> Levels:
    """Levels on the log-frequency axis, one layer per window, relative to the whole sound's.

    **Shape**: ``(n_frames, N_BINS, len(WINDOWS))``, float32; 0 at 65 dB below the sound's mean
    power and less, 1 at 5 dB above it.

    Args:
        mono: one channel at 16 kHz. **Shape** ``(time,)``.
        first: first frame that is wanted.
        n_frames: number of frames; ``1 + time // HOP`` from the first one if not given.
        power: mean power of the sound, if it is known.

    Example:
        >>> log_levels(np.zeros(16000, np.float32)).shape
        (63, 294, 4)
    """
    n_frames = 1 + len(mono) // HOP - first if n_frames is None else n_frames
    half = max(WINDOWS) // 2
    begin, end = first * HOP - half, (first + n_frames) * HOP + half
    part = np.asarray(mono[max(begin, 0) : end], np.float32)
    padded = np.pad(part, (max(-begin, 0), end - max(begin, 0) - len(part)))
    levels = np.empty((n_frames, N_BINS, len(WINDOWS)), np.float32)
    for layer, length in enumerate(WINDOWS):
        views = np.lib.stride_tricks.sliding_window_view(padded[half - length // 2 :], length)
        views = views[::HOP][:n_frames]
        for start in range(0, n_frames, _BLOCK):
            spectrum = forward(views[start : start + _BLOCK] * window_of(length))
            squares = np.square(spectrum.real) + np.square(spectrum.imag)
            for bins, bands, triangles in bands_of(length):
                levels[start : start + _BLOCK, bands, layer] = squares[:, bins] @ triangles
    levels /= np.float32(max(mean_power(mono) if power is None else power, _SILENCE))
    np.maximum(levels, 1e-9, out=levels)
    np.log10(levels, out=levels)
    levels *= np.float32(10.0 / RANGE_DB)
    levels += np.float32(1.0 - ABOVE_DB / RANGE_DB)
    return np.maximum(levels, 0.0, out=levels)


def mean_power(mono: NDArray[np.float32]) -> float:
    """Mean power of a sound, 0 where there is none.

    Args:
        mono: samples. **Shape** ``(time,)``.

    Example:
        >>> mean_power(np.array([1.0, -1.0, 0.0, 0.0], np.float32))
        0.5
    """
    return float(np.mean(np.square(mono, dtype=np.float64))) if len(mono) else 0.0
