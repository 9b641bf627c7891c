"""The shift in semitones after which a style has the notes of the content's key."""

from estilo.analysis.key import KEYS, Key
from estilo.errors import InputError

LARGEST_SHIFT = 6
"""Largest shift in semitones: half an octave, so that there is always one."""


def match_key(content: Key, style: Key) -> int:
    """The shift after which two keys have the same notes, -5 to 6 semitones.

    A minor key has the notes of its relative major key, three semitones above, and analyses take
    the one for the other at times: so a minor content draws a major style to its relative key, and
    such an error does no harm. Correlating the two recordings' pitch classes instead, in
    all 12 rotations, fits tonic to tonic, and so a major style to the parallel of a minor content
    (docs/tempo-and-key.md).

    Args:
        content: key of the content; it has a name.
        style: key of the style; it has a name.

    Raises:
        InputError: a key has no name.

    Example:
        >>> match_key(Key("G minor", 0.9), Key("E minor", 0.9))
        3
        >>> match_key(Key("G minor", 0.9), Key("C major", 0.9))
        -2
    """
    shift = (_tonic_of_notes(content) - _tonic_of_notes(style)) % 12
    return shift if shift <= LARGEST_SHIFT else shift - 12


def transposed(of: Key, semitones: int) -> str:
    """Name of a key after a shift by some semitones.

    Args:
        of: a key that has a name.
        semitones: shift in semitones; positive is higher.

    Raises:
        InputError: the key has no name.

    Example:
        >>> transposed(Key("E minor", 0.9), 3), transposed(Key("C major", 0.9), -2)
        ('G minor', 'Bb major')
    """
    mode, tonic = _parts(of)
    return KEYS[12 * mode + (tonic + semitones) % 12]


def _tonic_of_notes(of: Key) -> int:
    """Tonic of the major key with the same notes, 0 for C."""
    mode, tonic = _parts(of)
    return (tonic + 3 * mode) % 12


def _parts(of: Key) -> tuple[int, int]:
    """Mode, 0 for major and 1 for minor, and tonic."""
    if of.name is None:
        raise InputError("expected a key with a name, got none; give one with a name")
    return divmod(KEYS.index(of.name), 12)
