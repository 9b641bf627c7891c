"""Keys of scales and cadences whose key is known, in all 24 keys."""

import numpy as np
import pytest

from estilo.analysis.key import KEYS, key
from estilo.analysis.sound import RATE_HZ, Sound

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 11)  # minor is harmonic
CADENCE = (0, 3, 4, 0, 5, 3, 4, 0)


def note(pitch, seconds, *, n_partials=6, decay=2.0):
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    n = np.arange(1, n_partials + 1)
    hz = 440.0 * 2.0 ** ((pitch - 69) / 12)
    waves = np.sin(2 * np.pi * hz * np.multiply.outer(n, time_s) + n[:, None]) / n[:, None]
    return waves.sum(0) * np.exp(-decay * time_s) * np.minimum(time_s / 0.01, 1.0)


def scale_of(tonic, steps, *, cents=0.0):
    degrees = [*range(8), *range(6, -1, -1)]
    pitches = [48 + tonic + steps[d % 7] + 12 * (d // 7) + cents / 100 for d in degrees]
    lengths = [0.6, *[0.25] * 13, 0.6]
    return np.concatenate([note(*each) for each in zip(pitches, lengths, strict=True)])


def cadence_of(tonic, steps, *, cents=0.0):
    chords = []
    for degree in CADENCE:
        degrees = [degree - 7, degree, degree + 2, degree + 4]
        pitches = [48 + tonic + steps[d % 7] + 12 * (d // 7) + cents / 100 for d in degrees]
        chords.append(np.sum([note(pitch, 0.5) for pitch in pitches], axis=0))
    return np.concatenate(chords)


@pytest.mark.parametrize("make", [scale_of, cadence_of])
@pytest.mark.parametrize("index", range(24), ids=KEYS)
def test_all_keys(index, make):
    mode, tonic = divmod(index, 12)
    found = key(Sound(0.1 * make(tonic, (MAJOR, MINOR)[mode]), RATE_HZ))
    assert found.name == KEYS[index]
    assert found.confidence > 0.65


@pytest.mark.parametrize("cents", [-40, -20, 15, 35])
def test_any_tuning(cents):
    found = key(Sound(0.1 * cadence_of(7, MAJOR, cents=cents), RATE_HZ))
    assert found.name == "G major"
    plain = key(Sound(0.1 * cadence_of(7, MAJOR), RATE_HZ))
    assert found.confidence == pytest.approx(plain.confidence, abs=0.05)


def test_octaves_rate_and_gain_do_not_matter():
    music = cadence_of(2, MINOR)
    assert key(Sound(1e-3 * music, RATE_HZ)).name == "D minor"
    assert key(Sound(music, 2 * RATE_HZ)).name == "D minor"  # an octave higher


def test_a_transposed_recording_has_a_transposed_key():
    music = cadence_of(0, MAJOR)
    found = [key(Sound(music, round(RATE_HZ * 2 ** (shift / 12)))).name for shift in range(4)]
    assert found == ["C major", "Db major", "D major", "Eb major"]


def test_noise_has_no_key(rng):
    for seconds in (1, 5, 20):
        found = key(Sound(0.1 * rng.standard_normal(seconds * RATE_HZ), RATE_HZ))
        assert found.name is None
        assert found.confidence < 0.3


def test_all_twelve_notes_have_no_key(rng):
    pitches = np.tile(np.arange(48, 72), 2)
    rng.shuffle(pitches)
    chromatic = np.concatenate([note(pitch, 0.2) for pitch in pitches])
    assert key(Sound(0.1 * chromatic, RATE_HZ)).name is None


@pytest.mark.parametrize("size", [0, 1, 50_000])
def test_silence_has_no_key(size):
    found = key(Sound(np.zeros(size), RATE_HZ))
    assert (found.name, found.confidence) == (None, 0.0)
