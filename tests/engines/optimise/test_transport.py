import numpy as np
import pytest
import torch
from scipy import stats

from estilo.engines.optimise.transport import LevelTransport, carried, quantiles
from estilo.representations.mel import Mel

RATE = 16_000
MEL = Mel(sample_rate=RATE, n_bands=64, n_fft=1024, hop_length=256, phase="content")


def test_quantiles_are_numpys(rng) -> None:
    values = rng.normal(size=(3, 500))
    ours = quantiles(torch.from_numpy(values))
    wanted = np.quantile(values, np.linspace(0, 1, ours.shape[-1]), axis=1).T
    np.testing.assert_allclose(ours.numpy(), wanted, atol=1e-4)


def test_carries_one_distribution_to_another(rng) -> None:
    source = torch.from_numpy(rng.normal(size=(2, 4000)))
    target = torch.from_numpy(rng.gamma(2.0, size=(2, 4000)) * 5.0)
    moved = carried(source, quantiles(source), quantiles(target))
    for row in range(2):
        assert stats.ks_2samp(moved[row], target[row], method="asymp").statistic < 0.02
    # The least work: order is kept, so the cost is that of sorted values.
    cost = float((moved - source).square().mean())
    best = stats.wasserstein_distance  # first-order oracle of the same matching
    assert float((moved[0] - source[0]).abs().mean()) == pytest.approx(
        best(source[0], target[0]), rel=0.02
    )
    assert cost <= float((target - source).square().mean())


def test_carrying_keeps_the_order_and_shifts_what_lies_outside(rng) -> None:
    source = quantiles(torch.from_numpy(rng.normal(size=(1, 300))))
    target = quantiles(torch.from_numpy(rng.normal(size=(1, 300)) * 3.0 + 7.0))
    values = torch.linspace(-9.0, 9.0, 400, dtype=torch.float64)[None]
    moved = carried(values, source, target)
    assert bool((moved.diff() >= -1e-9).all())
    assert float(moved[0, -1] - target[0, -1]) == pytest.approx(9.0 - float(source[0, -1]))


def test_a_constant_band_goes_to_the_quietest_of_the_style() -> None:
    silent = torch.full((1, 50), -80.0)
    style = torch.linspace(-60.0, -20.0, 50)[None]
    moved = carried(silent, quantiles(silent), quantiles(style))
    assert bool((moved == -60.0).all())


def transport(content, style, *, strength=1.0, mel=MEL):
    return LevelTransport.between([content], [style], [1.0], mel=mel, strength=strength, seed=0)


def coloured(rng, slope: float) -> torch.Tensor:
    noise = torch.from_numpy(rng.standard_normal(3 * RATE)).float()
    spectrum = torch.fft.rfft(noise)
    spectrum *= (torch.arange(len(spectrum)) + 50.0) ** slope
    noise = torch.fft.irfft(spectrum)
    return noise * (0.1 / noise.square().mean().sqrt())


def test_bands_take_the_distribution_of_the_style(rng) -> None:
    content, style = coloured(rng, -1.0), coloured(rng, -0.2)
    moved = transport(content, style).apply(content, seed=0)
    level = MEL.decompress(MEL.analyse(moved[None])[0]).log10().mean(-1)
    wanted = MEL.decompress(MEL.analyse(style[None])[0]).log10().mean(-1)
    offset = (level - wanted).mean()
    # The lowest band is three bins wide, and half of them belong to its neighbour.
    assert 20.0 * (level - wanted - offset)[1:].abs().max() < 2.0


def test_own_style_changes_next_to_nothing(rng) -> None:
    content = coloured(rng, -0.7)
    moved = transport(content, content).apply(content, seed=0)
    assert (moved - content).square().mean() < 1e-4 * content.square().mean()


def test_strength_goes_part_of_the_way(rng) -> None:
    content, style = coloured(rng, -1.0), coloured(rng, -0.2)
    changes = [
        float((transport(content, style, strength=s).apply(content, seed=0) - content).std())
        for s in (0.0, 0.3, 0.6, 1.0)
    ]
    assert changes[0] < 1e-3
    assert changes == sorted(changes)


def test_the_whole_keeps_its_level(rng) -> None:
    content = 0.03 * coloured(rng, -1.0)
    moved = transport(content, coloured(rng, 0.0)).apply(content, seed=0)
    assert float(moved.square().mean() / content.square().mean()) == pytest.approx(1.0, abs=0.05)


def test_a_pause_under_a_dense_style_leaves_the_attack_after_it_alone(rng) -> None:
    """The gain of the pause must not spill over."""
    content = torch.sin(2 * torch.pi * 500 / RATE * torch.arange(2.0 * RATE))
    content[: RATE // 2] = 0.0
    content[RATE : 3 * RATE // 2] = 0.0
    content = 0.1 * content / content.square().mean().sqrt()
    moved = transport(content, coloured(rng, -0.5)).apply(content, seed=0)
    level = moved.reshape(-1, RATE // 50).square().mean(-1).sqrt()
    sounding = content.reshape(-1, RATE // 50).square().mean(-1) > 0
    assert level[sounding].max() < 2.0 * level[sounding].median()
