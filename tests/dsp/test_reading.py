"""Reading between samples, against sines, whose values are known everywhere."""

import numpy as np
import pytest

from estilo.dsp.reading import read_at

RATE = 44_100


def tone(hz: float, n_samples: int = 8000) -> np.ndarray:
    return np.sin(2 * np.pi * hz / RATE * np.arange(n_samples))[None]


# Cubic interpolation at four times the rate: its error grows with the fourth power.
@pytest.mark.parametrize(
    ("hz", "error"), [(50.0, 2e-4), (1000.0, 2e-4), (8000.0, 4e-4), (16_000.0, 4e-3)]
)
def test_places_between_samples_are_exact(rng, hz, error):
    places = rng.uniform(1000.0, 7000.0, 3000)
    wanted = np.sin(2 * np.pi * hz / RATE * places)
    assert np.abs(read_at(tone(hz), places)[0] - wanted).max() < error


def test_samples_themselves_are_kept():
    click = np.zeros((1, 500))
    click[0, 300] = 1.0
    assert np.allclose(read_at(click, np.arange(500.0)), click, atol=1e-6)


def test_what_would_be_mirrored_is_gone():
    places = np.arange(1000.0, 7000.0, 1.5)
    wanted = np.sin(2 * np.pi * 5000.0 / RATE * places)
    assert np.abs(read_at(tone(5000.0), places, stride=1.5)[0] - wanted).max() < 1e-3
    assert np.abs(read_at(tone(18_000.0), places, stride=1.5)).max() < 1e-3


def test_nothing_is_heard_beyond_the_ends():
    outside = read_at(np.ones((2, 100)), np.array([-1e6, -60.0, 170.0, 1e6]))
    assert outside.shape == (2, 4)
    assert np.abs(outside).max() < 1e-6
