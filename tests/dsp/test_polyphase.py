from fractions import Fraction

import numpy as np
import pytest
import torch

from estilo.dsp.polyphase import Polyphase, reach

RATES = [(44100, 48000), (48000, 44100), (48000, 8000), (22050, 48000), (96000, 48000)]


def resampled(resampler: Polyphase, samples: np.ndarray) -> np.ndarray:
    block = torch.from_numpy(samples).float()[None, None]
    return resampler(block, resampler.initial_state(1))[0][0, 0].double().numpy()


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_a_tone_is_where_it_was_asked_for(from_rate, to_rate):
    offset = Fraction(-7001, 100)
    resampler = Polyphase(from_rate, to_rate, offset=offset)
    frequency_hz = 0.4 * min(from_rate, to_rate)
    n_out = to_rate // 10
    tone = np.sin(2 * np.pi * frequency_hz / from_rate * np.arange(from_rate // 8))
    out = resampled(resampler, tone)[:n_out]
    places = np.arange(n_out) * from_rate / to_rate + float(offset)
    expected = np.sin(2 * np.pi * frequency_hz / from_rate * places)
    begun = places > resampler.reach
    np.testing.assert_allclose(out[begun], expected[begun], atol=3e-5)


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_what_the_lower_rate_cannot_hold_is_gone(from_rate, to_rate):
    resampler = Polyphase(from_rate, to_rate, offset=Fraction(-70))
    constant = resampled(resampler, np.ones(4000))
    assert np.abs(constant[len(constant) // 2 :] - 1.0).max() < 1e-5
    if to_rate < from_rate:
        frequency_hz = 0.51 * to_rate
        tone = np.sin(2 * np.pi * frequency_hz / from_rate * np.arange(from_rate // 4))
        settled = resampled(resampler, tone)[2 * reach(from_rate, to_rate) :]
        assert np.abs(settled).max() < 3e-5


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_pieces_give_what_the_whole_gives(rng, from_rate, to_rate):
    resampler = Polyphase(from_rate, to_rate, offset=Fraction(-64))
    samples = torch.from_numpy(rng.standard_normal((1, 2, 3000))).float()
    whole, _ = resampler(samples, resampler.initial_state(2))
    state, pieces = resampler.initial_state(2), []
    for piece in samples.split([1, 1, 1, 300, 7, 690, 2000], -1):
        out, state = resampler(piece, state)
        pieces.append(out)
    torch.testing.assert_close(torch.cat(pieces, -1), whole, atol=0.0, rtol=0.0)


def test_what_is_not_taken_now_is_taken_next(rng):
    resampler = Polyphase(44100, 48000, offset=Fraction(-64))
    samples = torch.from_numpy(rng.standard_normal((1, 1, 500))).float()
    whole, _ = resampler(samples, resampler.initial_state(1))
    first, state = resampler(samples, resampler.initial_state(1), at_most=100)
    second, _ = resampler(samples[..., :0], state)
    assert first.shape[-1] == 100
    torch.testing.assert_close(torch.cat((first, second), -1), whole)
