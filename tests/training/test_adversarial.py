import numpy as np
import pytest
import torch
from tiny_training import tiny

from estilo.models.network import Network
from estilo.training.adversarial import discriminator_loss, generator_loss, matching_loss
from estilo.training.batches import Batches
from estilo.training.features import LevelStore
from estilo.training.parallel import Team
from estilo.training.recipe import AdversarialPart
from estilo.training.state import begin
from estilo.training.step import take_step


def judged(rng, n_scales=2):
    return [
        (
            torch.from_numpy(rng.standard_normal((3, 4, 5))),
            [torch.from_numpy(rng.standard_normal((3, 2, n))) for n in (6, 3)],
        )
        for _ in range(n_scales)
    ]


def test_hinge(rng):
    true, made = judged(rng), judged(rng)
    expected = np.mean(
        [
            np.mean([max(0.0, 1.0 - x) for x in good.numpy().flat])
            + np.mean([max(0.0, 1.0 + x) for x in bad.numpy().flat])
            for (good, _), (bad, _) in zip(true, made, strict=True)
        ]
    )
    assert float(discriminator_loss(true, made)) == pytest.approx(expected)
    scores = np.mean([float(scores.mean()) for scores, _ in made])
    assert float(generator_loss(made)) == pytest.approx(-scores)


def test_nothing_is_left_to_learn_beyond_the_margin():
    scores = torch.full((2, 3, 3), 1.5)
    assert float(discriminator_loss([(scores, [])], [(-scores, [])])) == 0.0


def test_matching_is_relative_to_the_targets(rng):
    true, made = judged(rng), judged(rng)
    shares = [
        np.abs(a.numpy() - b.numpy()).mean() / np.abs(a.numpy()).mean()
        for (_, one), (_, other) in zip(true, made, strict=True)
        for a, b in zip(one, other, strict=True)
    ]
    assert float(matching_loss(true, made)) == pytest.approx(np.mean(shares))
    assert float(matching_loss(true, true)) == 0.0


@pytest.fixture
def stepped(dataset):
    """A function: states after some steps by a recipe, and their figures."""

    def stepped(recipe, n_steps, *, is_one_batch=False):
        state = begin(recipe)
        batches = Batches(
            recipe.data,
            split="train",
            settings=recipe.batch,
            seed=recipe.seed,
            store=LevelStore(Network(recipe.model)),
        )
        figures = [
            take_step(state, batches.batch(0 if is_one_batch else step), recipe, team=Team())
            for step in range(n_steps)
        ]
        return state, figures

    return stepped


def test_discriminators_come_when_they_are_due(dataset, stepped):
    recipe = tiny(dataset, adversarial=AdversarialPart(from_step=2))
    first = begin(recipe).judge.state_dict()
    before, figures = stepped(recipe, 2)
    assert all(torch.equal(each, first[name]) for name, each in before.judge.state_dict().items())
    assert not any("judge" in each for each in figures)
    after, figures = stepped(recipe, 3)
    moved = [not torch.equal(each, first[n]) for n, each in after.judge.named_parameters()]
    assert sum(moved) > 0.9 * len(moved)  # what raises all scores alike has no gradient yet
    assert {"judge", "judge_gradient", "convince", "match"} <= figures[2].keys()
    assert all(each.requires_grad for each in after.judge.parameters())


def test_their_opinion_counts(dataset, stepped):
    deaf = AdversarialPart(from_step=0, weight=0.0, matching=0.0)
    nets = [
        stepped(tiny(dataset, adversarial=part), 1)[0].network.generator.exit.weight
        for part in (AdversarialPart(), deaf, AdversarialPart(from_step=0, weight=1.0))
    ]
    assert torch.equal(nets[0], nets[1])
    assert not torch.equal(nets[0], nets[2])


def test_discriminators_learn_to_tell_outputs_from_answers(dataset, stepped):
    adversarial = AdversarialPart(from_step=0, weight=0.0, matching=0.0)
    batch = tiny(dataset).batch.model_copy(update={"paired": 1.0, "perturbed": 0, "unpaired": 0})
    recipe = tiny(dataset, adversarial=adversarial, batch=batch, n_steps=100)
    _, figures = stepped(recipe, 25, is_one_batch=True)
    judge = [each["judge"] for each in figures]
    assert judge[0] == pytest.approx(2.0, abs=0.2)  # they know nothing yet
    assert np.mean(judge[-5:]) < 1.5


def test_a_batch_without_answers_asks_nobody(dataset, stepped):
    batch = tiny(dataset).batch.model_copy(update={"paired": 0, "perturbed": 0, "unpaired": 1.0})
    recipe = tiny(dataset, batch=batch, adversarial=AdversarialPart(from_step=0))
    state, figures = stepped(recipe, 2)
    first = begin(recipe).judge.state_dict()
    assert all(torch.equal(each, first[name]) for name, each in state.judge.state_dict().items())
    assert "convince" not in figures[0]
    assert "judge" not in figures[0]
    assert state.n_bad == 0
