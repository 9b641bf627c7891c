import numpy as np
import pytest

from estilo.training.augmentations import Augmentation

PLAIN = Augmentation(swing=1.0, fall=0.0, width=9, blur=0.0)


@pytest.fixture
def levels(rng):
    return rng.normal(-1.0, 0.5, (40, 30))


def loudness(levels):
    return np.log10(np.mean(100.0**levels))


def test_a_plain_augmentation_changes_nothing(levels):
    np.testing.assert_allclose(PLAIN(levels), levels)


@pytest.mark.parametrize(
    "change", [{"swing": 1.5}, {"fall": 0.05}, {"blur": 0.5}, {"swing": 0.6, "fall": 0.1}]
)
def test_an_augmentation_keeps_the_loudness_and_its_input(levels, change):
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
    none = [Augmentation.drawn(rng, much=0.0) for _ in range(20)]
    assert all((each.swing, each.fall, each.blur) == (1.0, 0.0, 0.0) for each in none)
    some = [Augmentation.drawn(rng, much=1.0) for _ in range(400)]
    assert 0.3 < np.mean([each.fall > 0.0 for each in some]) < 0.5
    assert 0.3 < np.mean([each.blur > 0.0 for each in some]) < 0.5
    assert np.std(np.log([each.swing for each in some])) == pytest.approx(0.35, rel=0.2)
