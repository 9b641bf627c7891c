"""Faults: each put into a sound in a known amount."""

import numpy as np
import pytest
import torch
from scipy import signal

from estilo.analysis.sound import Sound
from estilo.dsp.stft import stft
from estilo.errors import InputError
from estilo.metrics.artifacts import (
    bandwidth_db,
    clicks_per_s,
    clipping_share,
    highs_db,
    inconsistency,
    musical_noise_db,
    n_non_finite,
)

RATE = 44_100


def _chord(seconds: float = 1.0) -> np.ndarray:
    time_s = np.arange(round(seconds * RATE)) / RATE
    tones = [np.sin(2 * np.pi * f * time_s) for f in (97.0, 261.0, 1033.0)]
    return np.mean(tones, axis=0)


@pytest.mark.parametrize("gain", [1.05, 1.3, 4.0])
@pytest.mark.parametrize("level", [1.0, 0.5, 1e-3])
def test_clipping_counts_the_clipped(gain: float, level: float) -> None:
    chord = _chord() / np.abs(_chord()).max()
    clipped = level * np.clip(gain * chord, -1.0, 1.0)
    expected = float(np.mean(np.abs(gain * chord) >= 1.0))
    assert clipping_share(Sound(clipped, RATE)) == pytest.approx(expected, rel=0.1)
    rounded = np.round(clipped * 32767) / 32768
    if level > 0.1:
        assert clipping_share(Sound(rounded, RATE)) == pytest.approx(expected, rel=0.1)


def test_clipping_of_one_side_and_of_one_channel() -> None:
    chord = _chord()
    below = np.maximum(chord, -0.5)
    expected = float(np.mean(chord <= -0.5))
    assert clipping_share(Sound(below, RATE)) == pytest.approx(expected, rel=0.05)
    assert clipping_share(Sound(np.stack([below, chord]), RATE)) == pytest.approx(
        expected / 2, rel=0.05
    )


def test_beyond_full_scale_counts_and_smooth_tops_do_not() -> None:
    chord = _chord()
    assert clipping_share(Sound(3.0 * chord, RATE)) == np.mean(np.abs(3.0 * chord) > 1.0)
    for frequency_hz in (20.0, 50.0, 997.0):
        tone = 0.9 * np.sin(2 * np.pi * frequency_hz * np.arange(RATE) / RATE)
        for samples in (tone, np.round(tone * 32767) / 32768, tone / 0.9):
            assert clipping_share(Sound(samples, RATE)) == 0.0
    assert clipping_share(Sound(np.zeros(100), RATE)) == 0.0
    assert clipping_share(Sound(np.full(100, 0.3), RATE)) == 0.0


def test_non_finite_samples_are_counted() -> None:
    samples = np.zeros((2, 50))
    samples[0, 3], samples[1, 7:9] = np.inf, np.nan
    assert n_non_finite(Sound(samples, RATE)) == 3.0
    assert n_non_finite(Sound(np.full(9, np.nan), RATE)) == 9.0


def test_clicks_per_second_of_the_worst_channel() -> None:
    samples = np.stack([_chord(2.0), _chord(2.0)])
    samples[0, 20_000] += 0.5
    samples[1, [10_000, 30_000, 50_000]] -= 0.5
    assert clicks_per_s(Sound(samples, RATE)) == pytest.approx(1.5)


def test_musical_noise_is_excess_only(rng: np.random.Generator) -> None:
    clean = Sound(_chord(), RATE)
    noise = Sound(rng.standard_normal(RATE), RATE)
    assert musical_noise_db(noise, clean) > 4.0
    assert musical_noise_db(clean, noise) == 0.0
    with pytest.warns(UserWarning, match="no partial lasts long enough"):
        assert np.isnan(musical_noise_db(Sound(np.ones(300), RATE), clean))


def test_bandwidth_reads_a_known_shelf(rng: np.random.Generator) -> None:
    noise = rng.standard_normal(4 * RATE)
    spectrum = np.fft.rfft(noise)
    frequencies_hz = np.fft.rfftfreq(len(noise), 1 / RATE)
    highs = (frequencies_hz >= 8_000) & (frequencies_hz <= 20_000)
    powers = np.abs(spectrum) ** 2
    whole_db = 10 * np.log10(powers[highs].sum() / powers.sum())
    assert highs_db(Sound(noise, RATE)) == pytest.approx(whole_db, abs=0.1)
    for gain in (0.1, 3.0):
        shelved = np.fft.irfft(spectrum * np.where(highs, gain, 1.0))
        powers = np.abs(spectrum * np.where(highs, gain, 1.0)) ** 2
        expected = abs(10 * np.log10(powers[highs].sum() / powers.sum()) - whole_db)
        value = bandwidth_db(Sound(0.2 * shelved, RATE), Sound(noise, RATE))
        assert value == pytest.approx(expected, abs=0.4)  # Hann's skirt at 8 kHz


def test_bandwidth_of_lowpassed_and_of_low_rates(rng: np.random.Generator) -> None:
    noise = rng.standard_normal(2 * RATE)
    dull = signal.sosfilt(signal.butter(8, 4_000, output="sos", fs=RATE), noise)
    deeper = signal.sosfilt(signal.butter(8, 2_000, output="sos", fs=RATE), noise)
    reference = Sound(noise, RATE)
    assert bandwidth_db(Sound(dull, RATE), reference) > 30.0
    assert bandwidth_db(Sound(dull, RATE), reference) < bandwidth_db(Sound(deeper, RATE), reference)
    assert bandwidth_db(Sound(np.ones(RATE), RATE), reference) < 101.0
    assert np.isnan(bandwidth_db(Sound(noise, 22_050), reference))  # and no warning
    assert np.isnan(bandwidth_db(reference, Sound(noise, 32_000)))


@pytest.mark.parametrize(("n_fft", "hop_length"), [(512, 128), (512, 256), (400, 50), (64, 16)])
def test_spectrograms_of_waveforms_are_consistent(
    n_fft: int, hop_length: int, rng: np.random.Generator
) -> None:
    waveform = torch.from_numpy(rng.standard_normal(5_000))
    spectrum = stft(waveform, n_fft=n_fft, hop_length=hop_length).numpy()
    assert inconsistency(spectrum, n_fft=n_fft, hop_length=hop_length) < 1e-9


@pytest.mark.parametrize("redundancy", [2, 4, 8])
def test_noise_has_the_inconsistency_of_its_redundancy(
    redundancy: int, rng: np.random.Generator
) -> None:
    real, imaginary = rng.standard_normal((2, 257, 400))
    value = inconsistency(real + 1j * imaginary, n_fft=512, hop_length=512 // redundancy)
    assert value == pytest.approx(np.sqrt(1.0 - 1.0 / redundancy), abs=0.01)


def test_what_is_left_is_orthogonal_to_spectrograms(rng: np.random.Generator) -> None:
    waveform = rng.standard_normal(8_000)
    spectrum = stft(torch.from_numpy(waveform), n_fft=256, hop_length=64).numpy()
    phases = np.exp(2j * np.pi * rng.uniform(size=spectrum.shape))
    values = [
        inconsistency(spectrum * phases**amount, n_fft=256, hop_length=64)
        for amount in (0.0, 0.1, 0.3, 1.0)
    ]
    assert values == sorted(values)
    assert values[-1] == pytest.approx(np.sqrt(0.75), abs=0.03)


def test_bad_spectra_are_refused() -> None:
    good = np.ones((33, 5), complex)
    with pytest.raises(InputError, match=r"complex \(33, frames\), got float64"):
        inconsistency(good.real, n_fft=64, hop_length=16)
    with pytest.raises(InputError, match=r"got complex128 \(33, 5\)"):
        inconsistency(good, n_fft=128, hop_length=16)
    with pytest.raises(InputError, match="hop_length must be 1 to 32"):
        inconsistency(good, n_fft=64, hop_length=33)
    with pytest.raises(InputError, match="finite and not all zero"):
        inconsistency(0 * good, n_fft=64, hop_length=16)
