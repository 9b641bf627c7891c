"""Equaliser matching: the static filter that gives one recording another's average spectrum."""

import torch
from torch import Tensor

from estilo.dsp.mel import band_interpolation, filterbank
from estilo.dsp.stft import istft, stft

LIMIT_DB = 30.0
_SILENT_DB = -80.0


def band_power(waveform: Tensor, *, sample_rate: int, n_bands: int) -> Tensor:
    """Average power in ERB bands.

    Args:
        waveform: ``(time,)``.
        sample_rate: in Hz.
        n_bands: evenly spaced on the ERB-rate scale from 30 Hz up.

    **Shape**: result ``(n_bands,)``.
    """
    n_fft, hop_length = _sizes(sample_rate)
    spectrum = stft(waveform, n_fft=n_fft, hop_length=hop_length)
    power = spectrum.real.square() + spectrum.imag.square()
    return _bank(n_bands, sample_rate, waveform) @ power.mean(-1)


def matching_gains(source_power: Tensor, target_power: Tensor) -> Tensor:
    """Gains per band that turn one average spectrum into another, level aside.

    Bands that the target does not hold at all (more than 80 dB below its strongest: above the
    bandwidth of a low-rate file, say) take the gain of the nearest lower band that it does.

    **Shape**: both ``(n_bands,)``, result ``(n_bands,)`` in dB, within ±30 dB.

    >>> matching_gains(torch.tensor([1.0, 1.0]), torch.tensor([1.0, 100.0]))
    tensor([-17.0329,   2.9671])
    """
    source = source_power / source_power.sum().clamp_min(1e-30)
    target = target_power / target_power.sum().clamp_min(1e-30)
    held = target > 10.0 ** (_SILENT_DB / 10.0) * target.max()
    gains = 10.0 * torch.log10((target + 1e-12) / (source + 1e-12))
    for band in range(1, len(gains)):
        if not held[band]:
            gains[band] = gains[band - 1]
    return gains.clamp(-LIMIT_DB, LIMIT_DB)


def apply_gains(waveform: Tensor, gains_db: Tensor, *, sample_rate: int) -> Tensor:
    """Filter with smooth, zero-phase gains per band.

    Args:
        waveform: ``(time,)``.
        gains_db: ``(n_bands,)``, as from `matching_gains`.
        sample_rate: in Hz.

    **Shape**: result ``(time,)``.
    """
    n_fft, hop_length = _sizes(sample_rate)
    n_bands = len(gains_db)
    spread = band_interpolation(
        n_bands=n_bands,
        n_fft=n_fft,
        sample_rate=sample_rate,
        scale="erb",
        low_hz=30.0,
        dtype=waveform.dtype,
        device=waveform.device,
    )
    gains = 10.0 ** ((spread @ gains_db.to(waveform.dtype)) / 20.0)
    spectrum = stft(waveform, n_fft=n_fft, hop_length=hop_length) * gains[:, None]
    return istft(spectrum, length=waveform.shape[-1], n_fft=n_fft, hop_length=hop_length)


def _bank(n_bands: int, sample_rate: int, like: Tensor) -> Tensor:
    return filterbank(
        n_bands=n_bands,
        n_fft=_sizes(sample_rate)[0],
        sample_rate=sample_rate,
        scale="erb",
        low_hz=30.0,
        dtype=like.dtype,
        device=like.device,
    )


def _sizes(sample_rate: int) -> tuple[int, int]:
    """Transform length of about 93 ms and a quarter of it."""
    n_fft = 2 ** round(torch.log2(torch.tensor(0.093 * sample_rate)).item())
    return n_fft, n_fft // 4
