"""Spectrograms for the eye: log-frequency rows, a column per pixel, however long the recording."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from estilo.audio import Audio
from estilo.units import AXIS_HIGH_HZ, AXIS_LOW_HZ

FLOOR_DB = -200.0
_WINDOW_S = 0.093
_PADDING = 2  # with half-bins no partial falls between two bins by more than 0.4 dB
_FRAMES_PER_COLUMN = 4
_FEWEST_COLUMNS = 240
_BATCH = 256


@dataclass(frozen=True)
class LogSpectrogram:
    """Levels over time and log frequency.

    Args:
        level_db: levels in dB, 0 for a full-scale sine, low to high. **Shape** ``(n_rows,
            n_columns)``.
        low_hz: lower edge of the first row, in Hz.
        high_hz: upper edge of the last row, in Hz.
        duration_s: duration of the recording, in seconds.
    """

    level_db: np.ndarray
    low_hz: float
    high_hz: float
    duration_s: float


def log_spectrogram(audio: Audio, *, n_rows: int = 300, n_columns: int = 900) -> LogSpectrogram:
    """Power of a recording over time and log frequency, mean over channels.

    Rows that are wider than a bin hold the loudest of their bins, so that a partial looks as strong
    as it is wherever it lies; narrower ones are interpolated in dB. A column holds the mean power
    of a few frames spread over it: bounded work for hours, nothing lost in seconds.

    Args:
        audio: recording of at least one sample.
        n_rows: number of rows, evenly spaced in log frequency from 40 Hz to 20 kHz or half the
            sample rate.
        n_columns: largest number of columns; short recordings have fewer, down to 240.

    Example:
        >>> tone = Audio(np.sin(2 * np.pi * 1000 * np.arange(22050) / 22050), 22050)
        >>> picture = log_spectrogram(tone)
        >>> round(float(picture.level_db.max()))
        0
    """
    n_fft = _window_length(audio)
    n_frames = max(1, -(-audio.n_samples * 8 // n_fft))
    n_columns = min(n_columns, max(n_frames, _FEWEST_COLUMNS), audio.n_samples)
    per_column = min(_FRAMES_PER_COLUMN, -(-n_frames // n_columns))
    centres = (np.arange(n_columns * per_column) + 0.5) * audio.n_samples / (n_columns * per_column)
    power = np.zeros((n_columns, _PADDING * n_fft // 2 + 1))
    for start in range(0, len(centres), _BATCH * per_column):
        batch = centres[start : start + _BATCH * per_column]
        frames = _powers(audio, batch, n_fft)
        first = start // per_column
        count = len(batch) // per_column
        power[first : first + count] = frames.reshape(count, per_column, -1).mean(1)
    high_hz = min(AXIS_HIGH_HZ, audio.sample_rate / 2)
    edges_hz = np.geomspace(AXIS_LOW_HZ, high_hz, n_rows + 1)
    level_db = 10.0 * np.log10(np.maximum(power, 10.0 ** (FLOOR_DB / 10.0)))
    rows = _rows(level_db, edges_hz * _PADDING * n_fft / audio.sample_rate)
    return LogSpectrogram(rows.T, AXIS_LOW_HZ, high_hz, audio.duration_s)


def _window_length(audio: Audio) -> int:
    """Power of two near 93 ms; shorter for recordings that would hold only a few windows."""
    wanted = min(_WINDOW_S * audio.sample_rate, audio.n_samples / 3)
    return 2 ** int(np.clip(round(np.log2(max(wanted, 1.0))), 6, 15))


def _powers(audio: Audio, centres: np.ndarray, n_fft: int) -> np.ndarray:
    """Power spectra around centres, 1 for a full-scale sine; **Shape** ``(frames, bins)``."""
    window = np.hanning(n_fft + 1)[:-1]
    starts = np.round(centres).astype(int) - n_fft // 2
    index = starts[:, None] + np.arange(n_fft)
    is_inside = (index >= 0) & (index < audio.n_samples)
    index = np.clip(index, 0, audio.n_samples - 1)
    power = np.zeros((len(centres), _PADDING * n_fft // 2 + 1))
    for channel in audio.samples:
        frames = np.where(is_inside, channel[index], 0.0) * window
        power += np.square(np.abs(np.fft.rfft(frames, _PADDING * n_fft)) * 2.0 / window.sum())
    return power / audio.n_channels


def _rows(level_db: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Bins to rows, whose edges are in bins; **Shape** ``(frames, rows)``."""
    n_bins = level_db.shape[1]
    rows = np.empty((len(level_db), len(edges) - 1))
    for row, (low, high) in enumerate(pairwise(edges)):
        first, last = int(np.ceil(low)), int(np.floor(high))
        if last - first >= 1:
            rows[:, row] = level_db[:, first : min(last, n_bins - 1) + 1].max(1)
            continue
        centre = min(np.sqrt(low * high), n_bins - 1.0)
        below = min(int(centre), n_bins - 2)
        share = centre - below
        rows[:, row] = (1.0 - share) * level_db[:, below] + share * level_db[:, below + 1]
    return rows


def envelope(audio: Audio, *, n_columns: int = 900) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lowest and highest sample of every column of a picture.

    Args:
        audio: recording of at least one sample.
        n_columns: largest number of columns.

    Returns:
        Times in seconds ``(columns,)``, minima and maxima ``(channels, columns)``.

    Example:
        >>> times_s, low, high = envelope(Audio(np.zeros((2, 8000)), 8000), n_columns=10)
        >>> times_s.shape, low.shape
        ((10,), (2, 10))
    """
    n_columns = min(n_columns, audio.n_samples)
    starts = np.arange(n_columns) * audio.n_samples // n_columns
    low = np.minimum.reduceat(audio.samples, starts, axis=1)
    high = np.maximum.reduceat(audio.samples, starts, axis=1)
    times_s = (np.arange(n_columns) + 0.5) * audio.duration_s / n_columns
    return times_s, low, high
