"""Bands and their inversion."""

import librosa
import numpy as np
import pytest
import torch

from estilo.errors import SettingsError
from estilo.representations.mel import Mel

SIZES = {"sample_rate": 8000, "n_fft": 512, "hop_length": 128}


@pytest.fixture
def music(rng):
    t = np.arange(6000) / 8000
    tone = sum(np.sin(2 * np.pi * 220 * k * t) / k for k in range(1, 12)) * np.exp(-3 * t)
    return torch.from_numpy(tone + 0.02 * rng.standard_normal(6000)).float()[None]


def test_bands_are_librosa_s_averages(music):
    mel = Mel(n_bands=20, compression="linear", low_hz=200.0, **SIZES)
    weights = librosa.filters.mel(sr=8000, n_fft=512, n_mels=20, fmin=200.0, htk=True, norm=None)
    weights /= weights.sum(axis=1, keepdims=True)
    spectrum = librosa.stft(music[0].numpy(), n_fft=512, hop_length=128, pad_mode="reflect")
    expected = weights @ np.abs(spectrum)
    np.testing.assert_allclose(mel.analyse(music)[0], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("with_reference", [True, False])
def test_fitted_bins_have_the_bands_asked_for(music, with_reference):
    mel = Mel(n_bands=32, compression="linear", **SIZES)
    bands = mel.analyse(music)
    tilt = torch.linspace(2.0, 0.2, 32)[:, None]
    bins = mel._fit_bins(bands * tilt, music if with_reference else None)
    assert (bins >= 0).all()
    average, _ = mel._matrices(bins)
    error = (average @ bins - bands * tilt).norm() / (bands * tilt).norm()
    assert error < (0.01 if with_reference else 0.1)


def test_a_smooth_filter_of_the_reference_is_recovered(music):
    """What inverting to bins alone cannot: the partials stay where they are."""
    mel = Mel(n_bands=32, compression="linear", phase="content", **SIZES)
    spectrum = torch.fft.rfft(music)
    filtered = torch.fft.irfft(spectrum * torch.linspace(1.5, 0.1, spectrum.shape[-1]), n=6000)
    again = mel.synthesise(mel.analyse(filtered), length=6000, reference=music)
    assert (again - filtered).norm() < 0.05 * filtered.norm()


def test_what_the_reference_does_not_hold_becomes_noise_of_the_right_level(music):
    mel = Mel(n_bands=32, **SIZES)
    silence = torch.zeros_like(music)
    wanted = mel.analyse(music)
    made = mel.synthesise(wanted, length=6000, reference=silence)
    level, got = (torch.expm1(frames).mean(-1) for frames in (wanted, mel.analyse(made)))
    loud = level > 0.1 * level.max()
    assert (20 * torch.log10(got[loud] / level[loud])).abs().mean() < 1.5
    quiet = mel.synthesise(mel.analyse(silence), length=6000, reference=silence)
    assert quiet.abs().max() < 1e-6


def test_bad_settings_are_refused_at_once():
    with pytest.raises(SettingsError, match="n_updates must be at least 0, got -1"):
        Mel(n_updates=-1, **SIZES)
    with pytest.raises(SettingsError, match="high_hz=9000"):
        Mel(high_hz=9000.0, **SIZES)
