import numpy as np
import pytest
import torch
from torch.nn.functional import pad

from estilo.models.framing import Framing

FRAMINGS = [Framing(), Framing(n_fft=512, hop_length=64)]


def played(framing: Framing, waveform: torch.Tensor) -> torch.Tensor:
    """Frames that nobody changed, put together again."""
    tail = torch.zeros(*waveform.shape[:-1], framing.hop_length)
    return framing.synthesise(framing.analyse(pad(waveform, (framing.n_past, 0))), tail)[0]


@pytest.mark.parametrize("framing", FRAMINGS)
def test_unchanged_frames_give_the_waveform_one_hop_late(rng, framing):
    waveform = torch.from_numpy(rng.standard_normal((2, 20 * framing.hop_length))).float()
    out, hop = played(framing, waveform), framing.hop_length
    assert out[:, :hop].abs().max() < 1e-6
    assert (out[:, hop:] - waveform[:, :-hop]).abs().max() < 1e-5


@pytest.mark.parametrize("framing", FRAMINGS)
def test_latency_is_two_hops_less_one_sample(framing):
    hop = framing.hop_length
    waveform = torch.zeros(8 * hop)
    waveform[2 * hop] = 1.0  # the first sample of a hop waits longest
    # It comes out when the block that has it as its last sample is complete.
    place = int(played(framing, waveform).argmax())
    complete = (place // hop + 1) * hop - 1
    assert complete - 2 * hop == framing.latency
    assert framing.latency == 2 * hop - 1


def test_a_frame_is_the_transform_of_its_windowed_samples(rng):
    framing = Framing()
    samples = rng.standard_normal(2048)
    window = framing.analysis.double().numpy()
    expected = np.fft.rfft(samples * window) * 2.0 / window.sum()
    (frame,) = framing.analyse(torch.from_numpy(samples))
    np.testing.assert_allclose(frame.numpy(), expected, atol=1e-6)


def test_a_full_scale_sine_has_a_magnitude_of_one():
    framing = Framing()
    sine = torch.sin(2.0 * torch.pi * 100.0 / 2048.0 * torch.arange(2048.0))
    assert float(framing.analyse(sine)[0, 100].abs()) == pytest.approx(1.0, abs=1e-3)


def test_pieces_give_what_the_whole_gives(rng):
    framing = Framing()
    waveform = torch.from_numpy(rng.standard_normal(framing.n_past + 9 * 512)).float()
    frames = framing.analyse(waveform)
    torch.testing.assert_close(frames[4:], framing.analyse(waveform[4 * 512 :]))
    whole, last = framing.synthesise(frames, torch.zeros(512))
    first, tail = framing.synthesise(frames[:4], torch.zeros(512))
    second, tail = framing.synthesise(frames[4:], tail)
    torch.testing.assert_close(torch.cat((first, second)), whole)
    torch.testing.assert_close(tail, last)
