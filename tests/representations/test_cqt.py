"""The constant-Q representation."""

import pytest
import torch

from estilo.dsp.cqt import cqt_frequencies_hz
from estilo.errors import SettingsError
from estilo.representations.cqt import Cqt


def test_an_octave_up_is_the_same_picture_moved_by_an_octave_of_bands():
    cqt = Cqt(sample_rate=16000, bins_per_octave=12, compression="linear")
    t = torch.arange(16000) / 16000
    low, high = (cqt.analyse(torch.sin(2 * torch.pi * f * t)[None])[0] for f in (440.0, 880.0))
    torch.testing.assert_close(
        low[30:70, 200:1500].mean(1), high[42:82, 200:1500].mean(1), atol=2.0, rtol=0
    )


def test_bands_match_their_frequencies():
    cqt = Cqt(sample_rate=8000, bins_per_octave=36, low_hz=55.0)
    centres = cqt_frequencies_hz(sample_rate=8000, bins_per_octave=36, low_hz=55.0)
    assert cqt.n_bands == centres.size == cqt.analyse(torch.zeros(1, 100)).shape[1]


def test_bad_settings_are_refused_at_once():
    with pytest.raises(SettingsError, match="gain must be positive, got 0"):
        Cqt(sample_rate=8000, gain=0.0)
    with pytest.raises(SettingsError, match="low_hz"):
        Cqt(sample_rate=8000, low_hz=0.0)
