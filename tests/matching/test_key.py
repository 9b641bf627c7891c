"""Shifts between keys, against the notes that they have."""

import pytest

from estilo.analysis.key import KEYS, Key
from estilo.errors import InputError
from estilo.matching.key import LARGEST_SHIFT, match_key, transposed

STEPS = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
TONICS = {
    **dict(zip("CDEFGAB", STEPS["major"], strict=True)),
    "Db": 1,
    "C#": 1,
    "Eb": 3,
    "F#": 6,
    "Ab": 8,
    "G#": 8,
    "Bb": 10,
}


def notes(name, shift=0):
    tonic, mode = name.split()
    return {(TONICS[tonic] + step + shift) % 12 for step in STEPS[mode]}


@pytest.mark.parametrize("content", KEYS)
def test_afterwards_both_have_the_same_notes(content):
    for style in KEYS:
        shift = match_key(Key(content, 0.9), Key(style, 0.9))
        assert -LARGEST_SHIFT < shift <= LARGEST_SHIFT
        assert notes(style, shift) == notes(content)
        assert notes(transposed(Key(style, 0.9), shift)) == notes(content)


def test_a_relative_key_that_was_taken_for_the_other_does_not_matter():
    style = Key("D major", 0.9)
    assert match_key(Key("A minor", 0.9), style) == match_key(Key("C major", 0.9), style) == -2


def test_names_of_keys_go_round():
    assert transposed(Key("A major", 0.9), 3) == "C major"
    assert transposed(Key("C minor", 0.9), -1) == "B minor"


def test_no_key():
    with pytest.raises(InputError, match="give one with a name"):
        match_key(Key(None, 0.3), Key("C major", 0.9))
