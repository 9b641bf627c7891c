"""Shares and centres of spectra: librosa's numbers, and signals whose numbers are known."""

import librosa
import numpy as np
import pytest
from numpy.testing import assert_allclose

from estilo.analysis.spectral_shape import (
    centroid_hz,
    flatness,
    high_share,
    low_share,
    spectrum_of,
)

RATE = 16_000


def tones(*partials: tuple[float, float], rate: int = RATE, seconds: float = 2.0) -> np.ndarray:
    """Frequencies in Hz and amplitudes, faded in and out so that the ends do not splash."""
    time_s = np.arange(round(seconds * rate)) / rate
    waves = [amplitude * np.sin(2 * np.pi * hz * time_s) for hz, amplitude in partials]
    return np.sum(waves, axis=0) * np.hanning(len(time_s))


def of_both(measure, waveform, rate=RATE):
    return measure(spectrum_of(waveform, rate))


@pytest.mark.parametrize(("rate", "size"), [(8_000, 1024), (44_100, 4096), (96_000, 8192)])
def test_power_is_that_of_librosa(rng, rate, size):
    noise = rng.standard_normal(size * 5 // 2)
    noise /= np.abs(noise).max()
    ours = spectrum_of(noise, rate).power
    start = (len(ours) + 1) * size // 2 - len(noise)
    padded = np.pad(noise, (start // 2, start - start // 2))
    theirs = librosa.stft(padded, n_fft=size, hop_length=size // 2, window="blackman", center=False)
    assert_allclose(ours, np.abs(theirs.T) ** 2, rtol=1e-3, atol=1e-3)


def test_centroid_is_that_of_librosa_on_a_steady_sound(rng):
    sound = np.convolve(rng.standard_normal(5 * RATE), [1.0, 0.7, 0.2])
    theirs = librosa.feature.spectral_centroid(y=sound, sr=RATE, n_fft=2048, window="blackman")
    assert of_both(centroid_hz, sound) == pytest.approx(theirs[0, 5:-5].mean(), rel=0.01)


def test_flatness_is_that_of_librosa_where_both_hear_everything(rng):
    sound = rng.standard_normal(5 * RATE)
    theirs = librosa.feature.spectral_flatness(y=sound, n_fft=2048, window="blackman")
    assert of_both(flatness, sound) == pytest.approx(theirs[0, 5:-5].mean(), abs=0.01)
    assert of_both(flatness, sound) == pytest.approx(np.exp(-np.euler_gamma), abs=0.01)
    assert of_both(flatness, tones((440.0, 1.0))) < 1e-3


def test_pauses_and_quiet_moments_hardly_count(rng):
    tone = tones((1000.0, 1.0))
    paused = np.concatenate([tone, 1e-5 * rng.standard_normal(3 * RATE)])
    assert of_both(centroid_hz, paused) == pytest.approx(1000.0, rel=0.05)
    assert of_both(flatness, paused) < 0.01


@pytest.mark.parametrize("amplitude", [0.1, 0.5, 2.0])
def test_shares_of_two_tones_follow_from_their_energies(amplitude):
    sound = tones((120.0, 1.0), (5000.0, amplitude))
    low, high = 1.0, amplitude**2
    assert of_both(low_share, sound) == pytest.approx(low / (low + high), abs=1e-3)
    masri = 5000 * high / (120 * low + 5000 * high)
    assert of_both(high_share, sound) == pytest.approx(masri, abs=1e-3)


@pytest.mark.parametrize("measure", [centroid_hz, flatness, high_share, low_share])
def test_neither_gain_nor_rate_matters(rng, measure):
    partials = [(hz, rng.uniform(0.1, 1.0)) for hz in (110.0, 450.0, 1700.0, 4500.0, 7000.0)]
    reference = of_both(measure, tones(*partials))
    for rate in (22_050, 48_000):
        assert of_both(measure, tones(*partials, rate=rate), rate) == pytest.approx(
            reference, rel=0.03, abs=1e-3
        )
    for gain in (1e-30, 1e6):
        sound = (gain * tones(*partials)).astype(np.float32)
        assert of_both(measure, sound) == pytest.approx(reference, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("size", [1, 2, 1000, 2049])
def test_tiny_sounds_have_numbers(size):
    spectrum = spectrum_of(np.eye(1, size, size // 2)[0], RATE)
    values = [each(spectrum) for each in (centroid_hz, flatness, high_share, low_share)]
    assert np.isfinite(values).all()
    assert values[0] == pytest.approx(4000.0, rel=0.05)  # a click is flat up to 8 kHz
