import math

import numpy as np
import pytest
import torch
from players import noise, player, style_code

from estilo.engines.neural.leveler import Leveler, hop_powers, start_at
from estilo.engines.neural.offline import transfer_waveform
from estilo.errors import SettingsError

LEVELER = Leveler(sample_rate=48000, hop_length=512)
SECOND = 48000 / 512


def powers(level_db, *, seconds):
    return torch.full((1, round(seconds * SECOND)), 10.0 ** (level_db / 10.0))


def started(level_db):
    state = LEVELER.initial_state(1)
    return state | {
        name: torch.full_like(state[name], value) for name, value in start_at(level_db).items()
    }


def test_powers_are_mean_squares_of_hops_over_channels(rng):
    samples = rng.standard_normal((1, 2, 4 * 512))
    expected = (samples.reshape(2, 4, 512) ** 2).mean((0, 2))
    np.testing.assert_allclose(hop_powers(torch.from_numpy(samples), 512)[0], expected)


@pytest.mark.parametrize("level_db", [-55.0, -20.0, -6.0])
def test_a_level_that_is_given_is_met_at_once(level_db):
    gains, _ = LEVELER(powers(level_db, seconds=2.0), started(level_db))
    expected = torch.full_like(gains, (-20.0 - level_db) / 20.0)
    torch.testing.assert_close(gains, expected, atol=1e-3, rtol=0.0)


@pytest.mark.parametrize(
    ("level_db", "expected_db"), [(-math.inf, -80.0), (-200.0, -80.0), (7.0, 0.0), (math.inf, 0.0)]
)
def test_levels_that_no_content_has_are_the_nearest_that_one_has(level_db, expected_db):
    gains, _ = LEVELER(powers(-300.0, seconds=1.0), started(level_db))
    expected = torch.full_like(gains, (-20.0 - expected_db) / 20.0)
    torch.testing.assert_close(gains, expected, atol=0.01, rtol=0.0)


def test_a_level_that_is_no_number_is_refused():
    with pytest.raises(SettingsError, match="expected a level in dBFS, got nan; give the root"):
        start_at(math.nan)


@pytest.mark.parametrize("level_db", [-45.0, -30.0, -4.0])
def test_a_level_that_is_not_given_is_found(level_db):
    gains, _ = LEVELER(powers(level_db, seconds=30.0), LEVELER.initial_state(1))
    expected = (-20.0 - level_db) / 20.0
    assert abs(float(gains[0, 0])) < 0.02
    assert float(gains[0, -1]) == pytest.approx(expected, abs=0.02)
    assert float(gains[0, round(4.0 * SECOND)]) == pytest.approx(expected, abs=0.75)


def test_the_level_is_that_of_a_running_mean_square():
    """After long enough, by its definition: weights that fall to 1/e in 3 s."""
    drawn = 0.02 * torch.rand(1, 4000, generator=torch.Generator().manual_seed(1))
    gains, _ = LEVELER(drawn, LEVELER.initial_state(1))
    weights = np.exp(-np.arange(4000)[::-1] / (3.0 * SECOND))
    mean_square = (weights * drawn[0].double().numpy()).sum() / weights.sum()
    expected = -0.5 * math.log10(mean_square / 0.01)
    assert float(gains[0, -1]) == pytest.approx(expected, abs=1e-3)


def test_the_gain_is_never_fast():
    loud = torch.cat((powers(-60.0, seconds=3.0), powers(0.0, seconds=3.0)), 1)
    gains, _ = LEVELER(loud, started(-60.0))
    assert gains.diff().abs().max() < 1.001 / SECOND
    assert gains.diff().abs().max() > 0.9 / SECOND


@pytest.mark.parametrize("level_db", [-80.5, -300.0])
def test_silence_does_not_count(level_db):
    first, state = LEVELER(powers(-35.0, seconds=4.0), started(-35.0))
    then, after = LEVELER(powers(level_db, seconds=60.0), state)
    torch.testing.assert_close(then, first[:, -1:].expand_as(then), atol=1e-3, rtol=0.0)
    torch.testing.assert_close(after["level.excess"], state["level.excess"])


def test_a_held_level_stays():
    state = started(-30.0)
    state["level.held"] += 1.0
    gains, after = LEVELER(powers(-3.0, seconds=20.0), state)
    torch.testing.assert_close(gains, torch.full_like(gains, 0.5))
    torch.testing.assert_close(after, state)


def test_pieces_give_what_the_whole_gives():
    drawn = torch.rand(1, 300, generator=torch.Generator().manual_seed(1)) ** 8
    whole, last = LEVELER(drawn, LEVELER.initial_state(1))
    state, pieces = LEVELER.initial_state(1), []
    for piece in drawn.split([1, 99, 200], 1):
        out, state = LEVELER(piece, state)
        pieces.append(out)
    torch.testing.assert_close(torch.cat(pieces, 1), whole)
    torch.testing.assert_close(state, last)


@pytest.mark.parametrize("levels_db", [(-20.0, -20.0), (-10.0, -30.0)], ids=["found", "given"])
def test_what_is_20_db_softer_is_played_20_db_softer(levels_db):
    network = player()
    code, waveform = style_code(network), noise(1, 2500 * 512, rms=10.0**-0.5)
    loud, soft = (
        gain * transfer_waveform(network, waveform / gain, code, level_db=level_db)
        for gain, level_db in zip((1.0, 10.0), levels_db, strict=True)
    )
    assert (loud - waveform)[:, -48000:].square().mean() > 0.01
    errors, own = (hop_powers(each[None], 512)[0] for each in (soft - loud, loud))
    places = [slice(-200, None)] + [slice(2, 200)] * (levels_db[0] != levels_db[1])
    for place in places:  # a few frames have dips that nothing is played from, see `difference`
        assert (errors[place] / own[place]).quantile(0.8) < 0.02**2
