import numpy as np
import pytest

from estilo.analysis.sound import Sound
from estilo.metrics.judge.hearing import RANGE_DB, heard
from estilo.metrics.judge.noise import with_noise_of

RATE = 44_100


def tones(seconds=4.0, *, f0_hz=220.0):
    time_s = np.arange(round(seconds * RATE)) / RATE
    return 0.2 * sum(np.sin(2 * np.pi * f0_hz * k * time_s + k) / k for k in range(1, 40))


def apart_db(one, other):
    """Mean distance of audible levels, without the edges."""
    return RANGE_DB * float(np.abs(one.levels[1] - other.levels[1])[:, 30:-30].mean())


def test_other_tones_are_not_reached():
    tone, other = Sound(tones(), RATE), Sound(tones(f0_hz=311.0), RATE)
    assert apart_db(tone.once(heard), other.once(heard)) > 5.0
    assert apart_db(with_noise_of(tone, other), tone.once(heard)) < 0.5


@pytest.mark.parametrize("rate", [RATE, 22_050])
@pytest.mark.parametrize("deviation", [0.01, 0.03])
def test_noise_is_reached_at_every_level(deviation, rate, rng):
    tone = tones()[:: RATE // rate]
    content, output = (
        Sound(each, rate) for each in (tone, tone + deviation * rng.normal(size=len(tone)))
    )
    noisy = output.once(heard)
    without = apart_db(content.once(heard), noisy)
    assert without > 0.5
    assert apart_db(with_noise_of(content, output), noisy) < 0.25 * without


def test_channels_and_level_do_not_matter(rng):
    tone = tones()
    noisy = tone + 0.01 * rng.normal(size=len(tone))
    content = Sound(tone, RATE)
    once = with_noise_of(content, Sound(noisy, RATE))
    soft = with_noise_of(content, Sound(0.25 * np.stack([noisy, noisy]), RATE))
    assert np.abs(once.levels - soft.levels).max() < 1e-3


@pytest.mark.parametrize("seconds", [(4.0, 2.0), (2.0, 4.0), (4.0, 0.01)])
def test_lengths_need_not_be_equal(seconds, rng):
    content, output = (Sound(tones(each), RATE) for each in seconds)
    assert apart_db(with_noise_of(content, output), content.once(heard)) < 0.5
