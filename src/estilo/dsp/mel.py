"""Bands on perceptual frequency scales: from bins to bands, and from bands to bins."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from estilo.errors import SettingsError
from estilo.units import erb_number_to_hz, hz_to_erb_number, hz_to_mel, mel_to_hz

_Map = Callable[[ArrayLike], NDArray[np.float64]]


def _identity(value: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(value, dtype=np.float64)


_SCALES: dict[str, tuple[_Map, _Map]] = {
    "erb": (hz_to_erb_number, erb_number_to_hz),
    "linear": (_identity, _identity),
    "mel": (hz_to_mel, mel_to_hz),
}
SCALES = tuple(_SCALES)


def band_centres_hz(
    *,
    n_bands: int,
    sample_rate: int,
    scale: str = "mel",
    low_hz: float = 0.0,
    high_hz: float | None = None,
) -> NDArray[np.float64]:
    """Centre frequencies of `filterbank`'s bands, equally spaced between the two ends.

    **Shape**: ``(n_bands,)``, in Hz.

    Args:
        n_bands: number of bands.
        sample_rate: sample rate in Hz.
        scale: one of `SCALES`: the scale on which they are equally spaced.
        low_hz: lower end of the lowest band, in Hz.
        high_hz: upper end of the highest band, in Hz; half the sample rate by default.

    Raises:
        SettingsError: the scale is unknown, there is no band, or the ends are not in order.

    Example:
        >>> band_centres_hz(n_bands=3, sample_rate=8000, scale="linear").tolist()
        [1000.0, 2000.0, 3000.0]
    """
    return _edges_hz(n_bands, sample_rate, scale, low_hz, high_hz)[1:-1]


def filterbank(
    *,
    n_bands: int,
    n_fft: int,
    sample_rate: int,
    scale: str = "mel",
    low_hz: float = 0.0,
    high_hz: float | None = None,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Triangular bands as a matrix: each row averages the bins of one band.

    A band rises from its lower neighbour's centre to its own and falls to its upper neighbour's,
    linearly in Hz. Where neighbours are closer than one bin (low bands of a short transform), both
    sides are widened to one bin, so that every band sees at least one. Rows sum to 1: a flat
    spectrum gives flat bands.

    **Shape**: ``(n_bands, n_fft // 2 + 1)``. The matrix is shared between calls; do not change it.

    Args:
        n_bands: number of bands.
        n_fft: length of the transform in samples.
        sample_rate: sample rate in Hz.
        scale: one of `SCALES`.
        low_hz: lower end of the lowest band, in Hz.
        high_hz: upper end of the highest band, in Hz; half the sample rate by default.
        dtype: data type of the result.
        device: device of the result.

    Raises:
        SettingsError: the scale is unknown, there is no band, or the ends are not in order.

    Example:
        >>> bands = filterbank(n_bands=40, n_fft=512, sample_rate=16000)
        >>> bands.shape, bool(torch.allclose(bands.sum(1), torch.ones(40)))
        (torch.Size([40, 257]), True)
    """
    matrix = _filterbank(n_bands, n_fft, sample_rate, scale, low_hz, high_hz)
    return matrix.to(device=device, dtype=dtype)


def band_interpolation(
    *,
    n_bands: int,
    n_fft: int,
    sample_rate: int,
    scale: str = "mel",
    low_hz: float = 0.0,
    high_hz: float | None = None,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
) -> Tensor:
    """A matrix that spreads one value per band smoothly over the bins.

    Between two centres the value is interpolated linearly on the chosen scale; beyond the first
    and the last it stays. Rows sum to 1, so equal bands give equal bins.

    **Shape**: ``(n_fft // 2 + 1, n_bands)``. The matrix is shared between calls; do not change it.

    Args:
        n_bands: number of bands.
        n_fft: length of the transform in samples.
        sample_rate: sample rate, as in `filterbank`, in Hz.
        scale: one of `SCALES`.
        low_hz: lower end of the lowest band, in Hz.
        high_hz: upper end of the highest band, in Hz; half the sample rate by default.
        dtype: data type of the result.
        device: device of the result.

    Raises:
        SettingsError: for the reasons that `filterbank` gives.

    Example:
        >>> spread = band_interpolation(n_bands=8, n_fft=512, sample_rate=16000)
        >>> bool(torch.allclose(spread @ torch.full((8,), 0.5), torch.full((257,), 0.5)))
        True
    """
    matrix = _band_interpolation(n_bands, n_fft, sample_rate, scale, low_hz, high_hz)
    return matrix.to(device=device, dtype=dtype)


def _edges_hz(
    n_bands: int, sample_rate: int, scale: str, low_hz: float, high_hz: float | None
) -> NDArray[np.float64]:
    nyquist_hz = sample_rate / 2.0
    high_hz = nyquist_hz if high_hz is None else high_hz
    if scale not in _SCALES:
        raise SettingsError(f"unknown scale {scale!r}; choose one of {', '.join(SCALES)}")
    if n_bands < 1:
        raise SettingsError(f"n_bands must be at least 1, got {n_bands}; ask for more bands")
    if not 0.0 <= low_hz < high_hz <= nyquist_hz:
        raise SettingsError(
            f"expected 0 ≤ low_hz < high_hz ≤ {nyquist_hz:g} (half the sample rate), got "
            f"low_hz={low_hz:g}, high_hz={high_hz:g}; move the one that is outside"
        )
    to_scale, to_hz = _SCALES[scale]
    edges_hz = to_hz(np.linspace(to_scale(low_hz), to_scale(high_hz), n_bands + 2))
    return np.clip(edges_hz, 0.0, nyquist_hz)


def _bins_hz(n_fft: int, sample_rate: int) -> NDArray[np.float64]:
    return np.arange(n_fft // 2 + 1, dtype=np.float64) * (sample_rate / n_fft)


@lru_cache(maxsize=64)
@torch.inference_mode(mode=False)  # or what is cached under inference could not be trained through
def _filterbank(
    n_bands: int,
    n_fft: int,
    sample_rate: int,
    scale: str,
    low_hz: float,
    high_hz: float | None,
) -> Tensor:
    edges_hz = _edges_hz(n_bands, sample_rate, scale, low_hz, high_hz)
    bin_hz = sample_rate / n_fft
    centres_hz = edges_hz[1:-1, None]
    # An open interval of one bin to either side always holds a bin: no band is ever empty.
    left_hz = np.maximum(np.diff(edges_hz[:-1])[:, None], bin_hz)
    right_hz = np.maximum(np.diff(edges_hz[1:])[:, None], bin_hz)
    offset_hz = _bins_hz(n_fft, sample_rate)[None, :] - centres_hz
    weights = np.maximum(np.minimum(1.0 + offset_hz / left_hz, 1.0 - offset_hz / right_hz), 0.0)
    weights /= weights.sum(axis=1, keepdims=True)
    return torch.from_numpy(weights.astype(np.float32))


@lru_cache(maxsize=64)
@torch.inference_mode(mode=False)  # or what is cached under inference could not be trained through
def _band_interpolation(
    n_bands: int,
    n_fft: int,
    sample_rate: int,
    scale: str,
    low_hz: float,
    high_hz: float | None,
) -> Tensor:
    centres_hz = _edges_hz(n_bands, sample_rate, scale, low_hz, high_hz)[1:-1]
    to_scale, _ = _SCALES[scale]
    centres = to_scale(centres_hz)
    bins = to_scale(_bins_hz(n_fft, sample_rate))
    position = np.interp(bins, centres, np.arange(n_bands, dtype=np.float64))
    weights = np.maximum(1.0 - np.abs(position[:, None] - np.arange(n_bands)[None, :]), 0.0)
    return torch.from_numpy(weights.astype(np.float32))
