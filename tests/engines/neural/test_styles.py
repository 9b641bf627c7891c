import pytest
import torch
from players import PLAYER, player, style_code

from estilo.engines.neural import styles
from estilo.engines.neural.listening import encode
from estilo.engines.neural.styles import blend_codes
from estilo.errors import InputError, SettingsError
from estilo.models.style_encoder import StyleCode


@pytest.fixture(scope="module")
def codes(network):
    return [style_code(network, seed=seed, n_frames=n) for seed, n in ((1, 64), (2, 128), (3, 24))]


@pytest.fixture
def play(network):
    levels = torch.randn(1, 12, 224, generator=torch.Generator().manual_seed(2))

    def levels_in(code: StyleCode) -> torch.Tensor:
        return network(levels, code, network.generator.initial_state(1))[0]

    return levels_in


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_style_of_all_the_weight_is_that_style(codes, place):
    weights = [0.0, 0.0, 0.0]
    weights[place] = 2.5
    assert blend_codes(codes, weights) is codes[place]
    mix = styles.start_mix(codes, weights)
    torch.testing.assert_close(styles.current_code(mix).vector, codes[place].vector)
    torch.testing.assert_close(styles.current_code(mix).keys, codes[place].keys)


def test_vectors_are_averaged_and_tokens_share_the_weight(codes):
    code = blend_codes(codes, [1.0, 2.0, 1.0])
    expected = 0.25 * codes[0].vector + 0.5 * codes[1].vector + 0.25 * codes[2].vector
    torch.testing.assert_close(code.vector, expected)
    shares = code.weights.exp().split([each.keys.shape[1] for each in codes], 1)
    sums = torch.stack([share.sum() for share in shares])
    torch.testing.assert_close(sums, torch.tensor([0.25, 0.5, 0.25]))


def test_quantiles_of_levels_are_averaged():
    """Of Gaussian distributions it is the one of their mean mean and their mean deviation."""
    drawn = torch.randn(1, 4000, 3, generator=torch.Generator().manual_seed(1))
    network = player().eval()
    one, other, expected = (
        encode(network, (mean + deviation * drawn).repeat(1, 1, 75)[..., :224])
        for mean, deviation in ((-1.0, 0.1), (1.0, 0.5), (0.0, 0.3))
    )
    blend = blend_codes([one, other], [0.5, 0.5])
    torch.testing.assert_close(blend.levels, expected.levels, atol=1e-5, rtol=0.0)
    mix = styles.start_mix([one, other], [1.0, 3.0])
    torch.testing.assert_close(
        styles.current_code(mix).levels, 0.25 * one.levels + 0.75 * other.levels
    )


def test_a_style_blended_with_itself_is_that_style(codes, play):
    torch.testing.assert_close(
        play(blend_codes([codes[1], codes[1]], [0.3, 0.7])), play(codes[1]), atol=1e-5, rtol=0.0
    )


def test_blends_are_continuous(codes, play):
    outs = [play(blend_codes(codes[:2], [w, 1.0 - w])) for w in (0.0, 1e-4, 0.5, 1.0 - 1e-4, 1.0)]
    assert (outs[1] - outs[0]).abs().max() < 0.01
    assert (outs[3] - outs[4]).abs().max() < 0.01
    assert (outs[4] - outs[0]).abs().max() > 0.1


def test_a_change_arrives_and_drops_what_was(codes):
    mix = styles.change(styles.start_mix(codes[:1]), codes[1:2])
    assert torch.equal(styles.current_code(mix).vector, codes[0].vector)
    shares = []
    while styles.is_moving(mix):
        mix = styles.advance(mix)
        vector = styles.current_code(mix).vector
        way = codes[1].vector - codes[0].vector
        shares.append(float(((vector - codes[0].vector) * way).sum() / way.square().sum()))
    assert shares == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0], abs=1e-5)
    for new, wanted in zip(styles.current_code(mix), codes[1], strict=True):
        assert new.shape == wanted.shape
    assert torch.equal(styles.current_code(mix).vector, codes[1].vector)
    assert torch.equal(styles.current_code(mix).levels, codes[1].levels)
    assert {each.shape[0] for each in mix.values()} == {1}


def test_changes_without_end_do_not_grow(codes):
    mix, largest = styles.start_mix(codes[:1]), 0
    for number in range(200):
        mix = styles.advance(styles.change(mix, [codes[number % 3]]))
        largest = max(largest, mix["weights"].shape[1])
        assert float(mix["weights"].sum()) == pytest.approx(1.0, abs=1e-4)
    assert largest < 40


def test_weights_over_time(codes):
    mix = styles.start_mix(codes, [1.0, 0.0, 0.0])
    for weights in ([0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.5, 0.25, 0.25]):
        mix = styles.weigh(mix, weights)
        while styles.is_moving(mix):
            mix = styles.advance(mix)
        torch.testing.assert_close(
            styles.current_code(mix).vector, blend_codes(codes, weights).vector
        )
        assert mix["weights"].shape == (1, 3)


def test_settled_is_where_it_was_going(codes):
    mix = styles.advance(styles.change(styles.start_mix(codes[:1]), codes[1:]))
    settled = styles.settled(mix)
    torch.testing.assert_close(
        styles.current_code(settled).vector, blend_codes(codes[1:], [1, 1]).vector
    )
    assert not styles.is_moving(settled)


def test_settled_keeps_the_last_styles_of_weight_0_too(codes):
    mix = styles.weigh(styles.start_mix(codes[:1]), [1.0])
    for weights in ([1.0, 0.0], [0.0, 1.0]):
        settled = styles.settled(styles.change(mix, codes[1:], weights))
        torch.testing.assert_close(
            styles.current_code(settled).vector, blend_codes(codes[1:], weights).vector
        )
        moved = styles.weigh(settled, [0.25, 0.75])
        while styles.is_moving(moved):
            moved = styles.advance(moved)
        torch.testing.assert_close(
            styles.current_code(moved).vector, blend_codes(codes[1:], [0.25, 0.75]).vector
        )


def test_codes_of_other_sizes_are_not_blended(codes):
    larger = player(PLAYER.model_copy(update={"n_key": 8}))
    with pytest.raises(InputError, match=r"expected styles of equal sizes, .* in style 2; blend"):
        blend_codes([codes[0], style_code(larger)], [1.0, 1.0])


@pytest.mark.parametrize("weights", [[], [1.0], [1.0, -1.0], [0.0, 0.0], [1.0, float("nan")]])
def test_weights_that_do_not_fit_are_refused(codes, weights):
    with pytest.raises(SettingsError, match="expected a weight from 0 for each of 2 styles"):
        blend_codes(codes[:2], weights)
    with pytest.raises(SettingsError, match="expected a weight"):
        styles.weigh(styles.start_mix(codes[:2]), weights)
