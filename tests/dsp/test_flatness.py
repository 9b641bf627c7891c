"""Flatness tells noise from tones; white noise has a known value."""

import math

import numpy as np
import pytest
import torch

from estilo.dsp.flatness import band_flatness, noisiness

SIZES = {"sample_rate": 16_000, "n_fft": 1024, "hop_length": 256, "n_bands": 10}


def test_wide_bands_of_white_noise_have_the_flatness_of_an_exponential_distribution():
    noise = torch.randn(80_000, generator=torch.Generator().manual_seed(0))
    # The power of a bin is exponentially distributed: its geometric mean is exp(-γ) of its mean.
    assert float(band_flatness(noise, **SIZES)[-1]) == pytest.approx(
        math.exp(-np.euler_gamma), abs=0.03
    )


def test_tones_are_not_noise_and_silence_is_finite():
    time = torch.arange(32_000) / 16_000
    tones = sum(torch.sin(2 * math.pi * f * time) for f in (300.0, 900.0, 2500.0))
    loud = band_flatness(torch.as_tensor(tones), **SIZES)
    assert float(noisiness(loud[[1, 6]]).max()) == 0.0
    assert bool(torch.isfinite(band_flatness(torch.zeros(4000), **SIZES)).all())


def test_gain_does_not_matter(rng):
    sound = torch.from_numpy(rng.standard_normal(8000)).float()
    torch.testing.assert_close(band_flatness(sound, **SIZES), band_flatness(0.01 * sound, **SIZES))
