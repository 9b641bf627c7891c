"""Which notes an instrument plays.

Pitches lie on one grid, so that instruments have many in common; which of them is played softly,
loudly, long or short depends on the pitch alone, so that two instruments can be compared at the
same pitch, velocity and length.
"""

from dataclasses import dataclass

STEP = 4
"""Distance of two neighbouring pitches, in semitones; an octave is a multiple of it."""

N_PITCHES = 8
"""Pitches of an instrument: two octaves and a third."""

VELOCITIES = (60, 110)
HELD_S = (0.3, 1.5)
"""How long a key is held: short and long, in seconds."""


@dataclass(frozen=True, order=True)
class Key:
    """A note to play.

    Args:
        midi_pitch: MIDI note number.
        velocity: how hard it is played, 1 to 127.
        held_s: time until the key is released, in seconds.
    """

    midi_pitch: int
    velocity: int
    held_s: float

    @property
    def name(self) -> str:
        """Name of its file without the ending.

        Example:
            >>> Key(60, 110, 0.3).name
            '060-110-0300'
        """
        return f"{self.midi_pitch:03d}-{self.velocity:03d}-{round(1000 * self.held_s):04d}"


def keys_around(centre: int) -> list[Key]:
    """Twelve notes around a pitch: eight long ones, and short ones of every other pair of pitches.

    Long notes are soft and loud in turn, a short one is of the other velocity.

    Args:
        centre: middle of the instrument's register, as a MIDI note number.

    Example:
        >>> keys = keys_around(60)
        >>> len(keys), keys[0].name, keys[1].name, keys[-1].name
        (12, '048-060-1500', '048-110-0300', '076-110-1500')
    """
    lowest = STEP * round((centre - STEP * (N_PITCHES - 1) / 2) / STEP)
    keys = []
    for pitch in range(lowest, lowest + STEP * N_PITCHES, STEP):
        place = pitch // STEP
        soft_first = VELOCITIES if place % 2 == 0 else VELOCITIES[::-1]
        keys.append(Key(pitch, soft_first[0], HELD_S[1]))
        if place % 4 < 2:
            keys.append(Key(pitch, soft_first[1], HELD_S[0]))
    return keys
