"""Stretching: pitch, levels, attacks and stereo image of signals for which all four are known."""

import numpy as np
import pytest
from scipy import signal

from estilo.dsp.stretch import stretched
from estilo.errors import InputError

RATE = 22_050
SPEEDS = (0.67, 0.8, 0.95, 1.1, 1.24, 1.5)
HITS_S = np.arange(0.3, 2.9, 0.25)


def level_db(samples):
    inner = samples[..., RATE // 3 : -RATE // 3]
    return 10.0 * np.log10(np.mean(np.square(inner, dtype=np.float64)))


def hits(rng):
    """Bursts of noise that die away in 10 ms, at `HITS_S`."""
    out = np.zeros(3 * RATE)
    for start_s in HITS_S:
        start = round(start_s * RATE)
        out[start : start + 1000] += (
            0.3 * rng.standard_normal(1000) * np.exp(-np.arange(1000) / 150)
        )
    return out


@pytest.mark.parametrize("seconds", [1.0, 0.01, 1 / RATE])
@pytest.mark.parametrize("attacks_s", [(), (0.2, 0.5)])
def test_a_speed_of_1_changes_nothing(rng, seconds, attacks_s):
    samples = rng.standard_normal((2, max(round(seconds * RATE), 1)))
    out = stretched(samples, RATE, speed=1.0, attacks_s=attacks_s)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, samples, atol=2e-6)


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("hz", [110.0, 441.3, 3000.0])
def test_a_sine_stays_a_sine_at_its_pitch_and_level(speed, hz):
    samples = 0.5 * np.sin(2 * np.pi * hz * np.arange(3 * RATE) / RATE)
    out = stretched(samples[None], RATE, speed=speed)
    assert out.shape == (1, round(3 * RATE / speed))
    inner = out[0, RATE // 3 : -RATE // 3]
    time_s = np.arange(len(inner)) / RATE
    waves = np.stack([f(2 * np.pi * hz * time_s) for f in (np.cos, np.sin)], axis=1)
    weights, *_ = np.linalg.lstsq(waves, inner)
    rest = inner - waves @ weights
    # A hundredth of a cent would leave more than that after two seconds.
    assert 10 * np.log10(np.mean(rest**2) / np.mean(inner**2)) < -70.0
    assert np.hypot(*weights) == pytest.approx(0.5, rel=0.002)


def attacks(samples, out, speed, *, early_s=0.0):
    """How much of each hit is found at its place again, 0 to 1, and what sounds before it, in dB.

    A hit that is said to be early keeps its distance to where it was said to be.
    """
    late_s = early_s * (1.0 - 1.0 / speed)
    found, before_db = [], []
    for start_s in HITS_S[1:-1]:
        hit = samples[round(start_s * RATE) :][: round(0.01 * RATE)]
        nominal = round((start_s / speed + late_s) * RATE)
        match = [np.dot(hit, out[nominal + lag :][: len(hit)]) for lag in range(-2, 3)]
        found.append(max(match) / np.sum(hit**2))
        before = out[nominal - round(0.05 * RATE) : nominal - round(0.003 * RATE)]
        before_db.append(10.0 * np.log10(np.mean(before**2) / np.mean(hit**2) + 1e-15))
    return np.array(found), np.array(before_db)


@pytest.mark.parametrize("early_s", [0.0, 0.02])
@pytest.mark.parametrize("speed", SPEEDS)
def test_attacks_stay_as_they_are_where_they_belong(rng, speed, early_s):
    samples = hits(rng)
    out = stretched(samples[None], RATE, speed=speed, attacks_s=HITS_S - early_s)[0]
    found, before_db = attacks(samples, out, speed, early_s=early_s)
    assert np.median(found) > 0.95
    assert np.median(before_db) < -50.0


def test_without_them_attacks_are_smeared(rng):
    """Or the test above would show nothing."""
    samples = hits(rng)
    found, before_db = attacks(samples, stretched(samples[None], RATE, speed=0.67)[0], 0.67)
    assert np.median(found) < 0.9
    assert np.median(before_db) > -30.0


@pytest.mark.parametrize("speed", SPEEDS)
def test_noise_keeps_its_level_and_its_spectrum(rng, speed):
    samples = 0.1 * np.cumsum(rng.standard_normal((1, 4 * RATE)), axis=1)
    samples = signal.sosfilt(signal.butter(2, 50, "high", fs=RATE, output="sos"), samples)
    out = stretched(samples, RATE, speed=speed)
    assert level_db(out) == pytest.approx(level_db(samples), abs=1.5)
    bands = [signal.welch(each[0], RATE, nperseg=512)[1] for each in (samples, out)]
    ratio_db = 10 * np.log10(bands[1][5:-5] / bands[0][5:-5])
    assert np.abs(ratio_db).max() < 3.0


def test_channels_stay_together(rng):
    """What is alike stays alike; a channel that leads by a sample does so afterwards."""
    mono = rng.standard_normal(2 * RATE)
    samples = np.stack([mono, -0.5 * mono, np.roll(mono, 1)])
    out = stretched(samples, RATE, speed=0.8, attacks_s=[0.5])
    np.testing.assert_allclose(out[1], -0.5 * out[0], atol=1e-6)
    lags = signal.correlate(out[2, :RATE], out[0, :RATE])
    assert int(np.argmax(lags)) - (RATE - 1) == 1


@pytest.mark.parametrize(
    "attacks_s", [[0.0], [1.0, 1.0, 1.001], [-5.0, 50.0], np.arange(0, 2, 0.02)]
)
def test_any_attacks(rng, attacks_s):
    samples = rng.standard_normal((1, 2 * RATE))
    for speed in (0.67, 1.5):
        out = stretched(samples, RATE, speed=speed, attacks_s=attacks_s)
        assert np.isfinite(out).all()
        assert level_db(out) == pytest.approx(level_db(samples), abs=2.5)


def test_silence_stays_silent_and_little_is_enough():
    for size in (0, 1, 3000):
        out = stretched(np.zeros((1, size)), RATE, speed=0.8)
        assert out.shape == (1, round(size / 0.8))
        assert not out.any()


@pytest.mark.parametrize(
    ("samples", "speed"),
    [(np.zeros(10), 1.0), (np.zeros((1, 10)), 0.0), (np.zeros((1, 10)), np.nan)],
)
def test_bad_input(samples, speed):
    with pytest.raises(InputError, match="expected samples"):
        stretched(samples, RATE, speed=speed)
