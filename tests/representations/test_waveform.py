"""The waveform representation."""

import torch

from estilo.representations.waveform import Waveform


def test_frames_do_not_share_memory_with_the_waveform():
    waveform = torch.zeros(1, 10)
    representation = Waveform(sample_rate=8000)
    frames = representation.analyse(waveform)
    again = representation.synthesise(frames, length=10)
    frames += 1.0
    assert waveform.abs().max() == again.abs().max() == 0.0
