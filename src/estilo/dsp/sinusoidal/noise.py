"""Noise as the levels of its bands, and noise from levels of bands."""

from typing import Any

import torch
from torch import Tensor

from estilo.dsp.mel import band_interpolation, filterbank
from estilo.dsp.stft import istft, power_of_two_near, stft

_WINDOW_S = 0.046
_LOW_HZ = 20.0
_N_PASSES = 2
_FLOOR = 1e-14
N_BANDS = 64


def noise_levels(waveform: Tensor, *, sample_rate: int) -> Tensor:
    """Power of a waveform in bands: all that is kept of it as noise.

    Args:
        waveform: ``(time,)``.
        sample_rate: in Hz.

    **Shape**: result ``(N_BANDS, frames)``.
    """
    return _band_power(waveform, sample_rate)


def noise_from_levels(
    levels: Tensor, *, length: int, sample_rate: int, generator: torch.Generator
) -> Tensor:
    """Noise with given levels of its bands.

    White noise is weighed band by band and frame by frame. Its own levels are those of chance, and
    frames overlap: a second pass weighs by what the first one missed.

    Args:
        levels: from `noise_levels` of a waveform of that length.
        length: in samples.
        sample_rate: in Hz.
        generator: of the noise.

    **Shape**: result ``(length,)``.

    Example:
        >>> generator = torch.Generator().manual_seed(0)
        >>> noise = torch.randn(8000, generator=generator)
        >>> levels = noise_levels(noise, sample_rate=8000)
        >>> other = noise_from_levels(levels, length=8000, sample_rate=8000, generator=generator)
        >>> again = noise_levels(other, sample_rate=8000)
        >>> bool((10 * torch.log10(again / levels)).abs().mean() < 2.0)
        True
    """
    white = torch.randn(length, generator=generator).to(levels)
    sizes = _sizes(sample_rate)
    spread = band_interpolation(
        n_bands=N_BANDS,
        n_fft=sizes["n_fft"],
        sample_rate=sample_rate,
        scale="erb",
        low_hz=_LOW_HZ,
        dtype=levels.dtype,
        device=levels.device,
    )
    spectrum = stft(white, **sizes)
    noise, gains = white, torch.zeros_like(levels)
    for _ in range(_N_PASSES):
        reached = _band_power(noise, sample_rate)
        gains = gains + 0.5 * torch.log((levels + _FLOOR) / (reached + _FLOOR))
        noise = istft(spectrum * torch.exp(spread @ gains), length=length, **sizes)
    return noise


def _sizes(sample_rate: int) -> dict[str, Any]:
    n_fft = power_of_two_near(_WINDOW_S, sample_rate=sample_rate, least=64)
    return {"n_fft": n_fft, "hop_length": n_fft // 4}


def _band_power(waveform: Tensor, sample_rate: int) -> Tensor:
    sizes = _sizes(sample_rate)
    spectrum = stft(waveform, **sizes)
    bank = filterbank(
        n_bands=N_BANDS,
        n_fft=sizes["n_fft"],
        sample_rate=sample_rate,
        scale="erb",
        low_hz=_LOW_HZ,
        dtype=waveform.dtype,
        device=waveform.device,
    )
    return bank @ (spectrum.real.square() + spectrum.imag.square())
