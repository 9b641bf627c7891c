"""What is done to a style and what is said of it, on pieces of known tempo and key."""

import numpy as np
import pytest

from estilo.analysis.key import Key
from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.tempo import Tempo
from estilo.matching import adjustment as adjusting
from estilo.matching.adjustment import adjustment

E_MINOR, G_MINOR, C_MAJOR = Key("E minor", 0.9), Key("G minor", 0.9), Key("C major", 0.8)


@pytest.fixture
def sounds(monkeypatch):
    """Two sounds of which the analyses say what they are told to."""

    def sounds(*, tempos=None, keys=None):
        content, style = (Sound(np.ones(100), RATE_HZ) for _ in range(2))
        said = {}
        for each, of in ((adjusting.tempo, tempos), (adjusting.key, keys)):
            if of is not None:
                said |= {(content, each): of[0], (style, each): of[1]}
        monkeypatch.setattr(Sound, "once", lambda sound, compute: said[sound, compute])
        return content, style

    return sounds


@pytest.mark.parametrize(
    ("tempos", "speed", "words"),
    [
        ((120, 96), 1.25, "96 bpm played 1.25 times as fast, at 120"),
        (
            (120, 64),
            120 / 128,
            "64 bpm played 0.94 times as fast, at 60, 1 beat for 2 of the content's at 120",
        ),
        ((200, 50), 1.0, "50 bpm fits as it is, 1 beat for 4 of the content's at 200"),
        (
            (100, 150),
            4 / 3,
            "150 bpm played 1.33 times as fast, at 200, 2 beats for 1 of the content's at 100",
        ),
        ((120.1, 120), 1.0, "120 bpm fits as it is"),
        ((120, 60), 1.0, "60 bpm fits as it is, 1 beat for 2 of the content's at 120"),
        ((None, 96), 1.0, "the content has no clear pulse, tempo left as it is"),
        ((120, None), 1.0, "no clear pulse, tempo left as it is"),
    ],
)
def test_tempo(sounds, tempos, speed, words):
    content, style = sounds(tempos=[Tempo(bpm, 0.9 if bpm else 0.1) for bpm in tempos])
    found = adjustment(content, style, matches=["tempo"])
    assert (found.semitones, found.words) == (0, words)
    assert found.speed == pytest.approx(speed)


@pytest.mark.parametrize("heard", [Tempo(181.0, 0.9), Tempo(None, 0.1)])
def test_a_tempo_that_is_said_needs_not_be_heard(sounds, heard):
    content, style = sounds(tempos=[heard, Tempo(100.0, 0.9)])
    found = adjustment(content, style, matches=["tempo"], tempo_bpm=90.0)
    assert found.speed == pytest.approx(0.9)


def test_a_tempo_by_chance_is_no_pulse(sounds):
    content, style = sounds(tempos=[Tempo(120.0, 0.9), Tempo(80.0, 0.25)])
    assert adjustment(content, style, matches=["tempo"]).speed == 1.0


@pytest.mark.parametrize(
    ("keys", "shift", "words"),
    [
        ((G_MINOR, E_MINOR), 3, "shifted up 3 semitones, E minor to G minor"),
        (
            (G_MINOR, C_MAJOR),
            -2,
            "shifted down 2 semitones, C major to Bb major for the content's G minor",
        ),
        ((E_MINOR, E_MINOR), 0, "E minor fits the content's E minor as it is"),
        ((E_MINOR, Key(None, 0.3)), 0, "no clear key, pitch left as it is"),
        ((Key(None, 0.3), E_MINOR), 0, "the content has no clear key, pitch left as it is"),
        (
            (Key("F major", 0.9), Key("E major", 0.9)),
            1,
            "shifted up 1 semitone, E major to F major",
        ),
    ],
)
def test_key(sounds, keys, shift, words):
    content, style = sounds(keys=keys)
    found = adjustment(content, style, matches=["key"])
    assert (found.speed, found.semitones, found.words) == (1.0, shift, words)


def test_both_in_a_line(sounds):
    content, style = sounds(tempos=[Tempo(120.0, 0.9), Tempo(96.0, 0.8)], keys=[G_MINOR, E_MINOR])
    found = adjustment(content, style, matches=["tempo", "key"])
    assert found.words == (
        "96 bpm played 1.25 times as fast, at 120; shifted up 3 semitones, E minor to G minor"
    )
