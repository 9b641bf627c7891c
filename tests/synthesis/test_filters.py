"""Magnitude filters and envelopes against scipy's analogue filters and plain arithmetic."""

import numpy as np
import pytest
from scipy import signal

from estilo.synthesis import filters
from estilo.synthesis.shaping import Envelope, Motion, from_control, levelled, slow_noise

RATE = 16_000
FREQUENCY_HZ = np.array([50.0, 400.0, 1000.0, 1700.0, 6000.0])


@pytest.mark.parametrize(
    ("magnitude", "numerator"),
    [
        (filters.lowpass, lambda w, q: [w * w]),
        (filters.highpass, lambda w, q: [1.0, 0.0, 0.0]),
        (filters.bandpass, lambda w, q: [w / q, 0.0]),
    ],
)
def test_magnitudes_are_those_of_analogue_two_poles(magnitude, numerator):
    q, cutoff_hz = 2.5, 1000.0
    w = 2.0 * np.pi * cutoff_hz
    _, expected = signal.freqs(numerator(w, q), [1.0, w / q, w * w], 2.0 * np.pi * FREQUENCY_HZ)

    assert magnitude(FREQUENCY_HZ, cutoff_hz, q=q) == pytest.approx(np.abs(expected))


@pytest.mark.parametrize("gain_db", [-12.0, 9.0])
def test_a_resonance_rings_after_a_click_and_not_before(gain_db):
    peak = filters.Resonance(900.0, 200.0, gain_db)
    click = np.zeros(RATE)
    click[RATE // 2] = 1.0
    out = filters.filtered(click, peak.response, sample_rate=RATE)
    energy = np.square(out - click * out[RATE // 2])

    assert np.abs(peak.response(np.array([900.0]))[0]) == pytest.approx(10 ** (gain_db / 20))
    assert energy[: RATE // 2].sum() < 0.02 * energy.sum()


def test_shaped_noise_has_the_shape_and_unit_power(rng):
    noise = filters.shaped_noise(
        rng, 4 * RATE, lambda hz: filters.bandpass(hz, 2000.0, q=1.0), sample_rate=RATE
    )
    frequency_hz, power = signal.welch(noise, RATE, nperseg=512)
    expected_db = 20.0 * np.log10(filters.bandpass(frequency_hz[8:-8], 2000.0, q=1.0))
    level_db = 10.0 * np.log10(power[8:-8])

    assert np.std(level_db - expected_db) < 0.7
    assert np.square(noise).mean() == pytest.approx(1.0, rel=0.05)


def test_a_swept_filter_moves(rng):
    """A low-pass that opens halfway: highs in the second half only."""
    noise = rng.standard_normal(RATE)

    def response(time_s, frequency_hz):
        return filters.lowpass(frequency_hz, np.where(time_s < 0.5, 300.0, 7000.0)) ** 2

    out = filters.swept(noise, response, sample_rate=RATE)
    highs = filters.filtered(out, lambda hz: filters.highpass(hz, 3000.0), sample_rate=RATE)

    assert len(out) == len(noise)
    assert np.std(highs[: RATE // 2 - 800]) < 0.05 * np.std(highs[RATE // 2 + 800 :])


@pytest.mark.parametrize("n_samples", [1, 7, 1000, 44_101, 99_991])
def test_fast_lengths_are_five_smooth_and_the_next(n_samples):
    length = filters.fast_length(n_samples)
    smooth = {2**a * 3**b * 5**c for a in range(18) for b in range(12) for c in range(9)}
    assert length == min(s for s in smooth if s >= n_samples)


def test_an_envelope_rises_holds_and_fades():
    envelope = Envelope(attack_s=0.1, decay_s=0.05, sustain=0.5, release_s=0.3)
    start, top, held, minus_60_db = envelope.level(np.array([0.0, 0.1, 1.0, 1.3]), duration_s=1.0)

    assert start == 0.0
    assert top == pytest.approx(1.0)
    assert held == pytest.approx(0.5, rel=1e-3)
    assert 20.0 * np.log10(minus_60_db / held) == pytest.approx(-60.0, abs=0.1)


def test_vibrato_averages_to_the_pitch(rng):
    motion = Motion(vibrato_cents=30.0, vibrato_hz=5.0, vibrato_delay_s=0.01)
    cycles = motion.cycles(69.0, 4 * RATE, sample_rate=RATE, rng=rng)

    assert cycles[-1] / 4.0 == pytest.approx(440.0, rel=1e-3)
    steps_hz = np.diff(cycles) * RATE
    assert 1200.0 * np.log2(steps_hz.max() / 440.0) == pytest.approx(30.0, abs=1.0)


def test_control_curves_are_interpolated(rng):
    curve = rng.standard_normal(10)
    expected = np.interp(np.arange(500), np.arange(10) * 64, curve)

    assert from_control(curve, 500) == pytest.approx(expected)


def test_slow_noise_has_unit_deviation(rng):
    time_s = np.arange(200_000) / 100.0

    assert np.std(slow_noise(rng, time_s, rate_hz=2.0)) == pytest.approx(1.0, abs=0.05)


def test_a_silent_sound_stays_silent_and_a_tiny_one_is_levelled():
    assert not levelled(np.zeros(100), velocity=1.0, sample_rate=RATE).any()
    assert np.isfinite(levelled(np.ones(2), velocity=1.0, sample_rate=RATE)).all()
