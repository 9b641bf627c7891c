import pytest
import torch

from estilo.models.discriminators import LevelDiscriminator, MultiScaleDiscriminator


@pytest.fixture
def judge():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return MultiScaleDiscriminator(6, n_channels=4)


@pytest.fixture
def levels():
    return torch.randn(2, 32, 224, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def style():
    return torch.randn(2, 6, generator=torch.Generator().manual_seed(3))


def test_each_scale_scores_patches_of_half_the_resolution(judge, levels, style):
    (fine, seen), (coarse, _) = judge(levels, style)
    # Frames are halved twice, bands three times; the second scale is pooled by 2 before.
    assert fine.shape == (2, 8, 28)
    assert coarse.shape == (2, 4, 14)
    assert [tuple(each.shape) for each in seen] == [
        (2, 4, 32, 112),
        (2, 8, 16, 56),
        (2, 16, 8, 28),
        (2, 16, 8, 28),
    ]


def test_the_shortest_segment_of_a_recipe_can_be_judged(judge, style):
    assert all(scores.isfinite().all() for scores, _ in judge(torch.zeros(2, 16, 224), style))


def test_the_style_changes_the_scores_but_not_what_is_seen(judge, levels, style):
    for (one, seen), (other, again) in zip(
        judge(levels, style), judge(levels, -style), strict=True
    ):
        assert (one - other).abs().max() > 1e-3
        assert all(torch.equal(a, b) for a, b in zip(seen, again, strict=True))


def test_examples_are_judged_one_by_one(judge, levels, style):
    for (both, _), (first, _) in zip(
        judge(levels, style), judge(levels[:1], style[:1]), strict=True
    ):
        torch.testing.assert_close(both[:1], first)


def test_gradients_reach_levels_style_and_every_weight(judge, levels, style):
    levels.requires_grad_()
    style.requires_grad_()
    sum(scores.square().mean() for scores, _ in judge(levels, style)).backward()
    for each in (levels, style, *judge.parameters()):
        assert each.grad.isfinite().all()
        assert each.grad.abs().sum() > 0


def test_a_score_is_of_its_patch(levels, style):
    judge = LevelDiscriminator(6, n_channels=4)
    levels.requires_grad_()
    scores, _ = judge(levels, style)
    (gradient,) = torch.autograd.grad(scores[0, 0, 0], levels)
    assert gradient[0, :4, :8].abs().sum() > 0
    assert (gradient[0, 24:] == 0).all()
    assert (gradient[0, :, 120:] == 0).all()
    assert (gradient[1] == 0).all()
