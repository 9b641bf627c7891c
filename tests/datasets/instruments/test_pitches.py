import numpy as np
import pytest

from estilo.datasets.instruments.pitches import OCTAVES, heard_pitch, transposition
from estilo.units import midi_to_hz

RATE = 22_050


def tone(midi_pitch, *, partials=range(1, 11), stretch=0.0, seconds=0.6):
    """Partials that fall by 6 dB per octave and die away; stretched as those of stiff strings."""
    time = np.arange(round(seconds * RATE)) / RATE
    hz = float(midi_to_hz(midi_pitch))
    sound = np.zeros(len(time))
    for k in partials:
        f = hz * k * np.sqrt(1.0 + stretch * k**2)
        if f < 0.45 * RATE:
            sound += np.sin(2 * np.pi * f * time + k) / k
    return sound * np.exp(-2.0 * time)


# Below 50 Hz the autocorrelation hears nothing, and the network needs a fundamental.
@pytest.mark.parametrize("pitch", [33, 40, 52, 64, 76, 88])
@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"partials": range(2, 11)},  # the fundamental is missing, as in small loudspeakers
        {"partials": range(1, 11, 2)},
        {"stretch": 3e-4},
    ],
)
def test_a_tone_is_at_its_pitch_and_at_no_other(pitch, kind):
    heard = heard_pitch(tone(pitch, **kind), RATE)
    assert heard.in_words(pitch) == ""
    assert heard.in_words(pitch + 5) == "another pitch"


@pytest.mark.parametrize("octaves", OCTAVES[1:])
def test_another_octave_is_named(octaves):
    assert heard_pitch(tone(60), RATE).in_words(60 + octaves) == "another octave"


def test_noise_has_no_pitch(rng):
    heard = heard_pitch(rng.normal(size=RATE), RATE)
    assert {heard.in_words(pitch) for pitch in range(36, 85)} == {"no pitch"}


def test_an_instrument_in_another_octave_is_known():
    pitches = range(48, 76, 4)
    for octaves in OCTAVES:
        heard = [heard_pitch(tone(pitch + octaves), RATE) for pitch in pitches]
        assert transposition(heard, pitches) == octaves


def test_one_wrong_note_does_not_move_an_instrument():
    pitches = [48, 52, 56, 60]
    heard = [heard_pitch(tone(pitch), RATE) for pitch in (36, 52, 56, 60)]
    assert transposition(heard, pitches) == 0
