"""Several instruments, against each one by itself."""

import numpy as np
import pytest
from sampled import RATE, instrument, level_db, partial_db

from estilo.analysis.transcription.heard import HeardNote
from estilo.errors import InputError
from estilo.sampler.layers import play_split, play_together
from estilo.units import midi_to_hz

LOW = HeardNote(0.1, 0.7, 50.0, -12.0)
HIGH = HeardNote(0.1, 0.7, 64.0, -30.0)
ASKED = {"sample_rate": RATE, "duration_s": 1.0}


@pytest.fixture(scope="module")
def pair():
    # One with all partials, one with the first alone, which its recording has 18 dB lower.
    return [instrument([LOW], 1.0), instrument([HIGH], 1.0, decays_db_s=(0.0,))]


def test_weights_share_out_the_power(pair):
    note = HeardNote(0.0, 0.9, 57.0, -20.0)
    levels = []
    for weights in ((1.0, 0.0), (0.0, 1.0), (1.0, 3.0)):
        sound = play_together([note], pair, weights=weights, **ASKED)
        levels.append(partial_db(sound.audio.samples[0, 3200:12_800], 2 * float(midi_to_hz(57.0))))
        assert sound.notes == ((0,), (0,))
    # Only the first instrument has a second partial: a quarter of its power is left.
    assert levels[2] - levels[0] == pytest.approx(-6.0, abs=0.5)
    assert levels[1] < levels[0] - 40.0


def test_instruments_are_as_loud_as_each_other(pair):
    note = HeardNote(0.0, 0.9, 57.0, -20.0)
    alone = [play_together([note], pair, weights=w, **ASKED) for w in ((1.0, 0.0), (0.0, 1.0))]
    one, other = (level_db(each.audio.samples[0, 3200:12_800]) for each in alone)
    assert one == pytest.approx(other, abs=1.0)


def test_notes_go_to_the_instrument_of_their_range(pair):
    notes = [HeardNote(0.0, 0.9, p, -20.0) for p in (48.0, 56.9, 57.1, 70.0)]
    assert play_split(notes, pair, **ASKED).notes == ((0, 1), (2, 3))
    assert play_split(notes, pair[::-1], **ASKED).notes == ((2, 3), (0, 1))
    assert play_split(notes, pair, bounds=[60.0], **ASKED).notes == ((0, 1, 2), (3,))


def test_levels_of_notes_are_kept_across_instruments(pair):
    notes = [HeardNote(0.0, 0.4, 50.0, -20.0), HeardNote(0.5, 0.9, 64.0, -30.0)]
    sound = play_split(notes, pair, **ASKED).audio.samples[0]
    first, second = sound[1600:5600], sound[9600:13_600]
    assert level_db(first) - level_db(second) == pytest.approx(10.0, abs=1.0)


def test_nothing_to_play_is_silence(pair):
    assert not play_split([], pair, **ASKED).audio.samples.any()
    assert np.array_equal(play_together([], pair, **ASKED).audio.samples, np.zeros((1, RATE)))


def test_what_does_not_fit_is_refused(pair):
    with pytest.raises(InputError, match="a weight for each"):
        play_together([LOW], pair, weights=[1.0], **ASKED)
    with pytest.raises(InputError, match="a weight for each"):
        play_together([LOW], [], **ASKED)
    with pytest.raises(InputError, match="1 rising bounds"):
        play_split([LOW], pair, bounds=[1.0, 2.0], **ASKED)
    with pytest.raises(InputError, match="got none"):
        play_split([LOW], [], **ASKED)
