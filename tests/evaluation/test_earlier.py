import math

import numpy as np
import pytest

from estilo.analysis.sound import Sound
from estilo.evaluation.earlier import earlier_style_taken

RATE = 44_100


def _tones(rng):
    time_s = np.arange(2 * RATE) / RATE
    wave = sum(np.sin(2 * np.pi * 220.0 * k * time_s) / k for k in range(1, 7))
    return 0.1 * wave + 1e-4 * rng.standard_normal(len(time_s))


def test_it_goes_from_0_to_1(rng):
    content, style = _tones(rng), 0.05 * np.diff(rng.standard_normal(2 * RATE + 1))
    sounds = [Sound(content * (1 - x) + style * x, RATE) for x in (0.0, 0.01, 0.05, 0.3, 1.0)]
    taken = [earlier_style_taken(each, sounds[0], sounds[-1]) for each in sounds]
    assert taken == sorted(taken)
    assert taken[0] == pytest.approx(0.0, abs=1e-6)
    assert taken[-1] == pytest.approx(1.0, abs=1e-6)


def test_each_part_is_at_least_minus_1(rng):
    noise = rng.standard_normal(2 * RATE)
    white, pink = Sound(noise, RATE), Sound(np.convolve(noise, np.ones(3)), RATE)
    assert earlier_style_taken(Sound(np.cumsum(noise), RATE), white, pink) == -1.0


def test_without_a_difference_there_is_no_way_to_go(rng):
    rumble = np.cumsum(rng.standard_normal((2, 2 * RATE)), axis=1)
    first, second = (Sound(np.diff(each, append=0.0) + 0.1 * each, RATE) for each in rumble)
    assert math.isnan(earlier_style_taken(Sound(_tones(rng), RATE), first, second))
