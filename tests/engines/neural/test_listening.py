import numpy as np
import pytest
import torch
from networks import small_network
from players import noise

from estilo.engines.neural.listening import encode, hear_levels, listen

NETWORK = small_network()
RANKS = 0.5 - 0.5 * np.cos(np.pi * np.arange(33) / 32)


def test_quantiles_are_those_of_each_band():
    levels = torch.randn(1, 501, 224, generator=torch.Generator().manual_seed(1))
    code = encode(NETWORK, levels)
    expected = np.quantile(levels[0].double().numpy(), RANKS, axis=0).T
    np.testing.assert_allclose(code.levels[0], expected, atol=1e-4)
    plain = NETWORK.encode_style(levels)
    assert plain.levels.shape == (1, 224, 0)
    for name in ("vector", "keys", "values", "weights"):
        assert torch.equal(getattr(code, name), getattr(plain, name))


def test_a_clip_is_heard_at_the_level_of_training():
    waveform = noise(2, 48000)
    for gain in (0.01, 1.0, 9.0):
        levels = listen(NETWORK, gain * waveform).levels
        torch.testing.assert_close(levels, listen(NETWORK, waveform).levels, atol=1e-4, rtol=0.0)


def test_pauses_do_not_count():
    """Half of the clip is silent: what sounds has the quantiles of the other half."""
    waveform = noise(1, 96 * 512)
    paused = torch.cat((waveform, torch.zeros(1, 96 * 512)), 1)
    levels, counting = hear_levels(NETWORK, paused)
    assert counting[0, :96].min() == 1.0
    assert counting[0, 96:].max() == 0.0
    expected = np.quantile(levels[0, :96].numpy(), RANKS, axis=0).T
    ours = encode(NETWORK, levels, counting).levels[0]
    np.testing.assert_allclose(ours, expected, atol=1e-5)
    all_frames = encode(NETWORK, levels).levels[0]
    assert (all_frames[:, 10] - ours[:, 10]).max() < -1.0


def test_where_nothing_counts_everything_does():
    levels = torch.randn(1, 64, 224, generator=torch.Generator().manual_seed(1))
    silent = encode(NETWORK, levels, torch.zeros(1, 64))
    assert torch.equal(silent.levels, encode(NETWORK, levels).levels)


@pytest.mark.parametrize("n_samples", [1, 512, 8192, 8193])
def test_there_is_a_share_for_every_frame(n_samples):
    levels, counting = hear_levels(NETWORK, noise(2, n_samples))
    assert levels.shape[:2] == counting.shape
    assert levels.shape[1] == max(16, -(-n_samples // 512))
