import numpy as np
import pytest
import soxr

from estilo.dsp import resample as module
from estilo.dsp.resample import resample
from estilo.errors import InputError


@pytest.mark.parametrize("to_rate", [8_000, 22_050, 44_100, 48_000, 192_000])
@pytest.mark.parametrize("n_samples", [0, 1, 7, 4410, 44_111])
def test_length_is_exact(rng, to_rate, n_samples):
    samples = rng.standard_normal((3, n_samples)).astype(np.float32)
    assert resample(samples, 44_100, to_rate).shape == (3, round(n_samples * to_rate / 44_100))
    assert resample(samples, 44_100, to_rate, n_samples=50).shape == (3, 50)


@pytest.mark.parametrize("to_rate", [16_000, 48_000])
def test_a_tone_stays_a_tone(to_rate):
    frequency_hz, duration_s = 997.0, 1.0
    wave = np.sin(2 * np.pi * frequency_hz * np.arange(44_100) / 44_100)
    result = resample(wave[None], 44_100, to_rate)[0]
    expected = np.sin(2 * np.pi * frequency_hz * np.arange(int(duration_s * to_rate)) / to_rate)
    np.testing.assert_allclose(result[500:-500], expected[500:-500], atol=1e-5)


def test_blocks_give_what_one_call_gives(rng, monkeypatch):
    samples = rng.standard_normal((2, 30_000)).astype(np.float32)
    monkeypatch.setattr(module, "_CHUNK", 1000)
    result = resample(samples, 44_100, 32_000)
    expected = soxr.resample(samples.T, 44_100, 32_000, quality="VHQ").T
    assert abs(expected.shape[1] - result.shape[1]) <= 1
    n = min(expected.shape[1], result.shape[1])
    np.testing.assert_allclose(result[:, :n], expected[:, :n], atol=1e-6)


def test_there_and_back(rng):
    spectrum = np.zeros(24_001, dtype=complex)
    spectrum[10:6_000] = rng.standard_normal(5_990) + 1j * rng.standard_normal(5_990)
    wave = np.fft.irfft(spectrum)[None]
    wave = wave / np.abs(wave).max()
    there = resample(wave, 48_000, 22_050)
    back = resample(there, 22_050, 48_000, n_samples=wave.shape[1])
    np.testing.assert_allclose(back[:, 2000:-2000], wave[:, 2000:-2000], atol=1e-4)


def test_same_rate_copies(rng):
    samples = rng.standard_normal((2, 100)).astype(np.float32)
    result = resample(samples, 8_000, 8_000)
    np.testing.assert_array_equal(result, samples)
    assert not np.shares_memory(result, samples)
    padded = resample(samples, 8_000, 8_000, n_samples=120)
    np.testing.assert_array_equal(padded[:, 100:], 0.0)


def test_writes_into_out(rng):
    samples = rng.standard_normal((1, 1000))
    out = np.full((1, 500), np.nan, dtype=np.float32)
    assert resample(samples, 16_000, 8_000, out=out) is out
    assert np.isfinite(out).all()
    with pytest.raises(InputError, match=r"out must have the shape \(1, 500\), got \(1, 3\)"):
        resample(samples, 16_000, 8_000, out=np.empty((1, 3), dtype=np.float32))


def test_refuses_rates_that_are_none(rng):
    with pytest.raises(InputError, match="must be positive, got 0 and 8000"):
        resample(np.zeros((1, 10)), 0, 8_000)
