"""The STFT representation against librosa."""

import librosa
import numpy as np
import pytest
import torch

from estilo.errors import SettingsError
from estilo.representations.stft import Stft


def test_log1p_frames_are_the_seeds_own(rng):
    waveform = rng.standard_normal(9000)
    frames = Stft(sample_rate=22050).analyse(torch.from_numpy(waveform)[None])[0]
    expected = np.log1p(np.abs(librosa.stft(waveform, n_fft=2048, pad_mode="reflect")))
    np.testing.assert_allclose(frames, expected, atol=1e-9)


def test_louder_frames_with_content_phase_are_a_louder_waveform(rng):
    waveform = torch.from_numpy(rng.standard_normal((1, 3000))).float()
    stft = Stft(sample_rate=8000, n_fft=256, hop_length=64, compression="linear", phase="content")
    twice = stft.synthesise(2.0 * stft.analyse(waveform), length=3000, reference=waveform)
    torch.testing.assert_close(twice, 2.0 * waveform, atol=1e-5, rtol=0)


def test_frames_below_silence_are_silence_not_an_inverted_phase(rng):
    waveform = torch.from_numpy(rng.standard_normal((1, 3000))).float()
    stft = Stft(sample_rate=8000, n_fft=256, hop_length=64, phase="content")
    frames = -stft.analyse(waveform)
    assert stft.synthesise(frames, length=3000, reference=waveform).abs().max() == 0.0


def test_unknown_names_are_refused_at_once():
    with pytest.raises(SettingsError, match="unknown phase 'none'"):
        Stft(sample_rate=8000, phase="none")
    with pytest.raises(SettingsError, match="unknown compression 'sqrt'"):
        Stft(sample_rate=8000, compression="sqrt")
