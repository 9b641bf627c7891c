"""Spectra that are fine enough to show partials, and what lies between them.

Conventions: Hann windows of 96 ms every 30 ms, up to 8 kHz; powers are added over channels.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.attributes.bands import (
    FINE_HZ,
    FRAME_HZ,
    RANGE_DB,
    SURROUNDINGS_S,
    bands,
    moving_max,
    to_db,
)
from estilo.analysis.sound import Sound
from estilo.analysis.transforms import Array, forward
from estilo.units import hz_to_erb_number

SIZE, HOP = 1536, 480
"""Length of a window and distance of two, in samples at 16 kHz."""
BIN_HZ = FINE_HZ / SIZE
"""Distance of two bins, in Hz."""
FRAMES_PER_LINE = HOP * FRAME_HZ // FINE_HZ
"""Frames of 10 ms from one spectrum to the next."""
LOW_HZ, HIGH_HZ = 60.0, 7500.0
"""Range in which partials are looked for, in Hz."""

_REGION_WIDTH, _REGION_STEP = 3.0, 2.0  # in ERB
_REGIONS = np.arange(4.0, 33.0, _REGION_STEP)
_LEAST_BINS = 6
_GAP_SHARE = 0.15  # of the bins of a region, which lie between partials for sure


@dataclass(frozen=True, eq=False)
class Lines:
    """Fine spectra of a recording.

    Args:
        power: power of each bin. **Shape** ``(frames, bins)``, float32.
    """

    power: Array

    @cached_property
    def level_db(self) -> Array:
        """Power in dB; **shape** ``(frames, bins)``."""
        return to_db(self.power)

    @cached_property
    def gap_power(self) -> Array:
        """Mean power of a bin of what lies between partials; **shape** ``(frames, regions)``.

        It is the power below which a small share of a region's bins lies, times what noise, whose
        powers are distributed exponentially, would have it times too low.
        """
        found = []
        for region in regions():
            rank = round(_GAP_SHARE * (len(region) - 1))
            lowest = np.partition(self.power[:, region], rank, axis=1)[:, rank]
            share = (rank + 0.7) / (len(region) + 0.4)
            found.append(lowest / np.float32(-np.log1p(-share)))
        return np.stack(found, axis=1)

    @cached_property
    def floor_db(self) -> Array:
        """`gap_power` at every bin, in straight lines of dB; **shape** ``(frames, bins)``."""
        return to_db(self.gap_power) @ _line_weights()

    def peaks(self, *, prominence_db: float, range_db: float = RANGE_DB) -> NDArray[np.bool_]:
        """Where partials are: peaks that stand out of the floor; **shape** ``(frames, bins)``.

        Args:
            prominence_db: distance from the floor at least, in dB.
            range_db: distance from the loudest around at most, in dB.
        """
        level_db = self.level_db
        loudest_db = moving_max(level_db.max(1), round(SURROUNDINGS_S * FINE_HZ / HOP))
        inner = level_db[:, 1:-1]
        limit_db = np.maximum(self.floor_db + prominence_db, loudest_db[:, None] - range_db)
        found = np.zeros(level_db.shape, bool)
        found[:, 1:-1] = (inner >= level_db[:, :-2]) & (inner > level_db[:, 2:])
        low, high = round(LOW_HZ / BIN_HZ), round(HIGH_HZ / BIN_HZ)
        found &= level_db > limit_db
        found[:, :low] = found[:, high:] = False
        return found


def lines(sound: Sound) -> Lines:
    """Fine spectra of a recording; for `Sound.once`.

    Args:
        sound: any length.

    Example:
        >>> tone = Sound(np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000), 16_000)
        >>> found = lines(tone).peaks(prominence_db=15.0)
        >>> found.shape, np.flatnonzero(found[16]).tolist()  # 96 bins are 1 kHz
        ((34, 769), [96])
    """
    window = (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(SIZE) / SIZE)).astype(np.float32)
    channels = sound.once(bands).channels
    n_frames = 1 + channels.shape[1] // HOP
    power = np.zeros((n_frames, SIZE // 2 + 1), np.float32)
    for channel in channels:
        padded = np.pad(channel, SIZE // 2)
        frames = np.lib.stride_tricks.sliding_window_view(padded, SIZE)[::HOP][:n_frames]
        spectrum = forward(frames * window)
        power += np.square(spectrum.real) + np.square(spectrum.imag)
    return Lines(power)


@lru_cache(maxsize=1)
def regions() -> tuple[NDArray[np.int64], ...]:
    """Bins of each region of three ERB, two ERB apart, as far as they hold several."""
    numbers = _bin_numbers()
    found = (np.flatnonzero(np.abs(numbers - each) < 0.5 * _REGION_WIDTH) for each in _REGIONS)
    return tuple(each for each in found if len(each) >= _LEAST_BINS)


def _bin_numbers() -> NDArray[np.float64]:
    return hz_to_erb_number(np.arange(SIZE // 2 + 1) * BIN_HZ)


@lru_cache(maxsize=1)
def _line_weights() -> Array:
    """What makes straight lines over the ERB scale of values per region."""
    numbers = _bin_numbers()
    centres = np.array([numbers[each].mean() for each in regions()])
    rows = [np.interp(numbers, centres, row) for row in np.eye(len(centres))]
    return np.array(rows, np.float32)
