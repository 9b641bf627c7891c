import numpy as np
import pytest

from estilo.datasets.instruments.duplicates import distances, fingerprint, near_duplicates

RATE = 16_000
KEYS = ("a", "b", "c", "d")


def instrument(rng, *, level_db=0.0):
    """Fingerprints of notes with bands of their own."""
    bands = rng.integers(-80, 1, size=(len(KEYS), 64))
    return {key: (row + 2 * level_db).tolist() for key, row in zip(KEYS, bands, strict=True)}


def test_distances_are_root_mean_squares_over_common_notes(rng):
    one, other = instrument(rng), instrument(rng)
    del other["d"]
    expected = np.sqrt(
        np.mean([np.square(np.subtract(one[key], other[key]) / 2.0) for key in KEYS[:3]])
    )
    distance_db = distances({"one": one, "other": other})
    assert distance_db[0, 1] == pytest.approx(expected, rel=1e-5)
    assert distance_db[1, 0] == distance_db[0, 1]
    del other["c"]
    assert distances({"one": one, "other": other})[0, 1] == np.inf


def test_the_first_of_several_stays_and_the_others_are_named(rng):
    one, other = instrument(rng), instrument(rng)
    nearly = {key: [value + 1 for value in row] for key, row in one.items()}  # half a decibel
    found = near_duplicates({"one": one, "other": other, "nearly": nearly, "again": one})
    assert found == {"nearly": "one", "again": "one"}
    assert near_duplicates({"one": one, "nearly": nearly}, limit_db=0.4) == {}


def test_a_fingerprint_tells_filters_and_attacks_but_not_levels(rng):
    noise = rng.normal(size=RATE)
    late = np.concatenate([0.001 * noise[: RATE // 10], noise[RATE // 10 :]])

    def distance_db(one, other):
        rows = {name: dict.fromkeys(KEYS, fingerprint(x, RATE)) for name, x in (one, other)}
        return distances(rows)[0, 1]

    assert distance_db(("one", noise), ("soft", 0.01 * noise)) == 0.0
    assert distance_db(("one", noise), ("other take", rng.normal(size=RATE))) < 1.5
    assert distance_db(("one", noise), ("dull", np.cumsum(noise))) > 10.0
    assert distance_db(("one", noise), ("late", late)) > 10.0
