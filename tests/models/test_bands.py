import numpy as np
import pytest
import torch

from estilo.models.bands import FLOOR_DB, Bands
from estilo.units import hz_to_erb_number

BANDS = Bands(sample_rate=48000, n_bins=1025, n_lines=160, n_wide=64)


def test_a_flat_spectrum_has_the_same_level_in_every_band():
    levels = BANDS.levels(torch.full((3, 1025), 0.01))
    torch.testing.assert_close(levels, torch.ones(3, 224), atol=1e-4, rtol=0.0)  # -20 dB


def test_the_same_gain_in_every_band_is_that_gain_in_every_bin():
    gains = BANDS.gains(torch.full((224,), 0.5))
    torch.testing.assert_close(gains, torch.full((1025,), 10.0**0.5), atol=1e-4, rtol=0.0)


def test_shares_of_every_bin_sum_to_one():
    torch.testing.assert_close(BANDS.spread.sum(0), torch.ones(1025 - 160))
    torch.testing.assert_close(BANDS.share.sum(0), torch.ones(64))
    assert (BANDS.spread >= 0).all()


def test_silence_is_the_floor():
    assert BANDS.levels(torch.zeros(1025)).unique().tolist() == [(FLOOR_DB + 40.0) / 20.0]


@pytest.mark.parametrize("line", [0, 1, 80, 159])
def test_a_line_is_a_bin(line):
    power = torch.zeros(1025)
    power[line] = 1.0
    assert BANDS.levels(power).argmax() == line
    difference = torch.zeros(224)
    difference[line] = 1.0
    gains = BANDS.gains(difference)
    assert float(gains[line]) == pytest.approx(10.0, rel=1e-5)
    assert (gains == 1.0).sum() == 1024


def test_wide_bands_are_evenly_spaced_as_the_ear_has_them():
    bins = np.arange(160, 1025)
    share = BANDS.share.numpy().astype(np.float64)
    centres_hz = (share * bins[:, None] * 24000.0 / 1024.0).sum(0) / share.sum(0)
    steps = np.diff(hz_to_erb_number(centres_hz[1:-1]))  # the outermost have one side only
    assert steps.std() / steps.mean() < 0.1
    expected = np.diff(hz_to_erb_number([3750.0, 24000.0]))[0] / 63.0
    assert steps.mean() == pytest.approx(expected, rel=0.01)
