import numpy as np
import pytest

from estilo.errors import InputError
from estilo.evaluation.granular import granular_shuffle
from estilo.metrics.copying import copy_score


def shuffled(samples, rng, n_samples=32_000):
    return granular_shuffle(samples, sample_rate=16_000, n_samples=n_samples, rng=rng)


@pytest.mark.parametrize("n_samples", [1, 799, 800, 801, 32_000])
def test_windows_add_up_to_one(rng, n_samples):
    out = shuffled(np.full(4000, 0.25), rng, n_samples)
    assert (out.shape, out.dtype) == ((n_samples,), np.float32)
    np.testing.assert_allclose(out, 0.25, atol=1e-6)


def test_it_is_made_of_grains_and_nothing_longer(rng):
    noise = rng.standard_normal(64_000)
    out = shuffled(noise, rng)
    # Mean of w² + (1 - w)² under a Hann window, as the two grains have nothing in common.
    assert np.mean(out**2) == pytest.approx(0.75, rel=0.1)
    # One grain of five is found again: 0.05 s of its power under the window, of 0.5 s of each.
    expected = 0.05 / np.sqrt(0.75 * 0.5 * 0.5)
    assert copy_score(out, noise, 16_000) == pytest.approx(expected, abs=0.03)
    assert copy_score(rng.standard_normal(32_000), noise, 16_000) < 0.6 * expected
    spectra = [np.abs(np.fft.rfft(each[:32_000])) ** 2 for each in (out, noise)]
    assert spectra[0].mean() == pytest.approx(0.75 * spectra[1].mean(), rel=0.1)


def test_the_same_draws_give_the_same_grains():
    noise = np.random.default_rng(0).standard_normal(16_000)
    one, two, other = (shuffled(noise, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_less_than_a_grain_is_refused(rng):
    with pytest.raises(InputError, match=r"0\.1 s at least, got 0\.050 s"):
        shuffled(np.ones(800), rng)
