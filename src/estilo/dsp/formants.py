r"""Formants: the smooth envelope of a voice's spectrum, kept or moved apart from its pitch.

What the vocal tract does to a voice is smooth over frequency, what the vocal folds do is not. The
envelope of a frame is the smoothest curve that its partials reach but do not exceed: the true
envelope (Imai & Abe 1979; Röbel & Rodet 2005, "Efficient spectral envelope estimation and its
application to pitch shifting and envelope preservation", DAFx), a cepstrum that fades out until
1.5 ms, drawn up to the partials step by step.
"""

import math
from typing import Any

import torch
from torch import Tensor

from estilo.dsp.stft import istft, power_of_two_near, stft

_WINDOW_S = 0.046
_QUEFRENCY_S = 1.5e-3
_N_STEPS = 16
_RANGE = math.log(1e4)  # -80 dB below the loudest bin there is nothing to follow
_LIMIT = math.log(20.0)  # 26 dB


def frame_length(sample_rate: int) -> int:
    """Samples that one output sample depends on to either side, at most.

    >>> frame_length(44_100)
    2048
    """
    return power_of_two_near(_WINDOW_S, sample_rate=sample_rate, least=64)


def spectral_envelope(magnitude: Tensor, *, sample_rate: int) -> Tensor:
    """Natural logarithm of the true envelope of every frame.

    Args:
        magnitude: magnitude spectra, ``(..., bins, frames)``.
        sample_rate: sample rate in Hz.

    **Shape**: result as the magnitude.

    Example:
        >>> flat = spectral_envelope(torch.full((513, 1), 2.0), sample_rate=16_000)
        >>> bool((flat - math.log(2.0)).abs().max() < 1e-4)
        True
    """
    top = magnitude.amax(-2, keepdim=True).clamp_min(1e-20)
    level = torch.log(torch.maximum(magnitude, top * math.exp(-_RANGE))).mT
    n_fft = 2 * (magnitude.shape[-2] - 1)
    quefrency = torch.arange(n_fft // 2 + 1, device=magnitude.device) / sample_rate
    # From all to nothing around the cut: a sharp one would ring over frequency.
    lifter = (2.0 - 2.0 * quefrency / _QUEFRENCY_S).clamp(0.0, 1.0).to(level)
    lifter = torch.cat([lifter, lifter[1:-1].flip(0)])

    def smooth(values: Tensor) -> Tensor:
        return torch.fft.rfft(torch.fft.irfft(values, n=n_fft) * lifter).real

    envelope = smooth(level)
    for _ in range(_N_STEPS):
        envelope = smooth(torch.maximum(level, envelope))
    return envelope.mT


def with_formants(
    output: Tensor,
    content: Tensor,
    *,
    sample_rate: int,
    kept: float = 0.0,
    shift_semitones: float = 0.0,
) -> Tensor:
    """Move an output's formants, towards the content's or along the frequency axis, or both.

    Every frame is filtered from its own envelope to the wanted one, at its own level, so neither
    pitch nor loudness changes.

    Args:
        output: ``(..., time)``.
        content: content that the output was made from; the same shape.
        sample_rate: sample rate in Hz.
        kept: how far the envelope goes from the output's (0) to the content's (1), in dB.
        shift_semitones: shift of the result along the frequency axis, in semitones; positive is up.

    **Shape**: result as the output.

    Example:
        >>> noise = torch.randn(1, 4000, generator=torch.Generator().manual_seed(0))
        >>> same = with_formants(noise, noise, sample_rate=8000, kept=1.0)
        >>> bool((same - noise).abs().max() < 1e-5)
        True
    """
    n_fft = frame_length(sample_rate)
    sizes: dict[str, Any] = {"n_fft": n_fft, "hop_length": n_fft // 4}
    spectrum = stft(output, **sizes)
    own = spectral_envelope(spectrum.abs(), sample_rate=sample_rate)
    wanted = own
    if kept:
        theirs = spectral_envelope(stft(content, **sizes).abs(), sample_rate=sample_rate)
        wanted = torch.lerp(_centred(own), _centred(theirs), kept)
    gain = _centred(_moved(wanted, shift_semitones) - own).clamp(-_LIMIT, _LIMIT).exp()
    power = spectrum.abs().square().sum(-2, keepdim=True)
    after = (gain * spectrum).abs().square().sum(-2, keepdim=True)
    level = torch.where(after > 0.0, power / after.clamp_min(1e-30), 1.0).sqrt()
    return istft(level * gain * spectrum, length=output.shape[-1], **sizes)


def _centred(envelope: Tensor) -> Tensor:
    return envelope - envelope.mean(-2, keepdim=True)


def _moved(envelope: Tensor, semitones: float) -> Tensor:
    """The envelope along a stretched frequency axis; its last value goes on beyond its end."""
    if semitones == 0.0:
        return envelope
    n_bins = envelope.shape[-2]
    place = torch.arange(n_bins, device=envelope.device, dtype=torch.float64)
    place = (place * 2.0 ** (-semitones / 12.0)).clamp_max(n_bins - 1)
    below = place.long().clamp_max(n_bins - 2)
    share = (place - below).to(envelope)[:, None]
    return (1.0 - share) * envelope[..., below, :] + share * envelope[..., below + 1, :]
