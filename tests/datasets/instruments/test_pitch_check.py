import numpy as np
import pytest

from estilo.analysis.sound import Sound
from estilo.datasets.instruments.pitch_check import check_pitch
from estilo.units import midi_to_hz

RATE = 22_050


def tone(midi_pitch, amplitudes, *, stretch=0.0, decay_s=1.0, noise=0.001):
    """Partials that decay, above a little noise; `stretch` is the inharmonicity of a string."""
    time_s = np.arange(RATE) / RATE
    f0 = float(midi_to_hz(midi_pitch))
    rng = np.random.default_rng(int(midi_pitch))
    out = noise * rng.standard_normal(RATE)
    for number, amplitude in enumerate(amplitudes, 1):
        partial_hz = number * f0 * np.sqrt(1.0 + stretch * number**2)
        if partial_hz < RATE / 2:
            phase = 2.0 * np.pi * partial_hz * time_s + rng.uniform(0.0, 6.28)
            out += amplitude * np.sin(phase) * np.exp(-time_s / decay_s)
    return Sound(out, RATE)


SERIES = [1.0 / number for number in range(1, 21)]
SOUNDS = {
    "sawtooth": {"amplitudes": SERIES},
    "sine": {"amplitudes": [1.0]},
    "clarinet": {"amplitudes": [a if n % 2 == 0 else 0.0 for n, a in enumerate(SERIES)]},
    "without fundamental": {"amplitudes": [0.0, *SERIES[1:]]},
    "without the lowest three": {"amplitudes": [0.0, 0.0, 0.0, *SERIES[3:]]},
    "second partial 12 dB up": {"amplitudes": [1.0, 4.0, 0.7, 0.5, 0.3]},
    "inharmonic string": {"amplitudes": SERIES, "stretch": 3e-4, "decay_s": 0.3},
    "breathy": {"amplitudes": SERIES, "noise": 0.4},
}


@pytest.mark.parametrize(
    ("name", "midi_pitch"),
    [
        (name, midi_pitch)
        for name in SOUNDS
        for midi_pitch in (28, 36, 48, 60, 72, 84, 96)
        if name != "without the lowest three" or midi_pitch < 80  # the fourth is 4 kHz there
    ],
)
def test_a_note_at_its_pitch(name, midi_pitch):
    check = check_pitch(tone(midi_pitch, **SOUNDS[name]), midi_pitch)
    assert check.is_right, check


@pytest.mark.parametrize("name", ["sawtooth", "sine", "clarinet", "inharmonic string"])
@pytest.mark.parametrize("off", [-24, -19, -12, -7, -5, -2, -1, 1, 2, 5, 7, 12, 19, 24])
def test_another_pitch_class_or_octave(name, off):
    check = check_pitch(tone(55, **SOUNDS[name]), 55 + off)
    assert not check.is_right, check


@pytest.mark.parametrize("midi_pitch", range(26, 44))
def test_frames_hold_enough_periods_of_every_low_note(midi_pitch):
    """Their length is rounded to a power of two, up for one note and down for the next."""
    for rate in (22_050, 44_100):
        time_s = np.arange(rate) / rate
        phase = 2.0 * np.pi * float(midi_to_hz(midi_pitch)) * time_s
        out = sum(np.sin(number * phase) / number for number in range(1, 21))
        assert check_pitch(Sound(out, rate), midi_pitch).is_right


@pytest.mark.parametrize("off", [-12, -7, 7, 12])
def test_the_pitch_that_it_has_is_named(off):
    check = check_pitch(tone(60, SERIES), 60 + off)
    assert check.other == pytest.approx(60.0, abs=0.05)


@pytest.mark.parametrize("cents", [-40, -20, 20, 40])
def test_out_of_tune_is_not_another_pitch(cents):
    assert check_pitch(tone(60 + cents / 100, SERIES), 60).is_right


def test_what_has_no_pitch():
    noise = np.random.default_rng(0).standard_normal(RATE)
    assert not check_pitch(Sound(noise, RATE), 60).is_right
    assert check_pitch(Sound(np.zeros(RATE), RATE), 60).fit == 0.0
    assert not check_pitch(Sound(np.zeros(RATE), RATE), 60).is_right


def test_level_and_rate_do_not_matter():
    quiet = Sound(1e-3 * tone(64, SERIES).audio.samples, RATE)
    assert check_pitch(quiet, 64).is_right
    assert not check_pitch(quiet, 76).is_right
    slower = Sound(tone(64, SERIES).audio.samples, RATE // 2)
    assert check_pitch(slower, 52).is_right
    assert not check_pitch(slower, 64).is_right
