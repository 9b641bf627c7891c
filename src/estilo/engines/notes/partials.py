"""Where the partials of heard notes lie in a short-time spectrum."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from estilo.analysis.transcription.heard import STEP_S, HeardNote
from estilo.dsp.stft import power_of_two_near
from estilo.units import midi_to_hz

_WINDOW_S = 0.093
_FWHM = 2.0 * (2.0 * np.log(2.0)) ** 0.5  # width of a Gaussian at half its height, in deviations
_REACH = 3.5  # deviations


@dataclass(frozen=True)
class Grid:
    """Frames of a short-time spectrum.

    Args:
        n_fft: length of the transform in samples.
        hop_length: distance of two frames, in samples.
        sample_rate: sample rate in Hz.
        first: number of the first frame.
        n_frames: number of frames.
    """

    n_fft: int
    hop_length: int
    sample_rate: int
    first: int = 0
    n_frames: int = 0

    @classmethod
    def fine(cls, sample_rate: int) -> "Grid":
        """Windows of about 93 ms, in which neighbouring partials are apart.

        >>> Grid.fine(44_100).n_fft
        4096
        """
        n_fft = power_of_two_near(_WINDOW_S, sample_rate=sample_rate, least=64)
        return cls(n_fft, n_fft // 4, sample_rate)

    @property
    def n_bins(self) -> int:
        """Number of bins of a frame."""
        return self.n_fft // 2 + 1

    @property
    def bin_hz(self) -> float:
        """Distance of two bins, in Hz."""
        return self.sample_rate / self.n_fft

    @property
    def times_s(self) -> np.ndarray:
        """Times of the frames' centres, in seconds."""
        frames = self.first + np.arange(self.n_frames)
        return frames * (self.hop_length / self.sample_rate)


@dataclass(frozen=True)
class Partials:
    """The partials of one note in the frames in which it is held.

    Args:
        frames: numbers of these frames within the grid. **Shape** ``(frames,)``.
        bins: places of the partials, in bins. **Shape** ``(frames, partials)``.
        power: power of the note in each frame, 1 for a sine of full scale. **Shape** ``(frames,)``.
        age_s: time since the note began, in seconds. **Shape** ``(frames,)``.
    """

    frames: Tensor
    bins: Tensor
    power: Tensor
    age_s: Tensor


def partials(
    notes: Sequence[HeardNote],
    grid: Grid,
    *,
    highest_hz: float,
    before_s: float = 0.0,
    after_s: float = 0.0,
) -> Iterator[Partials]:
    """The partials of every note that sounds in a grid.

    Args:
        notes: notes in the order of their starts.
        grid: frames.
        highest_hz: frequency of the highest partial, in Hz.
        before_s: time before a note in which frames already hear it, in seconds.
        after_s: time for which a note rings on, in seconds. Outside a note its courses stay as they
            begin and end.

    Example:
        >>> grid = Grid(4096, 1024, 44_100, n_frames=100)
        >>> found = next(partials([HeardNote(0.5, 1.0, 69.0, -6.0)], grid, highest_hz=2000.0))
        >>> found.bins.shape, round(float(found.bins[0, 0] * grid.bin_hz))
        (torch.Size([22, 4]), 440)
    """
    times_s, highest_hz = grid.times_s, min(highest_hz, 0.5 * grid.sample_rate)
    first_s, last_s = (times_s[0], times_s[-1]) if len(times_s) else (0.0, 0.0)
    for note in notes:
        if note.start_s - before_s > last_s or note.end_s + after_s < first_s:
            continue
        is_on = (times_s >= note.start_s - before_s) & (times_s < note.end_s + after_s)
        frames = np.flatnonzero(is_on)
        pitch_hz = float(midi_to_hz(note.pitch))
        n_partials = int(highest_hz / pitch_hz)
        if not len(frames) or not n_partials:
            continue
        age_s = times_s[frames] - note.start_s
        cents, level_db = _at(note.cents, age_s), note.level_db + _at(note.levels_db, age_s)
        hz = pitch_hz * 2.0 ** (cents / 1200.0)
        yield Partials(
            torch.from_numpy(frames),
            torch.from_numpy(hz[:, None] * np.arange(1, n_partials + 1) / grid.bin_hz),
            torch.from_numpy(10.0 ** (level_db / 10.0)),
            torch.from_numpy(age_s),
        )


def bumps(found: Partials, grid: Grid, *, width_hz: Tensor) -> tuple[Tensor, Tensor]:
    """Gaussians around partials, 1 at their middles.

    Args:
        found: partials of a note.
        grid: frames that they lie in.
        width_hz: width of a Gaussian at half its height in each frame, in Hz. **Shape**
            ``(frames,)``.

    Returns:
        Bins, and the height at each, both ``(frames, partials, near bins)``. Bins outside the
        spectrum have a height of 0.

    >>> grid = Grid(4096, 1024, 44_100, n_frames=100)
    >>> found = next(partials([HeardNote(0.5, 1.0, 69.0, -6.0)], grid, highest_hz=500.0))
    >>> bins, height = bumps(found, grid, width_hz=torch.full((22,), 20.0))
    >>> int(bins[0, 0, height[0, 0].argmax()])
    41
    """
    deviation = (width_hz / (_FWHM * grid.bin_hz))[:, None, None]
    reach = int(np.ceil(_REACH * float(deviation.max()))) + 1
    near = found.bins.round().long()[..., None] + torch.arange(-reach, reach + 1)
    height = torch.exp(-0.5 * ((near - found.bins[..., None]) / deviation).square())
    is_inside = (near >= 0) & (near < grid.n_bins)
    return near.clamp(0, grid.n_bins - 1), height * is_inside


def _at(course: np.ndarray, age_s: np.ndarray) -> np.ndarray:
    """Values of a course at times since its note began."""
    return np.interp(age_s / STEP_S, np.arange(len(course)), course)
