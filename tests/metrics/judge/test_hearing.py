import numpy as np
import pytest

from estilo.analysis.sound import Sound
from estilo.metrics.judge.hearing import (
    FRAME_RATE_HZ,
    MASKED_DB,
    N_BANDS,
    NEARBY_FRAMES,
    RANGE_DB,
    RATE_HZ,
    audible,
    band_powers,
    heard,
)

TIME_S = np.arange(2 * RATE_HZ) / RATE_HZ


@pytest.mark.parametrize("frequency_hz", [60.0, 440.0, 3000.0, 15_000.0])
def test_a_sine_of_full_scale_has_the_power_1(frequency_hz):
    powers = band_powers(Sound(np.sin(2 * np.pi * frequency_hz * TIME_S), RATE_HZ))
    np.testing.assert_allclose(powers.sum(0)[10:-10], 1.0, rtol=0.02)


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_other_rates_are_heard_alike(rate):
    time_s = np.arange(2 * rate) / rate
    here, there = (np.sin(2 * np.pi * 1000 * t) for t in (TIME_S, time_s))
    ours, theirs = band_powers(Sound(here, RATE_HZ)), band_powers(Sound(there, rate))
    np.testing.assert_allclose(theirs[:, 20:-20], ours[:, 20:-20], atol=2e-3)


def test_what_cancels_in_the_downmix_is_heard():
    tone = 0.3 * np.sin(2 * np.pi * 440 * TIME_S)
    both = band_powers(Sound(np.stack([tone, -tone]), RATE_HZ))
    np.testing.assert_allclose(both, 2.0 * band_powers(Sound(tone, RATE_HZ)), rtol=1e-5)


def test_gain_changes_nothing(rng):
    music = np.sin(2 * np.pi * 440 * TIME_S) * np.exp(-2 * TIME_S) + 0.01 * rng.normal(
        size=len(TIME_S)
    )
    loud, soft = heard(Sound(0.5 * music, RATE_HZ)), heard(Sound(0.005 * music, RATE_HZ))
    np.testing.assert_allclose(soft.levels, loud.levels, atol=1e-4)
    np.testing.assert_allclose(soft.weights, loud.weights, atol=1e-4)


def test_a_hiss_far_below_is_not_heard(rng):
    tone = np.sin(2 * np.pi * 440 * TIME_S)
    hiss = rng.normal(size=len(TIME_S)) * 10 ** (-45 / 20)
    clean, hissing = heard(Sound(tone, RATE_HZ)), heard(Sound(tone + hiss, RATE_HZ))
    far = np.arange(N_BANDS) > 60
    inner = slice(10, -10)
    assert not hissing.levels[:, far, inner].any()
    assert np.abs(hissing.levels[..., inner] - clean.levels[..., inner]).max() < 0.35


def test_pauses_do_not_count(rng):
    sound = np.concatenate([np.sin(2 * np.pi * 440 * TIME_S), 1e-3 * rng.normal(size=len(TIME_S))])
    weights = heard(Sound(sound, RATE_HZ)).weights
    half = len(weights) // 2
    assert (weights[5 : half - 5] > 0.9).all()
    assert not weights[half + NEARBY_FRAMES :].any()


def test_bands_count_from_the_loudest_nearby():
    frames = 4 * NEARBY_FRAMES
    powers = np.full((2, frames), 1e-5, np.float32)
    powers[0, :2] = 1.0
    levels = audible(powers).levels
    # Beside the loud frames 50 dB are too far; later on the recording's own floor is 60 dB down.
    assert MASKED_DB < 50.0 < RANGE_DB
    assert levels[0, 1, 0] == 0.0
    assert levels[0, 1, -1] == pytest.approx((RANGE_DB - 50.0) / MASKED_DB)
    assert levels[1, 1, -1] == pytest.approx((RANGE_DB - 50.0) / RANGE_DB)
    assert audible(powers).weights[0] == pytest.approx(1.0)


def test_frames_are_as_many_as_the_rate_says():
    assert heard(Sound(np.ones(10 * RATE_HZ), RATE_HZ)).weights.shape == (
        1 + int(10 * FRAME_RATE_HZ),
    )
