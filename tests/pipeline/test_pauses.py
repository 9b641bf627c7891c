"""Noise in the pauses of the content, whose true level is known."""

import numpy as np
import pytest
from clips import melody

from estilo.audio import Audio
from estilo.pipeline.pauses import keep_pauses
from estilo.pipeline.transfer import transfer

RATE = 16_000
TIME_S = np.arange(2 * RATE) / RATE
IS_PLAYING = (TIME_S % 1.0) < 0.5
INNER = ((TIME_S % 1.0) > 0.56) & ((TIME_S % 1.0) < 0.95)


def noise(level: float, seed: int = 0) -> np.ndarray:
    return (level * np.random.default_rng(seed).standard_normal(len(TIME_S))).astype(np.float32)


def content(floor: float) -> Audio:
    return Audio(0.2 * np.sin(2 * np.pi * 300 * TIME_S) * IS_PLAYING + noise(floor), RATE)


def level_db(samples: np.ndarray) -> float:
    return float(10.0 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-20))


@pytest.mark.parametrize("floor", [0.0, 1e-5, 1e-4, 1e-3])
@pytest.mark.parametrize("raised", [3e-3, 0.03])
def test_what_was_raised_comes_down_and_the_sound_keeps_its_bits(
    floor: float, raised: float
) -> None:
    own = content(floor)
    output = own.samples + noise(raised, seed=1)
    before = output.copy()
    keep_pauses(output, own)
    assert level_db(output[0, INNER]) <= level_db(own.samples[0, INNER]) + 6.0
    np.testing.assert_array_equal(output[0, IS_PLAYING], before[0, IS_PLAYING])
    assert np.abs(np.diff(np.abs(output[0]))).max() <= np.abs(np.diff(before[0])).max() * 1.01


def test_what_is_no_louder_or_has_no_pause_keeps_every_bit() -> None:
    quiet, steady = content(1e-4), Audio(melody(2.0, RATE), RATE)
    swelling = Audio(0.2 * np.sin(2000.0 * TIME_S) * (0.02 + TIME_S), RATE)
    for own, made in (
        (quiet, quiet.samples),
        (quiet, 0.5 * quiet.samples),
        (steady, steady.samples + noise(0.003)),
        (swelling, 2.0 * swelling.samples),
        (Audio(np.zeros(100), RATE), np.ones((1, 100))),
        (Audio(np.zeros(0), RATE), np.zeros((1, 0))),
    ):
        output = made.astype(np.float32)
        before = output.copy()
        keep_pauses(output, own)
        np.testing.assert_array_equal(output, before)


def test_a_style_that_is_noise_may_fill_them() -> None:
    own, rain = content(1e-4), Audio(noise(0.1, seed=2), RATE)
    tone = Audio(0.1 * np.sin(3000.0 * TIME_S) + 0.1 * np.sin(5000.0 * TIME_S), RATE)
    filled, kept = (
        level_db(transfer(own, style, n_steps=2, scores=False).audio.samples[0, INNER])
        for style in (rain, tone)
    )
    assert kept <= level_db(own.samples[0, INNER]) + 6.0 < filled
