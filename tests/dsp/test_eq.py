"""Equaliser matching against filters whose answer is known."""

import itertools

import numpy as np
import pytest
import torch
from scipy import signal

from estilo.dsp.eq import (
    LIMIT_DB,
    Filter,
    apply_gains,
    average_power,
    band_power,
    eq_match,
    filtered,
    gain_filter,
    matching_filter,
    matching_gains,
    n_bands_of,
)
from estilo.dsp.mel import band_centres_hz
from estilo.errors import InputError

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
    assert float(matching_gains(narrow + 1e-20, power, limit_db=7.0).max()) == 7.0
    high = power.clone()
    high[:6] = 0.0
    gains = matching_gains(power, high)
    torch.testing.assert_close(gains[:6], gains[6].expand(6))


def test_silence_is_finite() -> None:
    silence = torch.zeros(5000)
    gains = matching_gains(_power(silence), _power(silence))
    assert torch.isfinite(gains).all()
    assert not apply_gains(silence, gains, sample_rate=RATE).any()


# Average spectra.


@pytest.mark.parametrize("n_samples", [RATE, 4 * RATE + 77])
def test_the_average_spectrum_is_welch_s(rng: np.random.Generator, n_samples: int) -> None:
    noise = 0.1 * rng.standard_normal((2, n_samples - (n_samples - 2048) % 1024))
    ours = average_power(torch.from_numpy(noise), sample_rate=RATE)
    _, theirs = signal.welch(noise, RATE, nperseg=2048, detrend=False, scaling="spectrum")
    theirs = theirs.mean(0) * np.sum(signal.get_window("hann", 2048)) ** 2
    theirs[1:-1] /= 2.0  # scipy folds negative frequencies
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_the_average_spectrum_is_the_same_in_blocks(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = _noise(rng, 3 * RATE + 501)
    whole = average_power(noise, sample_rate=RATE)
    monkeypatch.setattr("estilo.dsp.eq._FRAMES_PER_BLOCK", 3)
    torch.testing.assert_close(average_power(noise, sample_rate=RATE), whole, rtol=1e-6, atol=0)


@pytest.mark.parametrize("n_samples", [1, 2, 700, 2047, 2049, 3500])
def test_the_average_spectrum_of_little_is_finite_and_sees_its_last_samples(n_samples: int) -> None:
    click = torch.zeros(n_samples)
    click[-1 - n_samples // 10] = 1.0
    power = average_power(click, sample_rate=RATE)
    assert torch.isfinite(power).all()
    assert power.sum() > 0.0


def test_an_average_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="got 0 samples; give audio"):
        average_power(torch.zeros(2, 0), sample_rate=RATE)


# Filters.


def _response_db(chosen: Filter, frequency_hz: np.ndarray) -> np.ndarray:
    """With scipy as the judge."""
    _, response = signal.freqz(chosen.taps.numpy(), worN=frequency_hz, fs=RATE)
    return 20.0 * np.log10(np.abs(response))


@pytest.mark.parametrize("phase", ["zero", "minimum"])
def test_a_filter_has_the_gains_that_were_asked_for(phase: str) -> None:
    gains = 9.0 * torch.sin(torch.arange(N_BANDS) / 3.0)
    chosen = gain_filter(gains, sample_rate=RATE, phase=phase)  # type: ignore[arg-type]
    centres = band_centres_hz(n_bands=N_BANDS, sample_rate=RATE, scale="erb", low_hz=30.0)
    np.testing.assert_allclose(_response_db(chosen, centres)[4:], gains[4:], atol=0.6)
    np.testing.assert_allclose(_response_db(chosen, centres)[:4], gains[:4], atol=2.0)


def test_zero_phase_is_symmetric_and_minimum_phase_has_all_zeros_inside_the_circle() -> None:
    gains = 9.0 * torch.sin(torch.arange(N_BANDS) / 3.0)
    zero = gain_filter(gains, sample_rate=RATE)
    taps = zero.taps.numpy()
    np.testing.assert_allclose(taps[1:], taps[:0:-1], atol=1e-12)
    assert np.argmax(np.abs(taps)) == zero.centre
    least = gain_filter(gains, sample_rate=RATE, phase="minimum").taps.numpy()
    assert np.argmax(np.abs(least)) == 0
    # The phase of a minimum-phase filter winds around nothing: it ends where it began.
    phase = np.unwrap(np.angle(np.fft.rfft(least, 1 << 16)))
    assert abs(phase[-1] - phase[0]) < 1e-6


def test_little_sounds_before_an_attack() -> None:
    """A click through a tilt of 24 dB: 5 ms before it all lies 45 dB below, or nothing is."""
    gains = torch.linspace(12.0, -12.0, 64)
    for phase, most_db in (("zero", -45.0), ("minimum", -200.0)):
        chosen = gain_filter(gains, sample_rate=RATE, phase=phase)  # type: ignore[arg-type]
        click = torch.zeros(RATE)
        click[RATE // 2] = 1.0
        energy = filtered(click.double(), chosen).square()
        before = float(energy[: RATE // 2 - round(0.005 * RATE)].sum() / energy.sum())
        assert 10.0 * np.log10(before + 1e-30) < most_db


@pytest.mark.parametrize("centre", [0, 7, 30])
def test_filtering_is_convolution_in_one_piece_or_in_many(
    rng: np.random.Generator, centre: int
) -> None:
    waveform = torch.from_numpy(rng.standard_normal((2, 1000)))
    chosen = Filter(torch.from_numpy(rng.standard_normal(31)), centre)
    expected = np.stack(
        [np.convolve(each, chosen.taps)[centre : centre + 1000] for each in waveform]
    )
    np.testing.assert_allclose(filtered(waveform, chosen), expected, atol=1e-10)
    edges = [0, 1, 5, 300, 999, 1000]
    parts = [filtered(waveform, chosen, start=a, stop=b) for a, b in itertools.pairwise(edges)]
    np.testing.assert_allclose(torch.cat(parts, -1), expected, atol=1e-10)


# Matches.


def _octave_gains_db(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Change of level in third octaves from 100 Hz to 6.3 kHz, by scipy's estimate of spectra."""
    frequency_hz, own = signal.welch(before, RATE, nperseg=4096)
    _, new = signal.welch(after, RATE, nperseg=4096)
    edges = 100.0 * 2.0 ** (np.arange(19) / 3.0)
    found = []
    for low, high in itertools.pairwise(edges):
        inside = (frequency_hz >= low) & (frequency_hz < high)
        found.append(10.0 * np.log10(new[..., inside].sum() / own[..., inside].sum()))
    return np.array(found)


FILTERS = {
    "low pass": signal.butter(1, 1500, fs=RATE),
    "high pass": signal.butter(1, 600, "highpass", fs=RATE),
    "resonance": signal.iirpeak(2000, 2.0, fs=RATE),
}


@pytest.mark.parametrize("name", FILTERS)
def test_coloured_noise_tells_its_filter_to_a_decibel(rng: np.random.Generator, name: str) -> None:
    numerator, denominator = FILTERS[name]
    white, other = rng.standard_normal((2, 30 * RATE))
    coloured = signal.lfilter(numerator, denominator, other)
    matched = eq_match(white, 0.01 * coloured, RATE)
    wanted = _octave_gains_db(white, signal.lfilter(numerator, denominator, white))
    difference = _octave_gains_db(white, matched) - wanted
    assert np.ptp(difference[wanted > -28.0]) < 1.0
    assert matched.std() == pytest.approx(white.std(), rel=0.02)
    assert matched.dtype == np.float32


def test_gains_grow_with_the_strength(rng: np.random.Generator) -> None:
    source = average_power(_noise(rng), sample_rate=RATE)
    target = average_power(torch.cumsum(_noise(rng), 0), sample_rate=RATE)
    hz = np.geomspace(100.0, 7000.0, 50)
    shapes = {}
    for strength in (0.25, 0.5, 1.0):
        found = matching_filter(source, target, sample_rate=RATE, strength=strength)
        decibels = _response_db(found, hz)
        shapes[strength] = decibels - decibels.mean()
    np.testing.assert_allclose(shapes[0.5], 0.5 * shapes[1.0], atol=0.5)
    np.testing.assert_allclose(shapes[0.25], 0.25 * shapes[1.0], atol=0.5)
    assert np.ptp(shapes[1.0]) > 20.0


def test_a_match_of_itself_changes_nothing(rng: np.random.Generator) -> None:
    noise = _noise(rng).numpy()
    np.testing.assert_array_equal(eq_match(noise, noise, RATE), noise)
    np.testing.assert_array_equal(eq_match(noise, np.stack([0.5 * noise] * 2), RATE), noise)


def test_inputs_of_a_match_may_be_read_only_and_are_unchanged(rng: np.random.Generator) -> None:
    noise, tilted = rng.standard_normal((2, RATE))
    tilted = np.cumsum(tilted)
    for each in (noise, tilted):
        each.flags.writeable = False
    kept = noise.copy()
    assert eq_match(noise[None], tilted, RATE).shape == (1, RATE)
    np.testing.assert_array_equal(noise, kept)


def test_what_cannot_be_matched_is_refused_and_silence_stays(rng: np.random.Generator) -> None:
    noise = rng.standard_normal(RATE)
    with pytest.raises(InputError, match="the reference is silent"):
        eq_match(noise, np.zeros(RATE), RATE)
    with pytest.raises(InputError, match="0 samples"):
        eq_match(np.zeros(0), noise, RATE)
    assert not eq_match(np.zeros(RATE), noise, RATE).any()


@pytest.mark.parametrize(("rate", "expected"), [(16_000, 64), (44_100, 82), (8000, 52)])
def test_bands_are_as_many_as_there_are_half_erbs(rate: int, expected: int) -> None:
    """Glasberg & Moore's scale: 33.3, 41.9 and 27.1 ERB up to half the rate, and 1.1 to 30 Hz."""
    assert abs(n_bands_of(0.5, rate) - expected) <= 1
