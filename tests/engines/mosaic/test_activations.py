"""Levels of grains, against plain KL-NMF and against what a mosaic must keep to."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from clips import melody, rain, task
from scipy.special import kl_div

from estilo.dsp.stft import stft
from estilo.engines.mosaic import activations
from estilo.engines.mosaic.activations import Activations, divergence
from estilo.engines.mosaic.engine import MosaicEngine
from estilo.engines.mosaic.index import NONE, GrainIndex
from estilo.engines.mosaic.settings import MosaicSettings

sys.path.append(str(Path(__file__).parents[3] / "benchmarks"))
from plain_musaicing import Restrictions, musaicing, updated

RATE, N_FFT, HOP = 8000, 512, 256


@pytest.fixture
def magnitude() -> torch.Tensor:
    return stft(torch.from_numpy(melody(1.0, RATE)), n_fft=N_FFT, hop_length=HOP).abs().T


@pytest.fixture
def index() -> GrainIndex:
    asked = task(melody(1.0, RATE), melody(1.2, RATE, seed=5), rain(0.5, RATE), sample_rate=RATE)
    return GrainIndex(asked, n_fft=N_FFT, hop_length=HOP, transposition=2)


def all_grains(index: GrainIndex) -> torch.Tensor:
    return torch.cat([strip.first + torch.arange(strip.count) for strip in index.strips])


def made_of(grains: list[list[int]], levels: list[list[float]]) -> Activations:
    """Activations whose templates do not matter."""
    numbers = torch.tensor(grains)
    templates = torch.full((*numbers.shape, 4), 0.25)
    values = torch.tensor(levels)
    magnitude = 0.25 * values.sum(1, keepdim=True).expand(-1, 4)
    return Activations(magnitude, numbers, templates, values, torch.ones_like(values))


def test_an_update_of_all_grains_is_that_of_plain_factorisation(
    magnitude, index, monkeypatch
) -> None:
    grains = all_grains(index)
    templates = index.magnitudes(grains).T
    monkeypatch.setattr(activations, "_STRIDE", 1.0)
    fast = Activations.of(magnitude, grains.expand(len(magnitude), -1), index)
    slow = (magnitude.sum(1) / len(grains)).expand(len(grains), -1)
    fast = replace(fast, levels=slow.T)
    for _ in range(4):
        fast, slow = fast.updated(), updated(slow, magnitude.T, templates)
        torch.testing.assert_close(fast.levels.T, slow, rtol=1e-3, atol=1e-5)


def test_the_divergence_is_scipys(rng) -> None:
    a, b = (torch.from_numpy(rng.random((5, 7))) for _ in range(2))
    a[0, 0] = 0.0
    assert divergence(a, b).tolist() == pytest.approx(kl_div(a.numpy(), b.numpy()).sum(1))


def test_no_update_raises_the_divergence(magnitude, index, rng) -> None:
    grains = all_grains(index)
    offered = torch.from_numpy(rng.permuted(np.tile(grains.numpy(), (len(magnitude), 1)), axis=1))
    now = Activations.of(magnitude, offered[:, :12], index)
    costs = [now.divergence()]
    for step in range(20):
        now = now.updated() if step != 8 else now.kept(4, continuity=1, repetition=1)
        costs.append(now.divergence())
    rises = np.diff(np.delete(costs, 9))  # what is taken away may cost something
    assert (rises[[i for i in range(len(rises)) if i != 8]] <= 1e-6).all()


def test_few_chosen_grains_do_as_well_as_plain_factorisation_with_all() -> None:
    """The cost of the published algorithm, with its restrictions and its number of updates."""
    asked = task(melody(2.0, RATE), melody(3.0, RATE, seed=7), sample_rate=RATE)
    settings = MosaicSettings(grain_s=N_FFT / RATE, transposition=2)
    engine = MosaicEngine(settings)
    state = engine.init(asked, engine.prepare(asked))
    while not engine.is_done(state):
        state = engine.step(state)
    assert state.activations is not None
    templates = state.index.magnitudes(all_grains(state.index)).T
    v = state.activations.magnitude.T
    limits = Restrictions(settings.repetition, settings.polyphony, settings.continuity)
    *_, last = musaicing(v, templates, n_updates=20, restrictions=limits)
    plain = float(divergence(v, templates @ last).sum() / v.double().sum())
    assert state.activations.divergence() < plain


def test_more_grains_can_only_help(magnitude, index) -> None:
    grains = all_grains(index)[None].expand(len(magnitude), -1)
    few = Activations.of(magnitude, grains[:, :3], index)
    more = few.joined_by(grains[:, :9], index)
    assert (more.grains[:, 3:6] == NONE).all()  # known already
    assert (more.grains[:, 6:] == grains[:, 3:9]).all()
    for _ in range(30):
        few, more = few.updated(), more.updated()
    assert more.divergence() < few.divergence()


def test_no_more_grains_sound_than_may() -> None:
    kept = made_of([[1, 50, 90]], [[1.0, 3.0, 2.0]]).kept(2, continuity=0, repetition=0)
    assert kept.grains.tolist() == [[50, 90]]
    assert float(kept.levels.sum()) == pytest.approx(6.0)  # together as loud as the content


def test_a_grain_does_not_come_again_at_once() -> None:
    grains = [[7, 20], [7, 30], [7, 40], [7, 50]]
    levels = [[1.0, 0.1], [3.0, 0.1], [1.0, 0.1], [2.0, 0.1]]
    kept = made_of(grains, levels).kept(2, continuity=0, repetition=1)
    assert [7 in row for row in kept.grains.tolist()] == [False, True, False, True]
    kept = made_of(grains, levels).kept(2, continuity=0, repetition=3)
    assert [7 in row for row in kept.grains.tolist()] == [False, True, False, False]


def test_what_plays_on_is_preferred() -> None:
    grains, levels = [[10, 70], [11, 30], [12, 90]], [[1.0, 0.1], [0.9, 1.0], [1.0, 0.1]]
    cut = made_of(grains, levels).kept(1, continuity=0, repetition=0)
    assert cut.grains[:, 0].tolist() == [10, 30, 12]
    on = made_of(grains, levels).kept(1, continuity=1, repetition=0)
    assert on.grains[:, 0].tolist() == [10, 11, 12]


def test_a_favoured_style_gives_more(magnitude) -> None:
    styles = melody(1.2, RATE, seed=5), melody(1.2, RATE, seed=6)
    shares = []
    for first in (0.2, 0.5, 0.8):
        asked = task(melody(1.0, RATE), *styles, sample_rate=RATE)
        asked = replace(asked, style_weights=(first, 1.0 - first))
        index = GrainIndex(asked, n_fft=N_FFT, hop_length=HOP, transposition=2)
        now = Activations.of(magnitude, all_grains(index).expand(len(magnitude), -1), index)
        for _ in range(10):
            now = now.updated()
        boundary = next(strip.first for strip in index.strips if strip.style == 1)
        shares.append(float((now.levels * (now.grains < boundary)).sum() / now.levels.sum()))
    assert shares[0] < shares[1] - 0.1
    assert shares[1] < shares[2] - 0.1
