import numpy as np
import pytest
import torch

from estilo.engines.neural.level_matching import LevelMatching

MATCHING = LevelMatching(
    centres_hz=np.geomspace(500.0, 4000.0, 24), sample_rate=48000, hop_length=512
)
N_BANDS, SECOND = 24, 94
BIN = 5.0 / 63.0
RANKS = 0.5 - 0.5 * np.cos(np.pi * np.arange(33) / 32)


def played(mean, deviation, *, n_frames, seed=1):
    """Levels that are Gaussian, the same in all bands, ``(1, frames, n_bands)``."""
    drawn = np.random.default_rng(seed).normal(mean, deviation, n_frames)
    return torch.from_numpy(drawn).float()[None, :, None].expand(1, -1, N_BANDS)


def quantiles(mean, deviation, *, n_frames=40_000):
    """As a style has them, ``(1, n_bands, 33)``."""
    values = played(mean, deviation, n_frames=n_frames, seed=7)[0, :, 0].numpy()
    return torch.from_numpy(np.quantile(values, RANKS)).float().expand(1, N_BANDS, -1)


def matched(levels, style, state=None, *, counting=None, amount=1.0):
    ones = torch.ones(levels.shape[:2])
    state = MATCHING.initial_state(levels.shape[0]) if state is None else state
    counting = ones if counting is None else counting
    return MATCHING(levels, style, counting, amount * ones, state)


@pytest.mark.parametrize(
    ("own", "wanted"), [((-1.0, 0.3), (-0.3, 0.5)), ((0.4, 0.6), (-0.8, 0.2))], ids=str
)
def test_levels_come_to_be_distributed_as_the_styles(own, wanted):
    levels = played(*own, n_frames=40 * SECOND)
    out, _ = matched(levels, quantiles(*wanted))
    inner = np.linspace(0.05, 0.95, 10)
    truth = np.random.default_rng(3).normal(*wanted, 100_000)
    expected = np.quantile(truth, inner)
    found = np.quantile(out[0, 30 * SECOND :, 5].numpy(), inner)
    np.testing.assert_allclose(found, expected, atol=0.1)
    before = np.quantile(levels[0, 30 * SECOND :, 5].numpy(), inner)
    assert np.abs(before - expected).max() > 0.6


def test_half_of_the_way_is_half_of_the_gain():
    levels, style = played(-1.0, 0.3, n_frames=500), quantiles(0.0, 0.5)
    (whole, _), (half, _) = (matched(levels, style, amount=share) for share in (1.0, 0.5))
    torch.testing.assert_close(half - levels, 0.5 * (whole - levels))


def test_nothing_of_the_way_is_nothing_bit_for_bit():
    levels = played(-1.0, 0.3, n_frames=200)
    assert torch.equal(matched(levels, quantiles(0.0, 0.5), amount=0.0)[0], levels)


def test_what_is_distributed_as_the_style_stays():
    levels = played(-0.5, 0.4, n_frames=30 * SECOND)
    change = (matched(levels, quantiles(-0.5, 0.4))[0] - levels).abs()
    assert change[0, 10 * SECOND :].mean() < BIN
    assert change.max() < 3.0 * BIN  # while little is known, and at the rare ends


def test_it_begins_without_a_change_and_learns_within_seconds():
    levels, style = played(-1.0, 0.1, n_frames=5 * SECOND), quantiles(0.0, 0.1)
    change = (matched(levels, style)[0] - levels)[0].mean(1)
    assert change[0].abs() < 0.02
    assert change[SECOND - 10 : SECOND + 10].mean() == pytest.approx(0.5, abs=0.05)
    assert change[-SECOND:].mean() > 0.75


def test_what_was_is_forgotten():
    style = quantiles(0.0, 0.3)
    _, state = matched(played(-1.5, 0.1, n_frames=60 * SECOND), style)
    later = played(-0.7, 0.3, n_frames=90 * SECOND)
    out, _ = matched(later, style, state)
    assert out[0, :SECOND].mean() > 0.2  # louder than all that came before
    assert out[0, -20 * SECOND :].mean() == pytest.approx(0.0, abs=0.06)


def test_silence_is_neither_counted_nor_changed():
    style = quantiles(0.0, 0.3)
    _, state = matched(played(-1.0, 0.3, n_frames=300), style)
    silence = torch.full((1, 500, N_BANDS), -3.0)
    out, after = matched(silence, style, state, counting=torch.zeros(1, 500))
    assert torch.equal(out, silence)
    torch.testing.assert_close(after, state)


def test_pieces_give_what_the_whole_gives():
    levels, style = played(-1.0, 0.5, n_frames=700), quantiles(0.0, 0.3)
    whole, last = matched(levels, style)
    state, pieces = MATCHING.initial_state(1), []
    for piece in levels.split([1, 1, 299, 399], 1):
        out, state = matched(piece, style, state)
        pieces.append(out)
    torch.testing.assert_close(torch.cat(pieces, 1), whole)
    torch.testing.assert_close(state, last)


def test_primed_is_the_map_from_one_distribution_to_the_other():
    """Ranks and quantiles by numpy, of all frames that count."""
    levels, style = played(-1.0, 0.4, n_frames=3000), quantiles(-0.2, 0.3)
    counting = torch.ones(1, 3000)
    counting[:, 2000:] = 0.0
    state = MATCHING.primed_state(levels, counting)
    out, after = matched(levels, style, state)
    torch.testing.assert_close(after, state, rtol=0.0, atol=0.0)
    values = levels[0, :2000, 0].numpy()
    ranks = (values.argsort().argsort() + 0.5) / 2000
    expected = np.interp(ranks, RANKS, style[0, 0].numpy())
    inner = np.abs(ranks - 0.5) < 0.48
    np.testing.assert_allclose(out[0, :2000, 3].numpy()[inner], expected[inner], atol=BIN)
    assert np.abs(out[0, :2000, 3].numpy() - expected).max() < 4.0 * BIN


def test_primed_with_silence_alone_changes_nothing():
    levels = torch.full((1, 40, N_BANDS), -3.0)
    state = MATCHING.primed_state(levels, torch.zeros(1, 40))
    assert torch.equal(matched(levels, quantiles(0.0, 0.3), state)[0], levels)


def test_gains_are_smooth_over_bands():
    """One band alone wants a change: its neighbours take part in it, bands far off do not."""
    levels = played(-1.0, 0.3, n_frames=1000)
    style = quantiles(-1.0, 0.3).clone()
    style[:, 12] += 1.0
    change = (
        matched(levels, style, MATCHING.primed_state(levels, torch.ones(1, 1000)))[0] - levels
    )[0]
    means = change.mean(0)
    assert means.argmax() == 12
    assert 0.2 < means[12] < 0.9
    assert means[11] > 0.1
    assert means[:6].abs().max() < 0.05


def test_examples_of_a_batch_do_not_mix():
    one, other = played(-1.0, 0.3, n_frames=200), played(0.5, 0.1, n_frames=200, seed=4)
    styles = quantiles(0.0, 0.2), quantiles(-1.0, 0.6)
    both, _ = matched(torch.cat((one, other)), torch.cat(styles))
    for place, (levels, style) in enumerate(zip((one, other), styles, strict=True)):
        torch.testing.assert_close(both[place], matched(levels, style)[0][0])


@pytest.mark.parametrize("level", [-100.0, -3.0, 1.8, 100.0])
def test_extremes_stay_finite(level):
    out, state = matched(torch.full((1, 30, N_BANDS), level), quantiles(0.0, 0.3))
    assert out.isfinite().all()
    assert state["fit.counts"].isfinite().all()
    assert float(state["fit.counts"].sum(-1).max()) < 1.0
