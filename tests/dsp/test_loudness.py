import math

import numpy as np
import pyloudnorm
import pytest

from estilo.dsp.loudness import (
    apply_gain,
    integrated_loudness,
    k_weighting,
    match_level,
    true_peak,
)


def tone(frequency_hz, level_db, duration_s, sample_rate, n_channels=2):
    time_s = np.arange(round(duration_s * sample_rate)) / sample_rate
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * frequency_hz * time_s)
    return np.tile(wave.astype(np.float32), (n_channels, 1))


def test_filters_are_the_table_of_bs1770_at_48_khz():
    shelf, highpass = k_weighting(48_000)
    expected = [1.53512485958697, -2.69169618940638, 1.19839281085285]
    np.testing.assert_allclose(shelf[:3], expected, atol=1e-10)
    np.testing.assert_allclose(shelf[4:], [-1.69065929318241, 0.73248077421585], atol=1e-10)
    np.testing.assert_allclose(highpass[4:], [-1.99004745483398, 0.99007225036621], atol=1e-10)


@pytest.mark.parametrize("sample_rate", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_ebu_tone_of_minus_23(sample_rate):
    """EBU Tech 3341, case 1: stereo 1 kHz at -23 dBFS reads -23.0 ±0.1 LUFS."""
    loudness = integrated_loudness(tone(1000, -23, 5, sample_rate), sample_rate)
    assert loudness == pytest.approx(-23.0, abs=0.1)


def test_ebu_gate():
    """EBU Tech 3341, case 3: 10 s at -36, 60 s at -23, 10 s at -36 dBFS read -23.0 ±0.1 LUFS."""
    parts = [tone(1000, level, s, 16_000) for level, s in ((-36, 10), (-23, 60), (-36, 10))]
    loudness = integrated_loudness(np.concatenate(parts, axis=1), 16_000)
    assert loudness == pytest.approx(-23.0, abs=0.1)


def test_surround_of_ebu():
    """EBU Tech 3341, case 6: 5.0 at -28, -28, -24, -30, -30 dBFS reads -23.0 ±0.1 LUFS."""
    levels = (-28, -28, -24, -30, -30)
    samples = np.concatenate([tone(1000, level, 5, 48_000, 1) for level in levels])
    assert integrated_loudness(samples, 48_000) == pytest.approx(-23.0, abs=0.1)
    low_frequency = tone(1000, 0, 5, 48_000, 1)
    with_lfe = np.concatenate([samples[:3], low_frequency, samples[3:]])
    assert integrated_loudness(with_lfe, 48_000) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("sample_rate", [44_100, 48_000])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_agrees_with_pyloudnorm(rng, sample_rate, n_channels):
    n_samples = 7 * sample_rate + 123
    envelope = np.interp(np.arange(n_samples), np.linspace(0, n_samples, 12), rng.uniform(0, 1, 12))
    samples = 0.3 * envelope * rng.standard_normal((n_channels, n_samples))
    # Its De Man filters are those of the table; its default ones read noise 0.05 LU lower.
    meter = pyloudnorm.Meter(sample_rate, filter_class="DeMan")
    expected = meter.integrated_loudness(samples.T)
    assert integrated_loudness(samples, sample_rate) == pytest.approx(expected, abs=0.05)


def test_silence_and_short_clips():
    assert integrated_loudness(np.zeros((2, 48_000)), 48_000) == -math.inf
    assert integrated_loudness(np.zeros((1, 0)), 48_000) == -math.inf
    short = tone(997, 0, 0.3, 48_000, 1)
    assert integrated_loudness(short, 48_000) == pytest.approx(-3.01, abs=0.1)
    assert math.isfinite(integrated_loudness(np.ones((1, 1)), 8_000))


@pytest.mark.parametrize("sample_rate", [8_000, 44_100, 48_000, 96_000])
def test_true_peak_between_samples(sample_rate):
    n = np.arange(20_000)
    wave = np.sin(np.pi / 2 * n + np.pi / 4) * np.hanning(len(n))
    assert 20 * math.log10(np.abs(wave).max()) == pytest.approx(-3.01, abs=0.01)
    # The last channel hides the peak in a chunk that is far from the first.
    samples = np.stack([0.1 * wave, 0.5 * wave, np.roll(wave, 7_000)])
    assert true_peak(samples, sample_rate) == pytest.approx(0.0, abs=0.02)


def test_true_peak_agrees_with_band_limited_interpolation(rng):
    wave = np.fft.irfft(np.fft.rfft(rng.standard_normal(1 << 14))[: 1 << 12], 1 << 14)
    wave = np.pad(wave / np.abs(wave).max(), 4000)
    spectrum = np.fft.rfft(wave)
    fine = np.fft.irfft(np.pad(spectrum, (0, 7 * (len(spectrum) - 1))), 8 * len(wave)) * 8
    expected = 20 * math.log10(np.abs(fine).max())
    assert true_peak(wave[None], 48_000) == pytest.approx(expected, abs=0.1)


def test_true_peak_of_silence_and_of_clicks():
    assert true_peak(np.zeros((2, 100)), 48_000) == -math.inf
    assert true_peak(np.zeros((1, 0)), 48_000) == -math.inf
    click = np.zeros((1, 50))
    click[0, -1] = 0.5
    assert true_peak(click, 48_000) == pytest.approx(-6.02, abs=0.01)
    assert true_peak(click, 192_000) == pytest.approx(-6.02, abs=0.01)


def test_match_level_reaches_the_reference(rng):
    reference = 0.02 * rng.standard_normal((2, 96_000)).astype(np.float32)
    samples = (0.3 * reference[:, ::-1]).copy()
    before = samples.copy()
    level = match_level(samples, reference, 48_000)
    np.testing.assert_array_equal(samples, before)
    louder = apply_gain(samples, level.gain_db)
    assert integrated_loudness(louder, 48_000) == pytest.approx(level.target_lufs, abs=0.05)
    assert integrated_loudness(louder, 48_000) == pytest.approx(level.achieved_lufs, abs=0.01)


def test_match_level_where_the_gate_moves(rng):
    """Half of a quiet recording lies under -70 LUFS and rises over the gate with the gain."""
    quiet = np.concatenate([1e-3 * rng.standard_normal(96_000), 1e-4 * rng.standard_normal(96_000)])
    level = match_level(quiet[None], tone(440, -20, 4, 48_000, 1), 48_000)
    achieved = integrated_loudness(apply_gain(quiet[None], level.gain_db), 48_000)
    assert achieved == pytest.approx(level.target_lufs, abs=0.5)


def test_match_level_with_silence(rng):
    silence = np.zeros((1, 48_000))
    noise = 0.1 * rng.standard_normal((1, 48_000))
    assert match_level(silence, noise, 48_000).gain_db == 0.0
    assert match_level(noise, silence, 48_000).gain_db == 0.0
    assert match_level(silence, silence, 48_000).gain_db == 0.0


def test_apply_gain_may_write_in_place_and_keeps_bits_at_0_db(rng):
    samples = rng.standard_normal((2, 1000)).astype(np.float32)
    np.testing.assert_array_equal(apply_gain(samples, 0.0), samples)
    expected = samples * np.float32(2.0)
    assert apply_gain(samples, 20 * math.log10(2), out=samples) is samples
    np.testing.assert_allclose(samples, expected, rtol=1e-6)
