"""Textures of any length out of short styles."""

import numpy as np
import pytest
import torch

from estilo.engines.notes.arrangement import Arrangement
from estilo.errors import InputError

RATE = 8000


def test_the_level_stays_at_the_joins(rng):
    style = torch.from_numpy(rng.standard_normal((1, 5 * RATE)))
    out = Arrangement([style], n_samples=60 * RATE, sample_rate=RATE, seed=0).read(0, 60 * RATE)
    levels = out[0].reshape(-1, RATE // 10).square().mean(1)
    assert float((10.0 * levels.log10()).abs().max()) < 1.0


def test_no_stretch_comes_again_at_once():
    style = torch.arange(20.0 * RATE)[None]
    out = Arrangement([style], n_samples=120 * RATE, sample_rate=RATE, seed=1).read(0, 120 * RATE)
    # In the middle of stretches the value tells the place in the style.
    order = Arrangement([style], n_samples=120 * RATE, sample_rate=RATE, seed=1).order
    places = np.array(
        [out[0, begin + length // 2] - length // 2 for _, _, begin, length in order[1:-1]]
    )
    assert (np.abs(np.diff(places)) > RATE).all()


def test_layers_stay_together_and_parts_are_the_whole(rng):
    style = torch.from_numpy(rng.standard_normal((1, 3 * RATE)))
    made = Arrangement([torch.cat([style, -style])], n_samples=9 * RATE, sample_rate=RATE, seed=0)
    whole = made.read(0, 9 * RATE)
    assert torch.equal(whole[0], -whole[1])
    assert torch.equal(made.read(12_345, 34_567), whole[:, 12_345:34_567])


def test_weights_say_how_often_a_style_is_drawn():
    one, other = torch.zeros(1, 4 * RATE), torch.ones(1, 4 * RATE)
    made = Arrangement(
        [one, other], weights=[0.25, 0.75], n_samples=600 * RATE, sample_rate=RATE, seed=0
    )
    assert float(made.read(0, 600 * RATE).mean()) == pytest.approx(0.75, abs=0.1)


def test_too_short_a_style_is_refused():
    with pytest.raises(InputError, match=r"0\.25 s at least, got 0\.125 s; give longer"):
        Arrangement([torch.zeros(1, 1000)], n_samples=100, sample_rate=RATE, seed=0)
