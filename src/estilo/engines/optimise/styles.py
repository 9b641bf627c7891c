"""The frequency up to which the styles hold anything."""

from collections.abc import Sequence

import torch
from torch import Tensor

from estilo.dsp.eq import band_power
from estilo.dsp.mel import band_centres_hz


def bandwidth_hz(styles: Sequence[Tensor], sample_rate: int) -> float:
    """Highest frequency, in Hz, at which the styles are within 80 dB of their strongest band.

    Args:
        styles: waveforms ``(time,)``.
        sample_rate: sample rate in Hz.
    """
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
