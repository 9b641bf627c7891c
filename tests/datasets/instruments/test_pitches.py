import numpy as np
import pytest

from estilo.datasets.instruments.pitches import OCTAVES, listen, transposition
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


@pytest.mark.parametrize("pitch", [28, 40, 52, 64, 76, 88])
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
    heard = listen(tone(pitch, **kind), RATE)
    assert heard.fault(pitch) == ""
    assert heard.fault(pitch + 5) == "another pitch"


@pytest.mark.parametrize("octaves", OCTAVES[1:])
def test_another_octave_is_named(octaves):
    assert listen(tone(60), RATE).fault(60 + octaves) == "another octave"


def test_noise_has_no_pitch(rng):
    heard = listen(rng.normal(size=RATE), RATE)
    assert {heard.fault(pitch) for pitch in range(36, 85)} == {"no pitch"}


def test_an_instrument_in_another_octave_is_known():
    pitches = range(48, 76, 4)
    for octaves in OCTAVES:
        heard = [listen(tone(pitch + octaves), RATE) for pitch in pitches]
        assert transposition(heard, pitches) == octaves


def test_an_instrument_in_two_octaves_stays_as_it_is_written():
    """As organs do, whose notes sound in both."""
    pitches = range(48, 76, 4)
    heard = [listen(tone(pitch) + tone(pitch + 12), RATE) for pitch in pitches]
    assert transposition(heard, pitches) == 0


def test_one_wrong_note_does_not_move_an_instrument():
    pitches = [48, 52, 56, 60]
    heard = [listen(tone(pitch), RATE) for pitch in (36, 52, 56, 60)]
    assert transposition(heard, pitches) == 0
