"""Bands against librosa, and what every filterbank must hold."""

import librosa
import numpy as np
import pytest
import torch

from estilo.dsp.mel import SCALES, band_centres_hz, band_interpolation, filterbank
from estilo.errors import SettingsError
from estilo.units import hz_to_erb_number


def test_equals_librosa_where_bands_are_wider_than_bins():
    ours = filterbank(n_bands=80, n_fft=2048, sample_rate=22050, low_hz=300.0).numpy()
    theirs = librosa.filters.mel(
        sr=22050, n_fft=2048, n_mels=80, fmin=300.0, htk=True, norm=None, dtype=np.float64
    )
    np.testing.assert_allclose(ours, theirs / theirs.sum(axis=1, keepdims=True), atol=1e-6)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("n_fft", [16, 63, 256, 4096])
@pytest.mark.parametrize("n_bands", [1, 128])
def test_every_band_sees_a_bin_and_averages(scale, n_fft, n_bands):
    matrix = filterbank(n_bands=n_bands, n_fft=n_fft, sample_rate=22050, scale=scale)
    assert matrix.shape == (n_bands, n_fft // 2 + 1)
    assert (matrix >= 0).all()
    torch.testing.assert_close(matrix.sum(1), torch.ones(n_bands))


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("n_fft", [16, 63, 2048])
def test_interpolation_is_a_partition_of_unity(scale, n_fft):
    matrix = band_interpolation(
        n_bands=24, n_fft=n_fft, sample_rate=16000, scale=scale, low_hz=50.0, high_hz=7000.0
    )
    assert matrix.shape == (n_fft // 2 + 1, 24)
    assert (matrix >= 0).all()
    torch.testing.assert_close(matrix.sum(1), torch.ones(n_fft // 2 + 1))


def test_interpolation_is_linear_on_the_scale():
    grid = {"n_bands": 20, "sample_rate": 16000, "scale": "erb"}
    centres = hz_to_erb_number(band_centres_hz(**grid))
    bins = hz_to_erb_number(np.arange(513) * 16000 / 1024)
    spread = band_interpolation(n_fft=1024, **grid).numpy() @ centres
    np.testing.assert_allclose(spread, np.clip(bins, centres[0], centres[-1]), rtol=1e-5)


def test_follows_the_dtype_asked_for():
    for make in (filterbank, band_interpolation):
        matrix = make(n_bands=4, n_fft=64, sample_rate=8000, dtype=torch.float64)
        assert matrix.dtype == torch.float64


def test_bad_settings_are_refused():
    with pytest.raises(SettingsError, match="unknown scale 'bark'"):
        filterbank(n_bands=4, n_fft=64, sample_rate=8000, scale="bark")
    with pytest.raises(SettingsError, match="unknown scale 'bark'"):
        band_interpolation(n_bands=4, n_fft=64, sample_rate=8000, scale="bark")
    with pytest.raises(SettingsError, match="at least 1, got 0"):
        filterbank(n_bands=0, n_fft=64, sample_rate=8000)
    with pytest.raises(SettingsError, match="high_hz=5000"):
        filterbank(n_bands=4, n_fft=64, sample_rate=8000, high_hz=5000.0)
