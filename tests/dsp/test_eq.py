"""Equaliser matching against filters whose answer is known."""

import numpy as np
import pytest
import torch
from scipy import signal

from estilo.dsp.eq import LIMIT_DB, apply_gains, band_power, matching_gains
from estilo.dsp.mel import band_centres_hz

RATE = 16_000
N_BANDS = 24


def _noise(rng: np.random.Generator, n_samples: int = 4 * RATE) -> torch.Tensor:
    return torch.from_numpy(0.1 * rng.standard_normal(n_samples)).float()


def _power(waveform: torch.Tensor) -> torch.Tensor:
    return band_power(waveform, sample_rate=RATE, n_bands=N_BANDS)


def test_flat_gains_give_the_input_back_scaled(rng: np.random.Generator) -> None:
    noise = _noise(rng, 9001)
    for gain_db in (0.0, -6.0, 12.0):
        out = apply_gains(noise, torch.full((N_BANDS,), gain_db), sample_rate=RATE)
        torch.testing.assert_close(out, noise * 10 ** (gain_db / 20), atol=1e-5, rtol=1e-4)


def test_equal_spectra_need_no_gain_and_level_does_not_count(rng: np.random.Generator) -> None:
    power = _power(_noise(rng))
    torch.testing.assert_close(matching_gains(power, power), torch.zeros(N_BANDS))
    gains = matching_gains(power, 37.0 * power)
    torch.testing.assert_close(gains, torch.zeros(N_BANDS), atol=1e-4, rtol=0)


def test_finds_the_response_of_a_filter(rng: np.random.Generator) -> None:
    """Noise through a known low pass: the gains are its response, up to a common level."""
    noise = _noise(rng, 20 * RATE)
    numerator, denominator = signal.butter(1, 1500, fs=RATE)
    filtered = torch.from_numpy(signal.lfilter(numerator, denominator, noise.numpy())).float()
    gains = matching_gains(_power(noise), _power(filtered)).numpy()
    centres = band_centres_hz(n_bands=N_BANDS, sample_rate=RATE, scale="erb", low_hz=30.0)
    _, response = signal.freqz(numerator, denominator, worN=np.asarray(centres), fs=RATE)
    expected = 20 * np.log10(np.abs(response))
    inner = slice(1, N_BANDS - 3)  # a steep band averages its edge, and zero lies at Nyquist
    difference = (gains - expected)[inner]
    assert np.ptp(difference) < 1.0


def test_applied_gains_reach_the_target(rng: np.random.Generator) -> None:
    source, target = _noise(rng), torch.cumsum(_noise(rng), 0)
    target = target - target.mean()
    gains = matching_gains(_power(source), _power(target))
    matched = apply_gains(source, gains, sample_rate=RATE)
    left = matching_gains(_power(matched), _power(target))
    assert left.abs().mean() < 0.2 * gains.abs().mean()


def test_gains_are_bounded_and_missing_bands_follow_their_neighbour(
    rng: np.random.Generator,
) -> None:
    power = _power(_noise(rng))
    narrow = power.clone()
    narrow[15:] = 0.0
    gains = matching_gains(power, narrow)
    assert gains.abs().max() <= LIMIT_DB
    torch.testing.assert_close(gains[15:], gains[14].expand(N_BANDS - 15))
    gains = matching_gains(narrow + 1e-20, power)
    assert float(gains.max()) == pytest.approx(LIMIT_DB)


def test_silence_is_finite() -> None:
    silence = torch.zeros(5000)
    gains = matching_gains(_power(silence), _power(silence))
    assert torch.isfinite(gains).all()
    assert not apply_gains(silence, gains, sample_rate=RATE).any()
