"""Instruments against physics: the pitch they are named after, decays, partials, sidebands."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import jv

from estilo.synthesis.additive import AdditivePatch
from estilo.synthesis.drums import DrumPatch
from estilo.synthesis.filters import Resonance
from estilo.synthesis.fm import FmPatch, Operator
from estilo.synthesis.notes import Note
from estilo.synthesis.patches import random_patch
from estilo.synthesis.plucked import PluckedPatch
from estilo.synthesis.shaping import Envelope, Motion
from estilo.synthesis.subtractive import SubtractivePatch
from estilo.units import midi_to_hz

RATE = 44_100
ORGAN = Envelope(attack_s=0.01, decay_s=0.1, sustain=1.0, release_s=0.05)


@pytest.mark.parametrize("family", ["additive", "fm", "subtractive", "plucked", "noise", "drums"])
def test_there_is_power_at_the_pitch_of_the_note(family, rng):
    """The power within a semitone of the pitch is centred on it to 20 cents, and not buried."""
    n_tested = 0
    while n_tested < 12:
        patch = random_patch(rng, family=family)
        if not patch.is_pitched:
            continue
        pitch = float(rng.uniform(48.0, 84.0))
        # Noise is where it says on average only.
        n_plays = 6 if family == "noise" else 1
        note = Note(0.0, 1.0, pitch, 0.8)
        plays = [patch.play(note, sample_rate=RATE, rng=rng) for _ in range(n_plays)]
        cents, share_db = np.mean([_near(sound, pitch) for sound in plays], axis=0)

        assert abs(cents) < 20.0, patch
        assert share_db > -30.0, patch
        n_tested += 1


def test_the_loop_of_a_plucked_string_decays_as_it_says():
    """60 dB in ring_s at A4, counted on the fundamental; half the time where damping says so."""
    string = replace(_string(), ring_s=1.2, damping_hz=2640.0)
    sound = string.play(Note(0.0, 1.5, 69.0, 1.0), sample_rate=RATE, rng=np.random.default_rng(0))

    # The fundamental loses a little to the damping as well: (440 / 2640)², 3 %.
    assert _decay_60_s(sound, 440.0) == pytest.approx(1.2 / (1.0 + 1.0 / 36.0), rel=0.03)
    assert _decay_60_s(sound, 2640.0) == pytest.approx(0.6, rel=0.03)


def test_partials_of_a_stiff_string_are_stretched():
    """f_k = k f_1 √((1 + B k²) / (1 + B)), Fletcher 1964."""
    b = 4e-4
    string = replace(_string(), inharmonicity=b, ring_s=6.0)
    pitch = 45.0
    sound = string.play(Note(0.0, 2.0, pitch, 1.0), sample_rate=RATE, rng=np.random.default_rng(0))

    for k in (1, 2, 5, 10, 15):
        expected_hz = k * float(midi_to_hz(pitch)) * np.sqrt((1 + b * k * k) / (1 + b))
        assert _peak_hz(sound, expected_hz) == pytest.approx(expected_hz, rel=1e-3)


def test_a_string_plucked_in_its_middle_has_no_even_partials():
    string = replace(_string(), position=0.5)
    sound = string.play(Note(0.0, 1.0, 57.0, 1.0), sample_rate=RATE, rng=np.random.default_rng(0))

    assert _level_db(sound, 440.0) < _level_db(sound, 220.0) - 35.0
    assert _level_db(sound, 440.0) < _level_db(sound, 660.0) - 35.0


def test_no_string_swells_towards_its_end(rng):
    """What rang before the pluck would wrap around to the end, raised by 60 dB."""
    for _ in range(30):
        patch = random_patch(rng, family="plucked")
        pitch = rng.uniform(36.0, 90.0)
        sound = patch.play(Note(0.0, 0.6, pitch, 0.8), sample_rate=RATE, rng=rng)
        _, middle, _, end = (np.abs(part).max() for part in np.array_split(sound, 4))

        assert end < middle, patch


def test_sidebands_of_modulation_are_bessel_functions():
    """Amplitudes at carrier ± n modulators are J_n of the index (Chowning 1973)."""
    index, ratio = 1.7, 1.3
    carrier = Operator(1.0, 1.0, ORGAN, feedback=0.0, touch=0.0)
    modulator = Operator(ratio, index, ORGAN, feedback=0.0, touch=0.0)
    patch = FmPatch("pair", (carrier, modulator), Motion())
    sound = patch.play(Note(0.0, 2.0, 81.0, 1.0), sample_rate=RATE, rng=np.random.default_rng(0))

    carrier_db = _level_db(sound[RATE // 4 :], 880.0)
    for n in (1, 2, 3):
        upper_db = _level_db(sound[RATE // 4 :], 880.0 * (1.0 + n * ratio)) - carrier_db
        expected_db = 20.0 * np.log10(abs(jv(n, index) / jv(0, index)))
        assert upper_db == pytest.approx(expected_db, abs=0.3)


def test_formants_stay_where_they_are():
    """Whatever the note, the strongest partial is the one nearest to a strong formant."""
    patch = random_patch(np.random.default_rng(2), family="additive")
    patch = replace(
        patch,
        ratios=(),
        envelope=ORGAN,
        motion=Motion(),
        n_partials=40,
        slope_db=0.0,
        even_db=0.0,
        ripple_db=(0.0,) * 64,
        formants=(_formant(1500.0),),
        beating=0.0,
        breath_db=-80.0,
        chiff_db=-80.0,
    )
    for pitch in (40.0, 47.0, 55.0):
        note = Note(0.0, 1.0, pitch, 1.0)
        sound = patch.play(note, sample_rate=RATE, rng=np.random.default_rng(0))
        spectrum, frequency_hz = _spectrum(sound)
        fundamental_hz = float(midi_to_hz(pitch))
        assert abs(frequency_hz[spectrum.argmax()] - 1500.0) < 0.51 * fundamental_hz


def test_oscillators_do_not_alias():
    """All that a high saw sounds lies at its harmonics."""
    patch = replace(
        random_patch(np.random.default_rng(0), family="subtractive"),
        wave="saw",
        n_voices=1,
        sub=0.0,
        overtone=0.0,
        noise_db=-80.0,
        filter_kind="lowpass",
        cutoff_octaves=10.0,
        q=0.7,
        sweep_octaves=0.0,
        wobble_octaves=0.0,
        envelope=ORGAN,
        motion=Motion(),
    )
    assert isinstance(patch, SubtractivePatch)
    pitch = 95.3
    sound = patch.play(Note(0.0, 1.0, pitch, 1.0), sample_rate=RATE, rng=np.random.default_rng(0))
    spectrum, frequency_hz = _spectrum(sound[RATE // 4 : 3 * RATE // 4])
    distance = np.abs(frequency_hz / float(midi_to_hz(pitch)) + 0.5) % 1.0 - 0.5
    between = np.abs(distance) > 0.02
    assert spectrum[between].max() < 1e-3 * spectrum.max()


def test_a_kit_has_a_drum_for_each_note_in_turn():
    patch = next(
        p for p in (DrumPatch.draw(np.random.default_rng(s)) for s in range(50)) if len(p.kit) >= 3
    )
    low, high, again = (
        patch.play(Note(0.0, 0.1, pitch, 0.9), sample_rate=RATE, rng=np.random.default_rng(0))
        for pitch in (48.0, 49.0, 48.0 + len(patch.kit))
    )
    assert np.array_equal(low, again)
    assert len(low) != len(high) or not np.allclose(low, high)


def test_draws_differ_in_every_parameter(rng):
    """No field of the additive instrument is stuck at one value."""
    drawn = [AdditivePatch.draw(rng) for _ in range(40)]
    for field in AdditivePatch.__dataclass_fields__:
        assert len({getattr(patch, field) for patch in drawn}) > 1, field


def _string() -> PluckedPatch:
    return PluckedPatch(
        ring_s=4.0,
        damping_hz=20_000.0,
        inharmonicity=1e-7,
        position=0.13,
        pickup=0.0,
        hardness_hz=8000.0,
        rasp=0.0,
        body=(),
        n_strings=1,
        course_cents=0.0,
        release_s=0.1,
        detune_cents=0.0,
        touch_octaves=0.0,
    )


def _formant(centre_hz):
    return Resonance(centre_hz, 400.0, 40.0)


def _spectrum(sound):
    n_fft = 2**18
    window = np.hanning(len(sound)) / len(sound)
    return np.abs(np.fft.rfft(sound * window, n_fft)), np.fft.rfftfreq(n_fft, 1.0 / RATE)


def _near(sound, pitch):
    """Offset in cents of the power near a pitch, and its peak relative to all, in dB."""
    spectrum, frequency_hz = _spectrum(sound)
    cents = 1200.0 * np.log2(np.maximum(frequency_hz, 1.0) / float(midi_to_hz(pitch)))
    is_near = np.abs(cents) < 100.0
    power = np.square(spectrum[is_near])
    share_db = 20.0 * np.log10(spectrum[is_near].max() / spectrum.max())
    return (power * cents[is_near]).sum() / power.sum(), share_db


def _peak_hz(sound, near_hz):
    spectrum, frequency_hz = _spectrum(sound)
    is_near = np.abs(frequency_hz / near_hz - 1.0) < 0.02
    return frequency_hz[is_near][spectrum[is_near].argmax()]


def _level_db(sound, frequency_hz):
    spectrum, grid_hz = _spectrum(sound)
    return 20.0 * np.log10(spectrum[np.abs(grid_hz - frequency_hz).argmin()])


def _decay_60_s(sound, frequency_hz):
    """Time of 60 dB of decay, from a line through the levels of one frequency over time."""
    frame = 2048
    times_s = np.arange(2, 20) * frame / RATE
    turn = np.exp(-2j * np.pi * frequency_hz * np.arange(frame) / RATE) * np.hanning(frame)
    levels_db = [
        20.0 * np.log10(abs(np.dot(sound[i * frame : (i + 1) * frame], turn))) for i in range(2, 20)
    ]
    return -60.0 / np.polyfit(times_s, levels_db, 1)[0]
