"""Transients against scipy's median filters."""

import numpy as np
import torch
from scipy.ndimage import median_filter

from estilo.dsp.sinusoidal.parts import find_transients
from estilo.dsp.stft import istft, stft

RATE = 22_050


def test_it_keeps_what_stands_out_of_its_row(rng):
    time = np.arange(RATE) / RATE
    sound = 0.3 * np.sin(2 * np.pi * 440 * time) + 0.01 * rng.standard_normal(RATE)
    sound[5000::4000] += 1.0
    spectrum = stft(torch.from_numpy(sound), n_fft=256, hop_length=128)
    rows, columns = (
        median_filter(spectrum.abs().numpy(), size=size, mode="reflect")
        for size in ((1, 9), (17, 1))
    )
    kept = spectrum * torch.from_numpy(columns > 2.0 * rows)
    wanted = istft(kept, length=RATE, n_fft=256, hop_length=128)
    found = find_transients(torch.from_numpy(sound), sample_rate=RATE)
    torch.testing.assert_close(found, wanted)
    assert found[5000::4000].min() > 0.7


def test_what_lasts_is_no_transient():
    tone = torch.sin(0.3 * torch.arange(8000.0))
    assert find_transients(tone, sample_rate=8000)[1000:-1000].abs().max() < 3e-3
    assert not find_transients(torch.zeros(8000), sample_rate=8000).any()


def test_any_length_is_taken(rng):
    for n_samples in (1, 2, 77, 2047):
        noise = torch.from_numpy(rng.standard_normal(n_samples))
        assert find_transients(noise, sample_rate=8000).shape == noise.shape
