"""Known manipulations move the score of their own attribute, and hardly any other."""

import numpy as np
import pytest

from estilo.analysis.sound import Sound
from estilo.evaluation.manipulations import MANIPULATIONS, Manipulation, Phrase
from estilo.evaluation.separation import COUPLED, NAMES, Moved, moved, played_by_patch
from estilo.metrics.attributes import changes

RATE = 22_050
PATCHES = (("additive", 1), ("subtractive", 5), ("plucked", 1))
BY_NAME = {each.name: each for each in MANIPULATIONS}


@pytest.fixture(scope="module")
def phrases() -> list[Phrase]:
    """A phrase each on three instruments, held and plucked."""
    return [
        played_by_patch(family, seed, rng=np.random.default_rng(seed), sample_rate=RATE)
        for family, seed in PATCHES
    ]


@pytest.fixture(scope="module")
def results(phrases) -> dict[str, Moved]:
    return {each.manipulation.name: each for each in moved(phrases)}


def test_there_are_twelve_of_five_strengths_and_each_attribute_is_moved():
    assert len(BY_NAME) == len(MANIPULATIONS) == 12
    assert all(len(each.strengths) == 5 for each in MANIPULATIONS)
    assert {each.moves for each in MANIPULATIONS} == set(NAMES)


def test_coupled_pairs_name_what_there_is():
    for name, attribute in COUPLED:
        assert attribute in NAMES
        assert BY_NAME[name].moves != attribute


@pytest.mark.parametrize("name", BY_NAME)
def test_the_own_attribute_moves_with_the_strength(results, name):
    assert results[name].is_monotonic, results[name].own
    assert results[name].own[-1] > 0.5


@pytest.mark.parametrize("name", BY_NAME)
def test_no_other_attribute_moves_by_more_than_a_fifth(results, name):
    assert results[name].leaks == {}, results[name].shares


def test_leaks_and_steps_back_are_seen():
    """The measure itself, on changes that are made up."""
    manipulation = BY_NAME["vibrato"]
    changes_of_one = np.zeros((1, 5, len(NAMES)))
    changes_of_one[0, :, NAMES.index("vibrato")] = [1.0, 2.0, 3.0, 4.0, 5.0]
    changes_of_one[0, 2, NAMES.index("tremolo")] = -1.5
    changes_of_one[0, :, NAMES.index("room")] = np.nan
    found = Moved(manipulation, changes_of_one)
    assert found.leaks == {"tremolo": pytest.approx(0.3)}
    assert found.is_monotonic
    changes_of_one[0, 3, NAMES.index("vibrato")] = 2.5
    assert not Moved(manipulation, changes_of_one).is_monotonic


def test_what_does_nothing_moves_nothing(phrases):
    same = Sound.of(phrases[0].audio())
    assert set(changes(same, Sound.of(phrases[0].audio())).values()) == {0.0}


def _apply(name: str, phrase: Phrase, strength: float) -> np.ndarray:
    manipulation: Manipulation = BY_NAME[name]
    return manipulation.apply(phrase, strength).samples


def test_manipulations_do_what_they_say(phrases):
    """Against their definitions, not against the scores."""
    phrase = phrases[0]
    before = phrase.mixed()
    power = np.mean(before**2)
    left, right = _apply("width", phrase, 30.0)
    assert np.mean(left**2) + np.mean(right**2) == pytest.approx(power, rel=0.01)
    room = _apply("reverberation", phrase, 0.0)[0] - before
    assert np.mean(room**2) == pytest.approx(power, rel=0.4)
    breath = _apply("breath", phrase, -20.0)[0] - before
    assert 10.0 * np.log10(np.mean(breath**2) / power) == pytest.approx(-20.0, abs=0.7)
    added = _apply("added partials", phrase, -6.0)[0] - before
    assert 10.0 * np.log10(np.mean(added**2) / power) == pytest.approx(-6.0, abs=0.7)
    rough = _apply("roughness", phrase, 0.5)[0]
    assert np.abs(rough - before).max() == pytest.approx(0.5 * np.abs(before).max(), rel=0.1)
    for name in ("tilt", "resonance", "low-pass"):
        gain = np.abs(np.fft.rfft(_apply(name, phrase, 4.0)[0]) / np.fft.rfft(before))
        hz = np.fft.rfftfreq(len(before), 1.0 / RATE)
        low, high = (np.median(gain[np.abs(hz - each) < 5.0]) for each in (500.0, 2000.0))
        want = {"tilt": 10 ** (-8 / 20), "low-pass": 1.0 / 128.0, "resonance": 1.15}[name]
        assert high / low == pytest.approx(want, rel=0.2), name
