"""The width of stereo instruments, whose places and levels are known."""

import numpy as np
import pytest
from clips import task

from estilo.engines.base import run
from estilo.engines.notes.engine import NotesEngine
from estilo.engines.notes.settings import NotesSettings

RATE = 16_000
TUNE = ((0.3, 1.2, 60), (1.4, 2.3, 64), (2.5, 3.6, 67))
STYLE = ((0.1, 1.9, 62), (2.0, 3.8, 66), (4.0, 5.8, 59))


def _tone(spans, *, seconds, turn=0.0):
    """Notes whose even partials are turned in phase, which makes two such channels wide."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    out = np.zeros(len(time_s))
    for start_s, end_s, pitch in spans:
        hz = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
        shape = np.clip((time_s - start_s) / 0.008, 0, 1) * np.clip((end_s - time_s) / 0.03, 0, 1)
        for k in range(1, 9):
            phase = 2 * np.pi * k * hz * (time_s - start_s) + turn * (k % 2 == 0)
            out += 0.1 * shape * np.sin(phase) / k**0.5
    return out.astype(np.float32)


def _wide(left_gain=1.0):
    return np.stack([left_gain * _tone(STYLE, seconds=6.0), _tone(STYLE, seconds=6.0, turn=np.pi)])


def _made(content, style, strength=1.0):
    engine = NotesEngine(NotesSettings(expression=0.0, strength=strength))
    return run(engine, task(content, style, sample_rate=RATE))[0].numpy()


def _during(samples, number):
    start_s, end_s, _ = TUNE[number]
    return samples[:, round((start_s + 0.1) * RATE) : round((end_s - 0.1) * RATE)]


def _likeness(pair):
    return float(np.corrcoef(pair)[0, 1])


def _power(samples):
    return float(np.square(samples).mean())


@pytest.fixture(scope="module")
def middle():
    return np.stack([_tone(TUNE, seconds=4.0)] * 2)


def test_a_wide_instrument_stays_as_wide_wherever_it_was(middle):
    style = _wide()
    own = _likeness(style[:, 2000:28_000])
    assert abs(own) < 0.5
    for gain in (1.0, 0.5):
        made = _made(middle, _wide(gain))
        for number in range(len(TUNE)):
            left, right = played = _during(made, number)
            assert _likeness(played) == pytest.approx(own, abs=0.3)
            assert _power(left) == pytest.approx(_power(right), rel=0.1)


def test_width_changes_no_level(middle):
    wide, narrow = (_made(middle, each) for each in (_wide(), np.stack([_wide()[0]] * 2)))
    for number in range(len(TUNE)):
        ratio = _power(_during(wide, number)) / _power(_during(narrow, number))
        assert abs(10.0 * np.log10(ratio)) < 1.0


def test_notes_of_a_wide_instrument_sound_where_the_contents_do():
    sides = np.stack([_tone(TUNE[:1], seconds=4.0), _tone(TUNE[1:2], seconds=4.0)])
    made = _made(sides, _wide())
    (left, silent), (other, right) = _during(made, 0), _during(made, 1)
    assert _power(left) > 100.0 * _power(silent)
    assert _power(right) > 30.0 * _power(other)


def test_content_in_one_channel_stays_in_one(middle):
    assert _made(middle[:1], _wide()).shape[0] == 1
    assert _made(middle, _wide(), strength=0.5).shape[0] == 2
