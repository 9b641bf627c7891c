from collections import Counter

import pytest

from estilo.datasets.instruments.keys import HELD_S, STEP, VELOCITIES, keys_around


@pytest.mark.parametrize("centre", range(40, 90))
def test_every_instrument_has_the_same_kinds_of_notes(centre):
    keys = keys_around(centre)
    pitches = sorted({key.midi_pitch for key in keys})
    assert len(keys) == len(set(keys)) == 12
    assert pitches[-1] - pitches[0] >= 18
    assert abs((pitches[0] + pitches[-1]) / 2 - centre) <= STEP / 2
    assert Counter(key.held_s for key in keys) == {HELD_S[1]: 8, HELD_S[0]: 4}
    assert Counter(key.velocity for key in keys) == dict.fromkeys(VELOCITIES, 6)


def test_a_pitch_is_played_alike_by_all():
    """Else two instruments could not be compared note by note."""
    played = {}
    for centre in range(36, 96):
        for key in keys_around(centre):
            played.setdefault((key.midi_pitch, key.held_s), set()).add(key.velocity)
    assert all(len(velocities) == 1 for velocities in played.values())
    assert len({keys_around(centre)[0] for centre in (58, 62, 66)}) > 1
