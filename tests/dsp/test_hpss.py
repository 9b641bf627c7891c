"""Harmonic and percussive parts, beside librosa's masks and mixtures whose parts are known."""

import librosa
import numpy as np
import pytest
import torch

from estilo.dsp import hpss
from estilo.dsp.hpss import harmonic_percussive, masks
from estilo.errors import SettingsError

RATE = 22_050


def mixture(rng, seconds=3.0):
    """A tone with partials that swells, and bursts of noise."""
    time_s = torch.arange(round(seconds * RATE), dtype=torch.float32) / RATE
    tone = sum(torch.sin(2 * torch.pi * f * time_s) for f in (220.0, 440.0, 660.0, 880.0, 1320.0))
    tone = 0.05 * tone * (1.0 + 0.5 * torch.sin(2 * torch.pi * 0.5 * time_s))
    bursts = torch.zeros_like(time_s)
    noise = torch.from_numpy(rng.normal(size=(6, 800))).float()
    for i, burst in enumerate(noise):
        start = round((0.2 + 0.45 * i) * RATE)
        bursts[start : start + 800] = 0.3 * burst * torch.linspace(1.0, 0.0, 800) ** 2
    return tone, bursts


def ratio_db(estimate, truth):
    return float(10 * torch.log10(truth.square().sum() / (estimate - truth).square().sum()))


@pytest.mark.parametrize("margin", [1.0, 3.0])
def test_masks_are_those_of_librosa(rng, margin):
    magnitude = rng.random((60, 50)) ** 4
    expected = librosa.decompose.hpss(magnitude, kernel_size=(11, 7), mask=True, margin=margin)
    found = masks(torch.from_numpy(magnitude), kernels=(11, 7), margin=margin)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-12)


def test_parts_of_a_known_mixture_are_found(rng):
    tone, bursts = mixture(rng)
    split = harmonic_percussive(tone + bursts, sample_rate=RATE)
    assert ratio_db(split.harmonic, tone) > 15.0
    assert ratio_db(split.percussive, bursts) > 12.0


@pytest.mark.parametrize("margin", [1.0, 2.0])
@pytest.mark.parametrize("shape", [(5000,), (2, 3001), (1, 1), (700,)])
def test_parts_sum_to_the_input(rng, shape, margin):
    waveform = torch.from_numpy(rng.normal(size=shape)).float()
    split = harmonic_percussive(waveform, sample_rate=RATE, margin=margin)
    total = split.harmonic + split.percussive + split.residual
    torch.testing.assert_close(total, waveform, atol=1e-6, rtol=0)
    assert split.harmonic.shape == waveform.shape


def test_a_larger_margin_leaves_more_in_the_residual(rng):
    waveform = sum(mixture(rng))
    rests = [
        float(harmonic_percussive(waveform, sample_rate=RATE, margin=m).residual.square().sum())
        for m in (1.0, 2.0, 4.0)
    ]
    assert rests[0] < 1e-6 * rests[1] < rests[2]


def test_blocks_make_no_difference(rng, monkeypatch):
    waveform = sum(mixture(rng))
    whole = harmonic_percussive(waveform, sample_rate=RATE).harmonic
    monkeypatch.setattr(hpss, "_BLOCK_FRAMES", 40)
    torch.testing.assert_close(
        harmonic_percussive(waveform, sample_rate=RATE).harmonic, whole, atol=1e-5, rtol=0
    )


def test_silence_stays_silent():
    split = harmonic_percussive(torch.zeros(4000), sample_rate=RATE)
    assert not split.harmonic.any()
    assert not split.percussive.any()


def test_a_margin_below_one_is_refused():
    with pytest.raises(SettingsError, match="margin must be at least 1"):
        harmonic_percussive(torch.zeros(100), sample_rate=RATE, margin=0.5)
