import numpy as np
import pytest

from estilo.synthesis import fluidsynth, programs
from estilo.synthesis.fluidsynth import AS_IS, Bend
from estilo.synthesis.notes import Note
from estilo.synthesis.programs import Layer, random_layers

RATE, FONT = 32_000, "TimGM6mb"
HELD = [Note(0.0, 1.0, 69.0, 0.7)]
ORGAN, VIOLIN, TRUMPET, FLUTE = 16, 40, 56, 73


rendered = pytest.mark.needs_fluidsynth


def played(*layers, phrases=(HELD,)):
    return programs.render(phrases, layers, soundfont=FONT, sample_rate=RATE, duration_s=2.0)


def level_db(samples, start_s, end_s):
    part = samples[round(start_s * RATE) : round(end_s * RATE)]
    return 10.0 * np.log10(np.mean(np.square(part, dtype=np.float64)) + 1e-15)


def centroid_hz(samples):
    power = np.abs(np.fft.rfft(samples[:RATE])) ** 2
    return float((np.arange(len(power)) * power).sum() / power.sum())


def bent(program, **offsets):
    return played(Layer(program, Bend(**offsets)))[0]


@rendered
def test_unbent_programs_are_the_soundfonts_own():
    plain = fluidsynth.render(HELD, program=FLUTE, soundfont=FONT, sample_rate=RATE, duration_s=2.0)
    np.testing.assert_array_equal(played(Layer(FLUTE))[0], plain)


@rendered
def test_each_bend_does_what_it_says():
    plain = bent(TRUMPET)
    assert centroid_hz(bent(TRUMPET, cutoff_octaves=-3.5)) < 0.8 * centroid_hz(plain)
    slow = bent(TRUMPET, attack_octaves=7.0)
    assert level_db(slow, 0.0, 0.05) < level_db(plain, 0.0, 0.05) - 6.0
    assert level_db(slow, 0.7, 0.9) == pytest.approx(level_db(plain, 0.7, 0.9), abs=1.0)
    fallen, held = bent(ORGAN, sustain_db=30.0), bent(ORGAN)
    assert level_db(fallen, 0.8, 0.95) == pytest.approx(level_db(held, 0.8, 0.95) - 30.0, abs=3.0)
    falling = bent(ORGAN, sustain_db=30.0, decay_octaves=9.0)
    assert level_db(falling, 0.8, 0.95) > level_db(fallen, 0.8, 0.95) + 15.0
    long = bent(TRUMPET, release_octaves=3.0)
    assert level_db(long, 1.2, 1.5) > level_db(plain, 1.2, 1.5) + 10.0


def pitches_hz(samples):
    """Of frames of 64 ms in the held note: the strongest line's, by the phase from hop to hop."""
    n_fft, hop = 2048, 64
    window = np.hanning(n_fft)
    starts = range(round(0.3 * RATE), round(0.9 * RATE) - n_fft, 4 * hop)
    found = []
    for start in starts:
        now, then = (
            np.fft.rfft(window * samples[place : place + n_fft]) for place in (start, start + hop)
        )
        line = int(np.abs(now).argmax())
        found.append(np.angle(then[line] / now[line]) % (2 * np.pi) * RATE / (2 * np.pi * hop))
    return np.array(found)


@rendered
def test_vibrato_is_heard_in_the_pitch():
    plain, vibrating = (
        pitches_hz(bent(FLUTE, vibrato_cents=cents, vibrato_octaves=0.0)) for cents in (0.0, 60.0)
    )
    assert np.ptp(vibrating) > np.ptp(plain) + 10.0


@rendered
def test_layers_sound_together_at_their_gains():
    first, second = played(Layer(VIOLIN))[0], played(Layer(FLUTE))[0]
    both = played(Layer(VIOLIN), Layer(FLUTE, gain=0.5))[0]
    rest = both - first
    assert np.corrcoef(rest, second)[0, 1] > 0.999
    assert np.std(rest) / np.std(first) == pytest.approx(0.5, rel=0.01)


@rendered
def test_a_layer_an_octave_above_plays_other_notes_and_stays_on_the_keyboard():
    above = played(Layer(FLUTE, semitones=12))[0]
    same = played(Layer(FLUTE), phrases=([Note(0.0, 1.0, 81.0, 0.7)],))[0]
    np.testing.assert_array_equal(above, same)
    highest = [Note(0.0, 1.0, 120.0, 0.7)]
    assert played(Layer(FLUTE, semitones=12), phrases=(highest,))[0].shape == (2 * RATE,)


@rendered
def test_all_phrases_are_played():
    silence, heard = played(Layer(FLUTE), phrases=([], HELD))
    assert not silence.any()
    assert heard.any()


def test_random_instruments_keep_their_program_and_their_shares():
    others = list(range(10))
    drawn = [
        random_layers(np.random.default_rng(seed), 33, others, bent=0.6, layered=0.3)
        for seed in range(600)
    ]
    assert all(layers[0].program == 33 and layers[0].gain == 1.0 for layers in drawn)
    assert {layer.program for layers in drawn for layer in layers[1:]} == set(others)
    assert np.mean([len(layers) == 2 for layers in drawn]) == pytest.approx(0.3, abs=0.06)
    assert np.mean([layers[0].bend != AS_IS for layers in drawn]) == pytest.approx(0.55, abs=0.07)


def test_none_bent_and_none_layered_are_the_programs_themselves():
    rng = np.random.default_rng(1)
    assert random_layers(rng, 5, [1, 2], bent=0.0, layered=0.0) == (Layer(5),)
