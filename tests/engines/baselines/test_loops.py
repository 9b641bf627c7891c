"""Loops: the recording first, then without end and without a seam."""

import itertools

import numpy as np
import pytest
import torch

from estilo.engines.baselines.loops import Loop

RATE = 8000


def _noise(rng: np.random.Generator, n_samples: int, n_channels: int = 2) -> torch.Tensor:
    return torch.from_numpy(0.1 * rng.standard_normal((n_channels, n_samples))).float()


def test_what_is_there_comes_as_it_is_up_to_the_first_seam(rng: np.random.Generator) -> None:
    noise = _noise(rng, RATE)
    loop = Loop(noise, sample_rate=RATE)
    assert torch.equal(loop.read(0, 7200), noise[:, :7200])
    assert torch.equal(loop.read(123, 4567), noise[:, 123:4567])
    assert torch.equal(loop.read(0, RATE)[:, :7200], noise[:, :7200])


@pytest.mark.parametrize("edges", [(0, 30_000), (0, 1, 7199, 7201, 8000, 15_000, 30_000)])
def test_any_stretches_give_the_same(rng: np.random.Generator, edges: tuple[int, ...]) -> None:
    loop = Loop(_noise(rng, RATE), sample_rate=RATE)
    parts = [loop.read(a, b) for a, b in itertools.pairwise(edges)]
    assert torch.equal(torch.cat(parts, -1), loop.read(0, 30_000))


def test_it_has_a_period_and_keeps_its_level(rng: np.random.Generator) -> None:
    whole = Loop(_noise(rng, RATE), sample_rate=RATE).read(0, 60_000)
    period = RATE - RATE // 10
    assert torch.equal(whole[:, period:40_000], whole[:, 2 * period : 40_000 + period])
    for part in whole.split(800, dim=-1):
        assert 20 * np.log10(float(part.std()) / 0.1) == pytest.approx(0.0, abs=0.6)


def test_a_tone_that_does_not_fit_its_length_loops_without_a_click() -> None:
    tone = torch.sin(0.2 * torch.arange(1000))[None]
    whole = Loop(tone, sample_rate=1000).read(0, 5000)
    assert whole.diff().abs().max() < 1.5 * tone.diff().abs().max()
    hard = tone.repeat(1, 5)
    assert hard.diff().abs().max() > 3.0 * tone.diff().abs().max()


@pytest.mark.parametrize("n_samples", [1, 2, 3, 4, 7])
def test_few_samples_loop_too(n_samples: int) -> None:
    whole = Loop(torch.ones(1, n_samples), sample_rate=RATE).read(0, 50)
    torch.testing.assert_close(whole, torch.ones(1, 50))
