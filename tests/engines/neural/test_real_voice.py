import pytest
import torch
from players import noise

from estilo.engines.neural.real_voice import RealVoice
from estilo.engines.neural.streaming_step import ComplexVoice


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("n_hops", [1, 5])
def test_real_numbers_say_what_complex_ones_say(network, channels, n_hops):
    real, plain = RealVoice(network), ComplexVoice(network)
    n_samples = network.framing.n_past + n_hops * 512
    waveform, drawn = noise(1, channels, n_samples), noise(1, channels, n_samples, seed=2)
    tail = noise(1, channels, 512, seed=3)
    for ours, theirs in zip(real.hear(waveform, drawn), plain.hear(waveform, drawn), strict=True):
        assert ours.shape == (*theirs.shape[:-1], 2050)
        torch.testing.assert_close(
            ours, torch.cat((theirs.real, theirs.imag), -1), atol=1e-6, rtol=0.0
        )
        torch.testing.assert_close(real.levels(ours), plain.levels(theirs), atol=2e-3, rtol=0.0)
        wanted = plain.levels(theirs) + 0.5
        for one, other in zip(
            real.play(ours, wanted, tail), plain.play(theirs, wanted, tail), strict=True
        ):
            torch.testing.assert_close(one, other, atol=1e-5, rtol=0.0)
