"""Spectral flatness in bands: how much of a sound is noise."""

import torch
from torch import Tensor

from estilo.dsp.mel import filterbank
from estilo.dsp.stft import stft

_TONAL, _NOISY = 0.2, 0.5  # recordings of instruments lie below, of rain and sea above


def band_flatness(
    waveform: Tensor,
    *,
    sample_rate: int,
    n_fft: int,
    hop_length: int,
    n_bands: int,
    high_hz: float | None = None,
) -> Tensor:
    """Geometric over arithmetic mean of the power within mel bands, averaged by energy over time.

    Gaussian noise gives 0.56 in wide bands (exp of minus Euler's constant; Johnston 1988,
    doi:10.1109/49.608) and more in narrow ones, a tone next to nothing.

    Args:
        waveform: ``(time,)``.
        sample_rate: sample rate in Hz.
        n_fft: length of the transform in samples.
        hop_length: hop in samples.
        n_bands: number of bands, as in `estilo.dsp.mel.filterbank`.
        high_hz: upper end of the highest band, in Hz; half the sample rate by default.

    **Shape**: result ``(n_bands,)``, 0 to 1.

    Example:
        >>> sizes = {"sample_rate": 8000, "n_fft": 1024, "hop_length": 256, "n_bands": 8}
        >>> noise = torch.randn(8000, generator=torch.Generator().manual_seed(0))
        >>> tone = torch.sin(0.7 * torch.arange(8000.0))
        >>> bool(band_flatness(noise, **sizes).min() > 0.4), bool(
        ...     band_flatness(tone, **sizes)[3] < 0.05
        ... )
        (True, True)
    """
    spectrum = stft(waveform, n_fft=n_fft, hop_length=hop_length)
    power = spectrum.real.square() + spectrum.imag.square()
    power = power + 1e-7 * power.max() + 1e-20
    bank = filterbank(
        n_bands=n_bands,
        n_fft=n_fft,
        sample_rate=sample_rate,
        high_hz=high_hz,
        dtype=power.dtype,
        device=power.device,
    )
    geometric = torch.exp(bank @ torch.log(power)).sum(-1)
    return geometric / (bank @ power).sum(-1)


def noisiness(flatness: Tensor) -> Tensor:
    """Flatness as a share of noise: 0 for tones, 1 for noise.

    **Shape**: any.

    >>> noisiness(torch.tensor([0.05, 0.35, 0.6]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    return ((flatness - _TONAL) / (_NOISY - _TONAL)).clamp(0.0, 1.0)
