import math

import pytest
import torch
from players import PLAYER, player, style_code

from estilo.models.attention import StyleAttention
from estilo.models.style_encoder import StyleCode

VARIANTS = {
    "all": PLAYER,
    "vector": PLAYER.model_copy(update={"cross_attention": False}),
    "convolution": PLAYER.model_copy(update={"memory": False}),
}


@pytest.fixture
def levels():
    return torch.randn(2, 40, 224, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def tokens():
    generator = torch.Generator().manual_seed(4)
    return StyleCode(
        torch.zeros(1, 3),
        torch.randn(1, 5, 8, generator=generator),
        torch.randn(1, 5, 12, generator=generator),
        torch.zeros(1, 5),
        torch.zeros(1, 224, 0),
    )


def both(code: StyleCode) -> StyleCode:
    """The same style for a batch of two."""
    return StyleCode(*(each.expand(2, *each.shape[1:]) for each in code))


@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_of_the_future_is_heard(variant, levels):
    network = player(VARIANTS[variant])
    code = both(style_code(network))
    levels.requires_grad_()
    out, _ = network(levels, code, network.generator.initial_state(2))
    (gradient,) = torch.autograd.grad(out[:, 25].square().sum(), levels)
    assert (gradient[:, 26:] == 0).all()
    assert (gradient[:, 25] != 0).any()
    assert (gradient[:, 20:25] != 0).any()


@pytest.mark.parametrize("variant", VARIANTS)
def test_pieces_give_what_the_whole_gives(variant, levels):
    network = player(VARIANTS[variant])
    code = both(style_code(network))
    state, pieces = network.generator.initial_state(2), []
    whole, last = network(levels, code, state)
    for piece in levels.split([1, 1, 20, 18], 1):
        out, state = network(piece, code, state)
        pieces.append(out)
    torch.testing.assert_close(torch.cat(pieces, 1), whole, atol=2e-5, rtol=1e-5)
    torch.testing.assert_close(state, last, atol=2e-5, rtol=1e-5)


def test_styles_differ(levels):
    network = player()
    outs = [
        network(levels, both(style_code(network, seed=seed)), network.generator.initial_state(2))[0]
        for seed in (1, 2)
    ]
    assert (outs[0] - outs[1]).abs().max() > 0.05


def test_a_token_of_half_the_weight_twice_is_a_token(tokens):
    layer = StyleAttention(6, n_key=8, n_value=12)
    x = torch.randn(1, 7, 6, generator=torch.Generator().manual_seed(1))
    twice = StyleCode(
        tokens.vector,
        torch.cat((tokens.keys, tokens.keys), 1),
        torch.cat((tokens.values, tokens.values), 1),
        torch.cat((tokens.weights, tokens.weights), 1) - math.log(2.0),
        tokens.levels,
    )
    torch.testing.assert_close(layer(x, twice), layer(x, tokens))


def test_a_single_token_is_always_found(tokens):
    layer = StyleAttention(6, n_key=8, n_value=12)
    one = StyleCode(tokens.vector, *(each[:, :1] for each in tokens[1:4]), tokens.levels)
    x = torch.randn(1, 7, 6, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(layer(x, one), x + layer.out(one.values))
