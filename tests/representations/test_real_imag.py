"""The real-imaginary representation."""

import torch

from estilo.dsp.stft import stft
from estilo.representations.real_imag import RealImag


def test_halves_are_real_and_imaginary_parts(rng):
    waveform = torch.from_numpy(rng.standard_normal((2, 500)))
    frames = RealImag(sample_rate=8000, n_fft=64, hop_length=16).analyse(waveform)
    spectrum = stft(waveform, n_fft=64, hop_length=16)
    torch.testing.assert_close(torch.complex(*frames.chunk(2, dim=1)), spectrum)
