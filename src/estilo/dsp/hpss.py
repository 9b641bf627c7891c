r"""Separation of a recording into its harmonic part, its percussive part and a residual.

References: D. FitzGerald (2010), Harmonic/percussive separation using median filtering, DAFx
(the method); J. Driedger, M. Müller & S. Disch (2014), Extending harmonic-percussive separation of
audio signals, ISMIR (the residual).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from estilo.dsp.stft import istft, power_of_two_near, stft
from estilo.errors import SettingsError

_FRAME_S = 0.093
_TIME_S, _WIDTH_HZ = 0.7, 160.0  # reach of the medians
_BLOCK_FRAMES = 1024


@dataclass(frozen=True)
class Split:
    """Three waveforms of equal shape that sum to the one they come from.

    Args:
        harmonic: sustained sounds: horizontal lines of the spectrogram.
        percussive: short and wide sounds: vertical lines.
        residual: sounds that are neither clearly; nothing at a margin of 1.
    """

    harmonic: Tensor
    percussive: Tensor
    residual: Tensor


def harmonic_percussive(waveform: Tensor, *, sample_rate: int, margin: float = 1.0) -> Split:
    r"""Split a recording by what its spectrogram looks like.

    With :math:`H` the median of the magnitude over time and :math:`P` that over frequency, the
    harmonic part is masked by :math:`H^2 / (H^2 + (\beta P)^2)` and the percussive one by
    :math:`P^2 / (P^2 + (\beta H)^2)`, β being the margin; the residual is what neither takes.

    Args:
        waveform: ``(..., time)``; memory stays bounded however long it is.
        sample_rate: sample rate in Hz.
        margin: 1 or more: how clearly a sound must be the one or the other.

    Raises:
        SettingsError: a margin below 1.

    Example:
        >>> clicks = torch.zeros(8000)
        >>> clicks[1000::2000] = 1.0
        >>> tone = 0.1 * torch.sin(0.5 * torch.arange(8000.0))
        >>> split = harmonic_percussive(tone + clicks, sample_rate=8000)
        >>> error = split.harmonic[500:-500] - tone[500:-500]
        >>> bool(error.square().mean() < 0.05 * tone.square().mean())
        True
    """
    if not margin >= 1.0:
        raise SettingsError(f"margin must be at least 1, got {margin}")
    n_fft = power_of_two_near(_FRAME_S, sample_rate=sample_rate)
    hop_length = n_fft // 4
    kernels = (
        2 * round(0.5 * _TIME_S * sample_rate / hop_length) + 1,
        2 * round(0.5 * _WIDTH_HZ * n_fft / sample_rate) + 1,
    )
    harmonic, percussive = torch.empty_like(waveform), torch.empty_like(waveform)
    time, block = waveform.shape[-1], _BLOCK_FRAMES * hop_length
    reach = n_fft + kernels[0] // 2 * hop_length
    for start in range(0, time, block):
        stop, first = min(start + block, time), max(0, start - reach)
        part = waveform[..., first : stop + reach]
        spectrum = stft(part, n_fft=n_fft, hop_length=hop_length)
        for mask, whole in zip(
            masks(spectrum.abs(), kernels=kernels, margin=margin),
            (harmonic, percussive),
            strict=True,
        ):
            made = istft(mask * spectrum, length=part.shape[-1], n_fft=n_fft, hop_length=hop_length)
            whole[..., start:stop] = made[..., start - first : stop - first]
    if margin == 1.0:
        percussive = waveform - harmonic
    return Split(harmonic, percussive, waveform - harmonic - percussive)


def masks(
    magnitude: Tensor, *, kernels: tuple[int, int], margin: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Shares of a spectrogram that are harmonic and percussive.

    Args:
        magnitude: magnitude spectra, ``(..., bins, frames)``.
        kernels: odd lengths of the medians over time, in frames, and over frequency, in bins.
        margin: margin, as in `harmonic_percussive`.

    **Shape**: both results as the magnitude, 0 to 1.

    >>> line = torch.zeros(9, 9)
    >>> line[4] = 1.0
    >>> harmonic, percussive = masks(line, kernels=(5, 5))
    >>> bool(harmonic[4, 4] > 0.99), bool(percussive[4, 4] < 0.01)
    (True, True)
    """
    lasting = _median(magnitude, kernels[0]).square()
    wide = _median(magnitude.mT, kernels[1]).mT.square()
    return _share(lasting, margin**2 * wide), _share(wide, margin**2 * lasting)


def _share(one: Tensor, other: Tensor) -> Tensor:
    """Share of one power in the sum of two; half where there is neither."""
    tiny = torch.finfo(one.dtype).tiny
    return (one + tiny) / (one + other + 2.0 * tiny)


def _median(values: Tensor, size: int) -> Tensor:
    """Running median along the last axis, ends mirrored.

    Scipy's filter of one dimension is ten times as fast as any of two, so rows are laid end to end.
    """
    # Imported here: it takes half a second, and few commands split anything.
    from scipy.ndimage import rank_filter

    half = size // 2
    rows = values.flatten(0, -2).cpu().numpy()
    # "symmetric" also where a row is shorter than the reach, which torch's padding refuses.
    padded = np.pad(rows, ((0, 0), (half, half)), mode="symmetric")
    ranked = rank_filter(padded.ravel(), rank=half, size=size, mode="nearest")
    inner = ranked.reshape(padded.shape)[:, half : half + rows.shape[1]]
    return torch.from_numpy(np.ascontiguousarray(inner)).to(values).reshape(values.shape)
