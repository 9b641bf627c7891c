import numpy as np
import pytest
import torch
from scipy import signal

from estilo.models.network import SAMPLE_RATE, Network
from estilo.training.disguises import Disguise, transposition

PLAIN = Disguise(swing=1.0, fall=0.0, width=9, blur=0.0)


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


@pytest.fixture
def levels(rng):
    return rng.normal(-1.0, 0.5, (40, 30))


def loudness(levels):
    return np.log10(np.mean(100.0**levels))


def test_a_plain_disguise_changes_nothing(levels):
    np.testing.assert_allclose(PLAIN(levels), levels)


@pytest.mark.parametrize(
    "change", [{"swing": 1.5}, {"fall": 0.05}, {"blur": 0.5}, {"swing": 0.6, "fall": 0.1}]
)
def test_a_disguise_keeps_the_loudness_and_its_input(levels, change):
    before = levels.copy()
    out = PLAIN._replace(**change)(levels)
    assert np.abs(out - levels).mean() > 0.01
    assert loudness(out) == pytest.approx(loudness(levels))
    np.testing.assert_array_equal(levels, before)


def test_swings_releases_and_partials(levels):
    wide = PLAIN._replace(swing=1.5)(levels)
    np.testing.assert_allclose(wide.std(0), 1.5 * levels.std(0))
    slow = PLAIN._replace(fall=0.05)(levels)
    assert np.diff(slow, axis=0).min() >= -0.05 - 1e-9
    flat = PLAIN._replace(blur=0.7)(levels)
    assert np.diff(flat, axis=1).std() < 0.5 * np.diff(levels, axis=1).std()


def test_draws_keep_within_how_much(rng):
    none = [Disguise.drawn(rng, much=0.0) for _ in range(20)]
    assert all((each.swing, each.fall, each.blur) == (1.0, 0.0, 0.0) for each in none)
    some = [Disguise.drawn(rng, much=1.0) for _ in range(400)]
    assert 0.3 < np.mean([each.fall > 0.0 for each in some]) < 0.5
    assert 0.3 < np.mean([each.blur > 0.0 for each in some]) < 0.5
    assert np.std(np.log([each.swing for each in some])) == pytest.approx(0.35, rel=0.2)
