"""What the styles hold: up to which frequency, and where they are noise."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from estilo.dsp.eq import band_power
from estilo.dsp.flatness import band_flatness, noisiness
from estilo.dsp.mel import band_centres_hz
from estilo.representations.mel import Mel


def with_noise(mel: Mel, styles: Sequence[Tensor], weights: Sequence[float]) -> Mel:
    """Noise for what is missing, as far as the styles are noise in that band.

    Tones that the content lacks must not become hiss.
    """
    shares = [
        weight
        * noisiness(
            band_flatness(
                style,
                sample_rate=mel.sample_rate,
                n_fft=mel.n_fft,
                hop_length=mel.hop_length,
                n_bands=mel.n_bands,
                high_hz=mel.high_hz,
            )
        )
        for style, weight in zip(styles, weights, strict=True)
    ]
    return replace(mel, noise_share=tuple(torch.stack(shares).sum(0).tolist()))


def bandwidth_hz(styles: Sequence[Tensor], sample_rate: int) -> float:
    """Up to where the styles hold more than 80 dB under their strongest band."""
    n_bands = 64
    power = torch.stack(
        [band_power(style, sample_rate=sample_rate, n_bands=n_bands) for style in styles]
    ).amax(0)
    held = torch.nonzero(power > 1e-8 * power.max())
    top = int(held.max()) if len(held) else n_bands - 1
    if top >= n_bands - 2:
        return sample_rate / 2.0
    centres = band_centres_hz(n_bands=n_bands, sample_rate=sample_rate, scale="erb", low_hz=30.0)
    return float(centres[top])
