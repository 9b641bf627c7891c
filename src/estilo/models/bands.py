"""Bands of a spectrum: each bin where partials lie apart, above them as wide as the ear's."""

import math

import numpy as np
import torch
from torch import Tensor, nn

from estilo.units import erb_number_to_hz, hz_to_erb_number, hz_to_mel

FLOOR_DB = -100.0
_DB_PER_UNIT = 20.0
_CENTRE_DB = -40.0
_DENSE_HZ, _SPARSE = 8500.0, 0.3


class Bands(nn.Module):
    """Powers of bins to levels of bands, and gains of bands to gains of bins.

    The first bins are bands of their own; above, triangles overlap by half, evenly spaced on the
    ERB scale up to half the sample rate.

    Args:
        sample_rate: sample rate in Hz.
        n_bins: number of bins of the spectrum.
        n_lines: bins that are bands of their own.
        n_wide: bands above them.

    Attributes:
        centres_hz: centre of each band, in Hz.
        importance: what a difference in each band counts for, 1 on average.
    """

    importance: Tensor
    share: Tensor
    spread: Tensor

    def __init__(self, *, sample_rate: int, n_bins: int, n_lines: int, n_wide: int) -> None:
        super().__init__()
        self.n_lines, self.n_bands = n_lines, n_lines + n_wide
        spacing_hz = 0.5 * sample_rate / (n_bins - 1)
        ends = hz_to_erb_number([n_lines * spacing_hz, 0.5 * sample_rate])
        centres_hz = torch.from_numpy(erb_number_to_hz(np.linspace(ends[0], ends[1], n_wide)))
        centres = centres_hz / spacing_hz - n_lines
        lines_hz = spacing_hz * np.arange(n_lines)
        self.centres_hz = np.concatenate((lines_hz, centres_hz.numpy()))
        self.register_buffer("importance", _importance(self.centres_hz), persistent=False)
        place = torch.arange(n_bins - n_lines, dtype=torch.float64)
        above = (torch.searchsorted(centres, place, right=True)).clamp(1, n_wide - 1)
        left, right = centres[above - 1], centres[above]
        share = ((place - left) / (right - left)).clamp(0.0, 1.0)
        spread = torch.zeros(n_wide, n_bins - n_lines, dtype=torch.float64)
        spread[above, place.long()] = share
        spread[above - 1, place.long()] = 1.0 - share
        self.register_buffer("spread", spread.float(), persistent=False)
        self.register_buffer(
            "share", (spread / spread.sum(1, keepdim=True)).T.float().contiguous(), persistent=False
        )

    def levels(self, power: Tensor) -> Tensor:
        """Level of each band: 0 at -40 dB, 1 for each 20 dB; -100 dB and less are one.

        **Shape**: ``(..., n_bins)`` to ``(..., n_bands)``.
        """
        wide = power[..., self.n_lines :] @ self.share
        bands = torch.cat((power[..., : self.n_lines], wide), -1)
        db = 10.0 * torch.log10(bands.clamp(min=10.0 ** (FLOOR_DB / 10.0)))
        return (db - _CENTRE_DB) / _DB_PER_UNIT

    def gains(self, difference: Tensor) -> Tensor:
        """Gain of each bin, as a factor, from differences of level of the bands.

        **Shape**: ``(..., n_bands)`` to ``(..., n_bins)``.
        """
        wide = difference[..., self.n_lines :] @ self.spread
        units = torch.cat((difference[..., : self.n_lines], wide), -1)
        return torch.exp(units * (_DB_PER_UNIT / 20.0 * math.log(10.0)))


def transposition(centres_hz: np.ndarray, semitones: int) -> np.ndarray:
    """Matrix that moves levels along the frequencies, as resampling does with all but the time.

    Levels are interpolated between the two bands that a frequency came from.

    Args:
        centres_hz: centres of the bands in Hz, ascending, ``(n_bands,)``.
        semitones: upwards; partials stay multiples of each other.

    **Shape**: result ``(n_bands, n_bands)``, from bands to bands.
    """
    came_from = np.interp(
        centres_hz * 2.0 ** (-semitones / 12.0), centres_hz, np.arange(len(centres_hz))
    )
    below = np.minimum(came_from.astype(int), len(centres_hz) - 2)
    share, columns = came_from - below, np.arange(len(centres_hz))
    matrix = np.zeros((len(centres_hz), len(centres_hz)), np.float32)
    matrix[below, columns] = 1.0 - share
    matrix[below + 1, columns] = share
    return matrix


def _importance(centres_hz: np.ndarray) -> Tensor:
    """Width of each band in mel, which is where partials lie densest; less where few are left."""
    width = np.gradient(hz_to_mel(centres_hz)) * np.where(centres_hz < _DENSE_HZ, 1.0, _SPARSE)
    return torch.from_numpy(width / width.mean()).float()
