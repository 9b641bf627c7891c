from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tiny_training import MODEL

from estilo.models import losses
from estilo.models.network import N_BANDS, Network
from estilo.models.style_encoder import StyleCode
from estilo.training.batches import PAIRED, PERTURBED, UNPAIRED, Batch
from estilo.training.objective import Made, make, objective
from estilo.training.recipe import LossPart


@pytest.fixture
def pair(rng):
    return rng.standard_normal((2, 3, 12, 40))


def of(function, *arrays, **settings):
    return function(*(torch.from_numpy(each) for each in arrays), **settings).numpy()


def test_level_is_the_mean_absolute_difference(pair):
    a, b = pair
    expected = [
        sum(abs(x - y) for x, y in zip(one.flat, two.flat, strict=True)) / 480
        for one, two in zip(a, b, strict=True)
    ]
    np.testing.assert_allclose(of(losses.level, a, b), expected)


def test_spectral_is_the_log_spectral_distance(pair):
    a, b = pair
    expected = np.sqrt(((a - b) ** 2).mean(axis=1) + 1e-4).mean(axis=1)
    np.testing.assert_allclose(of(losses.spectral, a, b), expected)
    assert of(losses.spectral, a, a + 2.0) == pytest.approx(2.0, abs=1e-3)


def test_statistics_are_mean_and_deviation_of_each_band(rng):
    a, b = rng.standard_normal((2, 12, 5)), 2.0 * rng.standard_normal((2, 30, 5))
    expected = [
        np.mean(
            [
                abs(x[:, k].mean() - y[:, k].mean())
                + abs(np.sqrt(x[:, k].var() + 1e-4) - np.sqrt(y[:, k].var() + 1e-4))
                for k in range(5)
            ]
        )
        for x, y in zip(a, b, strict=True)
    ]
    np.testing.assert_allclose(of(losses.statistics, a, b), expected)


@pytest.mark.parametrize("name", ["level", "spectral", "statistics"])
def test_a_band_counts_by_its_importance(pair, name):
    a, b = pair
    term = getattr(losses, name)
    alone = np.stack([of(term, a[..., k : k + 1], b[..., k : k + 1]) for k in range(40)])
    importance = np.linspace(0.0, 2.0, 40)
    expected = (importance[:, None] * alone).mean(0)
    ours = of(term, a, b, importance=torch.from_numpy(importance))
    np.testing.assert_allclose(ours, expected)


def test_notes_are_weighed_by_cross_entropy(rng):
    logits = rng.standard_normal((2, 12, 6))
    played = (rng.random((2, 12, 6)) < 0.3).astype(float)
    chance = 1.0 / (1.0 + np.exp(-logits))
    expected = -np.log(np.where(played == 1.0, chance, 1.0 - chance)).sum(2).mean(1)
    np.testing.assert_allclose(of(losses.notes, logits, played), expected)


def test_statistics_know_no_order(rng):
    a = rng.standard_normal((2, 12, 5))
    np.testing.assert_allclose(of(losses.statistics, a, a[:, ::-1].copy()), 0.0, atol=1e-12)


def structure_by_hand(output, content, n_lines):
    def partials(levels):
        out = np.zeros((len(levels), n_lines))
        for frame, row in enumerate(levels[:, :n_lines]):
            mirrored = np.concatenate((row[12:0:-1], row, row[-2:-14:-1]))
            for k in range(n_lines):
                out[frame, k] = max(row[k] - mirrored[k : k + 25].mean(), 0.0)
        return out

    def rises(levels):
        return np.maximum(np.diff(levels.mean(1)), 0.0)

    def cosine(a, b):
        return (a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())

    return 2.0 - cosine(partials(output), partials(content)) - cosine(rises(output), rises(content))


def test_structure_compares_partials_and_rises(pair):
    a, b = pair
    expected = [structure_by_hand(x, y, 30) for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(of(losses.structure, a, b, n_lines=30), expected, rtol=1e-5)


def test_structure_does_not_mind_another_timbre(pair):
    a, _ = pair
    slope = np.linspace(-1.0, 1.0, 40)
    np.testing.assert_allclose(of(losses.structure, a, a, n_lines=30), 0.0, atol=1e-6)
    assert (of(losses.structure, a, a + slope, n_lines=30) < 0.1).all()
    assert (of(losses.structure, a, np.roll(a, 1, axis=0), n_lines=30) > 0.3).all()


@pytest.fixture
def examples(rng):
    levels = rng.standard_normal((4, 5, 12, 40)).astype(np.float32)
    content, target, style, made = torch.from_numpy(levels)
    kind = torch.tensor([PAIRED, UNPAIRED, PERTURBED, UNPAIRED, PAIRED])
    empty = StyleCode(*(torch.zeros(5, 1) for _ in StyleCode._fields))
    played = torch.from_numpy((rng.random((5, 12, 6)) < 0.1).astype(np.float32))
    played[[1, 3]] = -1.0
    heard = torch.from_numpy(rng.standard_normal((5, 12, 6)).astype(np.float32))
    cells = torch.from_numpy(4.0 * rng.standard_normal((5, 8)).astype(np.float32))
    batch = Batch(content, target, style, kind, played, torch.arange(5))
    return Made(made.requires_grad_(), empty, heard, cells), batch


BANDS = SimpleNamespace(n_lines=30, importance=1.0)
WEIGHTS = LossPart(
    level=1.0, spectral=0.5, statistics=0.3, style=2.0, notes=0.1, structure=0.7, memory=0.2
)


def part(made, batch, places):
    return (
        Made(
            made.levels[places],
            StyleCode(*(each[places] for each in made.code)),
            made.notes[places],
            made.cells[places],
        ),
        Batch(*(each[places] for each in batch)),
    )


def test_the_objective_is_the_weighted_sum_of_what_applies(examples):
    made, batch = examples
    total, figures = objective(made, batch, WEIGHTS, bands=BANDS, n_examples=5)
    answered, free = [0, 2, 4], [1, 3]
    ours, target = made.levels[answered].detach(), batch.target[answered]
    expected = {
        "memory": (made.cells.abs() - 3.0).clamp(min=0.0).mean(1),
        "notes": losses.notes(made.notes[answered], batch.notes[answered]),
        "level": losses.level(ours, target),
        "spectral": losses.spectral(ours, target),
        "statistics": losses.statistics(ours, target),
        "style": losses.statistics(made.levels[free].detach(), batch.style[free]),
        "structure": losses.structure(made.levels[free].detach(), batch.content[free], n_lines=30),
    }
    assert figures == {name: pytest.approx(float(each.mean())) for name, each in expected.items()}
    whole = sum(getattr(WEIGHTS, name) * float(each.sum()) for name, each in expected.items()) / 5
    assert float(total.detach()) == pytest.approx(whole, rel=1e-5)


def test_parts_of_a_batch_add_up_to_it(examples):
    made, batch = examples
    whole, _ = objective(made, batch, WEIGHTS, bands=BANDS, n_examples=5)
    parts = [
        objective(*part(made, batch, places), WEIGHTS, bands=BANDS, n_examples=5)[0]
        for places in ([0, 2, 4], [1], [3])
    ]
    torch.testing.assert_close(sum(parts), whole)


@pytest.mark.parametrize("places", [[0, 2], [1, 3]])
def test_a_batch_of_one_kind_has_a_loss_and_a_gradient(examples, places):
    made, batch = examples
    total, _ = objective(*part(made, batch, places), WEIGHTS, bands=BANDS, n_examples=2)
    total.backward()
    assert made.levels.grad[places].abs().sum() > 0
    assert made.levels.grad.isfinite().all()


def test_silence_has_a_finite_gradient():
    silent = torch.full((2, 12, 40), -3.0)
    code = StyleCode(*(torch.zeros(2, 1) for _ in StyleCode._fields))
    nothing = torch.zeros(2, 0)
    made = Made(silent.clone().requires_grad_(), code, torch.zeros(2, 12, 6), nothing)
    kind, played = torch.tensor([PAIRED, UNPAIRED]), -torch.ones(2, 12, 6)
    batch = Batch(silent, silent, silent, kind, played, torch.arange(2))
    total, _ = objective(made, batch, WEIGHTS, bands=BANDS, n_examples=2)
    total.backward()
    assert made.levels.grad.isfinite().all()


def test_every_other_example_begins_as_if_something_had_been_played(rng):
    network = Network(MODEL)
    torch.nn.init.normal_(network.generator.exit.weight)
    one = torch.from_numpy(rng.standard_normal((1, 12, N_BANDS)).astype(np.float32))

    def made(*numbers):
        n = len(numbers)
        levels, none = one.expand(n, -1, -1), torch.zeros(n, dtype=torch.long)
        batch = Batch(levels, levels, levels, none, levels, torch.tensor(numbers))
        return make(network, batch)

    first, second, third, fourth = made(0, 1, 2, 3).levels
    torch.testing.assert_close(first, third)
    torch.testing.assert_close(
        first, network(one, network.encode_style(one), network.generator.initial_state(1))[0][0]
    )
    for one_level, other in ((first, second), (second, fourth)):
        assert (one_level - other).abs().mean() > 1e-3
    torch.testing.assert_close(made(3, 1).levels, torch.stack((fourth, second)))
    assert made(0).cells.shape == (1, 2 * MODEL.n_channels)


def test_memory_costs_only_beyond_its_bound():
    cells = torch.tensor([[3.0, -3.0, 0.5, 1.0], [5.0, -4.0, 0.0, 0.0]])
    assert losses.memory(cells).tolist() == [0.0, 0.75]
