import numpy as np
import pytest
import torch
from scipy import signal

from estilo.models.bands import FLOOR_DB, Bands, transposition
from estilo.models.network import SAMPLE_RATE, Network
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


@pytest.fixture(scope="module")
def network():
    return Network()


def heard(network, waveform):
    """Levels of the frames that see all of a waveform, ``(n_frames, n_bands)``."""
    samples = torch.from_numpy(waveform.astype(np.float32))[None, None]
    n_whole = samples.shape[-1] // 512 * 512
    return network.hear_levels(samples[..., :n_whole])[0].numpy()


def chord(stretch=1.0):
    time = np.arange(48_000) / SAMPLE_RATE
    partials = [f * k for f in (330.0, 494.0) for k in range(1, 7)]
    return sum(
        0.1 / (1 + i % 6) * np.sin(2 * np.pi * stretch * f * time) for i, f in enumerate(partials)
    )


@pytest.mark.parametrize("semitones", [-5, -2, 1, 4])
def test_transposed_levels_are_those_of_the_transposed_sound(network, semitones):
    """Oracle: the chord synthesised at other frequencies."""
    matrix = transposition(network.bands.centres_hz, semitones)
    moved = heard(network, chord())[4] @ matrix
    true = heard(network, chord(2.0 ** (semitones / 12.0)))[4]
    as_it_was = heard(network, chord())[4]
    strong = true > true.max() - 1.5  # 30 dB
    assert np.abs(moved - true)[strong].mean() < 0.25 * np.abs(as_it_was - true)[strong].mean()
    for peak in signal.find_peaks(true, height=true.max() - 0.75)[0]:
        assert np.abs(signal.find_peaks(moved)[0] - peak).min() <= 1


def test_no_transposition_is_none(network):
    matrix = transposition(network.bands.centres_hz, 0)
    np.testing.assert_allclose(matrix, np.eye(len(matrix)), atol=1e-6)


def test_every_transposition_interpolates(network):
    for semitones in range(-12, 13):
        matrix = transposition(network.bands.centres_hz, semitones)
        np.testing.assert_allclose(matrix.sum(0), 1.0, atol=1e-5)
        assert (matrix >= 0.0).all()
