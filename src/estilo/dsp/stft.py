"""The short-time Fourier transform and its least-squares inverse, for any length.

Conventions: frames are centred (frame ``n`` looks at sample ``n * hop_length``), there are
``1 + time // hop_length`` of them, and nothing is scaled: a full-scale sine of one bin's frequency
has the magnitude ``sum(window) / 2``.
"""

import math
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from estilo.errors import InputError, SettingsError

# Periodic windows as cosine series: w(t) = a0 - a1 cos(2πt) + a2 cos(4πt), t = n / length.
_COSINES = {
    "hann": (0.5, 0.5, 0.0),
    "hamming": (0.54, 0.46, 0.0),
    "blackman": (0.42, 0.5, 0.08),
}
WINDOWS = (*sorted(_COSINES), "sqrt-hann")


def power_of_two_near(seconds: float, *, sample_rate: int, least: int = 16) -> int:
    """The power of two nearest to a duration, on a logarithmic scale: a length for fast transforms.

    Args:
        seconds: duration in seconds.
        sample_rate: sample rate in Hz.
        least: smallest result, in samples.

    Example:
        >>> power_of_two_near(0.093, sample_rate=22_050)
        2048
    """
    return max(least, 2 ** round(math.log2(seconds * sample_rate)))


def window_function(name: str, *, length: int) -> Tensor:
    """A periodic window.

    **Shape**: ``(length,)``, float64, on the CPU.

    Args:
        name: one of `WINDOWS`; ``"sqrt-hann"`` is the sine window.
        length: length in samples.

    Raises:
        SettingsError: the name is unknown or the length is not positive.

    Example:
        >>> window_function("hann", length=4)
        tensor([0.0000, 0.5000, 1.0000, 0.5000], dtype=torch.float64)
    """
    if length < 1:
        raise SettingsError(f"a window needs at least 1 sample, got {length}; give a longer one")
    if name not in WINDOWS:
        raise SettingsError(f"unknown window {name!r}; choose one of {', '.join(WINDOWS)}")
    turn = 2.0 * np.pi * np.arange(length) / length
    if name == "sqrt-hann":
        return torch.from_numpy(np.sin(turn / 2.0))
    a0, a1, a2 = _COSINES[name]
    window = a0 - a1 * np.cos(turn) + a2 * np.cos(2.0 * turn)
    # Rounding leaves blackman's first sample at -1e-17, whose square root would be NaN.
    return torch.from_numpy(np.maximum(window, 0.0))


def stft(
    waveform: Tensor,
    *,
    n_fft: int,
    hop_length: int,
    win_length: int | None = None,
    window: str = "hann",
) -> Tensor:
    """Short-time Fourier transform.

    ``X[m, n] = Σ_τ w[τ] x[n·hop + τ − n_fft // 2] exp(−2πi m τ / n_fft)``

    The ends are mirrored where the signal is longer than half a frame, and continued with zeros
    where it is not, so any length works.

    **Shape**: waveform ``(..., time)``, result complex ``(..., n_fft // 2 + 1, frames)`` with
    ``frames = 1 + time // hop_length``.

    Args:
        waveform: real samples.
        n_fft: length of the transform, in samples.
        hop_length: distance of two frames, in samples.
        win_length: length of the window, centred in the frame, in samples; ``n_fft`` by default.
        window: one of `WINDOWS`.

    Raises:
        InputError: the waveform is complex, integer, or has no time axis.
        SettingsError: a size is not positive, or the window is unknown or longer than the frame.

    Example:
        >>> stft(torch.zeros(2, 1000), n_fft=64, hop_length=16).shape
        torch.Size([2, 33, 63])
    """
    if waveform.ndim == 0 or not waveform.is_floating_point():
        raise InputError(
            f"waveform must hold real samples along time, got {waveform.dtype} of shape "
            f"{tuple(waveform.shape)}; give a float tensor (..., time)"
        )
    taps = _taps(n_fft, hop_length, win_length, window, waveform.dtype, waveform.device)
    time = waveform.shape[-1]
    flat = waveform[None].flatten(0, -2)[:, None]
    left, right = n_fft // 2, n_fft - n_fft // 2
    mode = "reflect" if time > right else "constant"
    padded = F.pad(flat, (left, right), mode=mode)[:, 0]
    spectrum = torch.stft(
        padded,
        n_fft=n_fft,
        hop_length=hop_length,
        window=taps,
        center=False,
        return_complex=True,
    )
    return spectrum.reshape(*waveform.shape[:-1], *spectrum.shape[-2:])


def istft(
    spectrum: Tensor,
    *,
    length: int,
    n_fft: int,
    hop_length: int,
    win_length: int | None = None,
    window: str = "hann",
) -> Tensor:
    """The waveform whose STFT is nearest to a spectrum, in the least-squares sense.

    ``x[t] = Σ_n w[t − n·hop] y_n[t − n·hop] / Σ_n w²[t − n·hop]`` with ``y_n`` the inverse
    transform of frame ``n`` (Griffin & Lim 1984, https://doi.org/10.1109/TASSP.1984.1164317).
    It inverts `stft` exactly where windows overlap: everywhere when the hop is at most a quarter
    of the window. Samples that hardly any window sees (the last few when the hop is half the
    window) fade to zero instead of amplifying errors.

    **Shape**: spectrum complex ``(..., n_fft // 2 + 1, frames)``, result ``(..., length)``.

    Args:
        spectrum: complex spectrum, as `stft` gives it.
        length: length of the result, in samples.
        n_fft: length of the transform in samples, as in `stft`.
        hop_length: hop in samples, as in `stft`.
        win_length: length of the window in samples, as in `stft`.
        window: window, as in `stft`.

    Raises:
        InputError: the spectrum is not complex or its bins do not fit ``n_fft``.
        SettingsError: for the reasons that `stft` gives.

    Example:
        >>> noise = torch.randn(999, generator=torch.Generator().manual_seed(0))
        >>> again = istft(stft(noise, n_fft=64, hop_length=16), length=999, n_fft=64, hop_length=16)
        >>> bool((again - noise).abs().max() < 1e-5)
        True
    """
    if not spectrum.is_complex() or spectrum.ndim < 2 or spectrum.shape[-2] != n_fft // 2 + 1:
        raise InputError(
            f"spectrum must be complex (..., {n_fft // 2 + 1}, frames), got {spectrum.dtype} of "
            f"shape {tuple(spectrum.shape)}; give what stft returned for the same n_fft"
        )
    taps = _taps(n_fft, hop_length, win_length, window, spectrum.real.dtype, spectrum.device)
    frames = torch.fft.irfft(spectrum.mT, n=n_fft) * taps
    summed = _overlap_add(frames, hop_length=hop_length)
    weight = _overlap_add(taps.square().expand(frames.shape[-2], n_fft), hop_length=hop_length)
    # Below this share of the peak, rounding errors of the transform outweigh the samples.
    floor = torch.finfo(taps.dtype).eps ** 0.5 * float(weight.max())
    waveform = (summed / weight.clamp_min(floor))[..., n_fft // 2 : n_fft // 2 + length]
    return F.pad(waveform, (0, length - waveform.shape[-1]))


def _overlap_add(frames: Tensor, *, hop_length: int) -> Tensor:
    """Sum of frames at multiples of the hop: ``(..., frames, n)`` to ``(..., time)``.

    One vector addition per hop that fits into a frame: several times faster than `F.fold`.
    """
    n_frames, n = frames.shape[-2:]
    n_parts = -(-n // hop_length)
    parts = F.pad(frames, (0, n_parts * hop_length - n))
    parts = parts.reshape(*frames.shape[:-1], n_parts, hop_length)
    total = frames.new_zeros(*frames.shape[:-2], n_frames + n_parts - 1, hop_length)
    for part in range(n_parts):
        total[..., part : part + n_frames, :] += parts[..., part, :]
    return total.flatten(-2)


def _taps(
    n_fft: int,
    hop_length: int,
    win_length: int | None,
    window: str,
    dtype: torch.dtype,
    device: torch.device,
) -> Tensor:
    win_length = n_fft if win_length is None else win_length
    if n_fft < 2 or hop_length < 1 or not 1 <= win_length <= n_fft:
        raise SettingsError(
            f"expected n_fft ≥ 2, hop_length ≥ 1 and 1 ≤ win_length ≤ n_fft, got n_fft={n_fft}, "
            f"hop_length={hop_length}, win_length={win_length}; change the one that is outside"
        )
    return _cached_taps(n_fft, win_length, window, dtype, device)


@lru_cache(maxsize=64)
@torch.inference_mode(mode=False)  # or what is cached under inference could not be trained through
def _cached_taps(
    n_fft: int, win_length: int, window: str, dtype: torch.dtype, device: torch.device
) -> Tensor:
    left = (n_fft - win_length) // 2
    taps = F.pad(window_function(window, length=win_length), (left, n_fft - win_length - left))
    return taps.to(device=device, dtype=dtype)
