"""Notes that were played, against what was asked for."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import scipy.signal
from sampled import RATE, instrument, level_db, tone

from estilo.analysis.transcription.heard import STEP_S, HeardNote, Transcription
from estilo.audio import Audio
from estilo.errors import InputError
from estilo.sampler.instrument import Instrument
from estilo.sampler.player import play
from estilo.sampler.releases import RINGS, USUAL_RELEASE_DB_S
from estilo.sampler.tuning import exact_pitch

OWN = HeardNote(0.1, 0.7, 60.0, -12.0)


@pytest.fixture(scope="module")
def flute() -> Instrument:
    return instrument([OWN], 1.0)


def played(notes, of, duration_s=2.0, **options):
    return play(notes, of, sample_rate=RATE, duration_s=duration_s, **options)


def at(sound, start_s, end_s):
    return sound[round(start_s * RATE) : round(end_s * RATE)]


@pytest.mark.parametrize("start_s", [0.01, 0.25, 0.30001, 0.333333])
def test_a_note_starts_where_it_should_to_a_fraction_of_a_sample(flute, start_s):
    note = HeardNote(start_s, start_s + 0.6, 60.0, -20.0)
    sound = played([note], flute).audio.samples[0]
    # The zone begins with the first sample that is not zero.
    late_s = flute.zones[0].start_s - OWN.start_s
    wanted = tone(HeardNote(start_s - late_s, start_s + 0.6, 60.0, -12.0), 2.0)
    got = at(sound, start_s + 0.02, start_s + 0.4)
    expected = at(wanted, start_s + 0.02, start_s + 0.4)
    # A shift by a tenth of a sample would be an error of -40 dB.
    assert level_db(got - expected) < level_db(expected) - 45.0


@pytest.mark.parametrize("pitch", [48.31, 57.0, 60.5, 64.25, 73.9])
def test_tuning_is_exact(flute, pitch):
    sound = played([HeardNote(0.1, 1.6, pitch, -20.0)], flute).audio.samples[0]
    steady = at(sound, 0.3, 1.5).astype(np.float64)
    assert exact_pitch(steady, sample_rate=RATE, near=pitch + 0.1) == pytest.approx(pitch, abs=0.02)


@pytest.mark.parametrize("expression", [0.0, 0.5, 1.0])
def test_courses_of_pitch_are_carried_over_in_shares(flute, expression):
    steps = np.arange(150)
    cents = (50.0 * np.sin(2.0 * np.pi * 5.0 * STEP_S * steps)).astype(np.float32)
    note = HeardNote(0.1, 1.6, 60.0, -20.0, cents)
    sound = played([note], flute, expression=expression).audio.samples[0]
    band = scipy.signal.butter(4, (180.0, 360.0), "band", fs=RATE, output="sos")
    phase = np.unwrap(np.angle(scipy.signal.hilbert(scipy.signal.sosfiltfilt(band, sound))))
    hz = np.diff(phase) * RATE / (2.0 * np.pi)
    course = 1200.0 * np.log2(at(hz, 0.4, 1.4) / 261.626)
    wanted = expression * 50.0 * np.sin(2.0 * np.pi * 5.0 * (np.arange(len(course)) / RATE + 0.3))
    assert np.abs(course - wanted).mean() < 4.0


@pytest.mark.parametrize("expression", [0.0, 1.0])
def test_courses_of_level_are_carried_over_in_shares(flute, expression):
    levels_db = -12.0 * np.arange(150, dtype=np.float32) / 150
    note = HeardNote(0.1, 1.6, 60.0, -20.0, levels_db=levels_db)
    sound = played([note], flute, expression=expression).audio.samples[0]
    fall_db = level_db(at(sound, 0.3, 0.4)) - level_db(at(sound, 1.3, 1.4))
    assert fall_db == pytest.approx(8.0 * expression, abs=1.0)


def test_levels_are_those_of_the_notes_against_each_other(flute):
    notes = [HeardNote(s, s + 0.4, 60.0 + s, level) for s, level in ((0.0, -20.0), (1.0, -30.0))]
    sound = played(notes, flute).audio.samples[0]
    difference_db = level_db(at(sound, 0.1, 0.3)) - level_db(at(sound, 1.1, 1.3))
    assert difference_db == pytest.approx(10.0, abs=0.5)


def test_long_notes_last_and_short_ones_end(flute):
    sound = played([HeardNote(0.1, 1.7, 60.0, -20.0)], flute).audio.samples[0]
    assert level_db(at(sound, 1.5, 1.7)) == pytest.approx(level_db(at(sound, 0.2, 0.4)), abs=0.5)
    short = played([HeardNote(0.1, 0.25, 60.0, -20.0)], flute).audio.samples[0]
    held_db = level_db(at(short, 0.12, 0.24))
    # The instrument's own notes fall by 600 dB a second.
    assert level_db(at(short, 0.29, 0.3)) == pytest.approx(held_db - 27.0, abs=5.0)
    assert level_db(at(short, 0.5, 0.6)) < held_db - 90.0


def test_struck_notes_go_on_to_fade():
    bell = instrument([OWN], 1.0, decays_db_s=(20.0,) * 6)
    sound = played([HeardNote(0.1, 1.7, 60.0, -20.0)], bell).audio.samples[0]
    fall_db = level_db(at(sound, 0.2, 0.3)) - level_db(at(sound, 1.5, 1.6))
    assert fall_db == pytest.approx(26.0, abs=3.0)


def test_many_notes_are_no_louder_than_the_sum_of_their_powers(flute):
    chord = [HeardNote(0.1, 1.0, pitch, -20.0) for pitch in (55.0, 60.0, 63.0, 67.0, 70.0)]
    together = level_db(at(played(chord, flute).audio.samples[0], 0.3, 0.9))
    one = level_db(at(played(chord[:1], flute).audio.samples[0], 0.3, 0.9))
    assert together == pytest.approx(one + 10.0 * np.log10(5.0), abs=1.5)
    again = [HeardNote(0.05 * k, 0.05 * k + 0.045, 60.0, -20.0) for k in range(30)]
    repeated = level_db(at(played(again, flute).audio.samples[0], 0.5, 1.4))
    assert repeated < one + 1.0


def test_repeated_notes_take_turns():
    notes = [HeardNote(0.1 + k, 0.7 + k, 60.0, -12.0) for k in range(3)]
    piano = instrument(notes, 3.2)
    tune = [HeardNote(0.3 * k, 0.3 * k + 0.25, 60.0, -20.0) for k in range(6)]
    zones = played(tune, piano).zones
    assert all(one != other for one, other in itertools.pairwise(zones))


def test_the_nearest_zone_plays():
    notes = [HeardNote(0.1, 0.7, 52.0, -12.0), HeardNote(1.1, 1.7, 64.0, -12.0)]
    two = instrument(notes, 2.0)
    assert played([HeardNote(0.0, 0.5, p, -20.0) for p in (50.0, 60.0)], two).zones == (0, 1)


def test_a_quiet_note_is_played_by_a_quiet_zone():
    notes = [HeardNote(0.1, 0.7, 60.0, -12.0), HeardNote(1.1, 1.7, 60.2, -30.0)]
    two = instrument(notes, 2.0)
    tune = [HeardNote(0.0, 0.5, 60.1, -10.0), HeardNote(1.0, 1.5, 62.0, -28.0)]
    assert played(tune, two).zones == (0, 1)


def test_the_envelope_stays_where_a_note_is_moved_far(flute):
    # Partials near 1 kHz stand out; an octave down they would be near 500 Hz.
    samples = tone(OWN, 1.0, decays_db_s=(0.0,) * 24)
    shaped = scipy.signal.lfilter([1.0], [1.0, -1.75, 0.9], samples)
    voice = Instrument.of([Audio(0.1 * shaped, RATE)], [Transcription((OWN,))])
    sound = played([HeardNote(0.1, 1.1, 48.0, -20.0)], voice).audio.samples[0]
    hz, power = scipy.signal.welch(at(sound, 0.3, 1.0), RATE, nperseg=4096)
    _, own = scipy.signal.welch(at(shaped, 0.3, 0.6), RATE, nperseg=4096)
    centre, moved = (float((hz * p).sum() / p.sum()) for p in (own, power))
    assert moved > centre / 2.0**0.75


def test_releases_are_measured_in_tails():
    notes = [HeardNote(0.1 + 0.8 * k, 0.5 + 0.8 * k, 60.0 + k, -12.0) for k in range(3)]
    assert instrument(notes, 2.6, release_db_s=200.0).release_db_s == pytest.approx(200.0, rel=0.1)


def test_a_tail_that_goes_on_as_the_note_was_fading_is_no_release():
    notes = [HeardNote(0.1 + 0.8 * k, 0.4 + 0.8 * k, 60.0 + k, -12.0) for k in range(3)]
    fading = instrument(notes, 2.6, decays_db_s=(60.0,) * 24, release_db_s=0.0)
    assert fading.release_db_s == RINGS
    let_go = instrument(notes, 2.6, decays_db_s=(60.0,) * 24, release_db_s=100.0)
    assert let_go.release_db_s == pytest.approx(160.0, rel=0.1)


BELL = [HeardNote(0.1 + 2.0 * k, 0.9 + 2.0 * k, 60.0 + 3 * k, -12.0) for k in range(3)]


def test_bells_that_nobody_damps_ring_on():
    bell = instrument(BELL, 6.0, decays_db_s=(30.0,) * 6, release_db_s=0.0)
    sound = played([HeardNote(0.1, 0.3, 60.0, -20.0)], bell, 4.0).audio.samples[0]
    first_db = level_db(at(sound, 0.15, 0.25))
    # After the note, after the zone, and in its loop: always the bell's own 30 dB a second.
    for start_s in (0.4, 1.0, 1.8, 2.1):
        fall_db = first_db - level_db(at(sound, start_s, start_s + 0.1))
        assert fall_db == pytest.approx(30.0 * (start_s - 0.15), abs=3.0)
    assert level_db(sound[-RATE:]) < first_db - 70.0


def test_steady_notes_stop_though_none_is_seen_to_be_let_go():
    notes = [HeardNote(0.1 + 0.5 * k, 0.6 + 0.5 * k, 60.0 + k, -12.0) for k in range(4)]
    slurred = instrument(notes, 2.1)
    assert slurred.release_db_s >= USUAL_RELEASE_DB_S
    sound = played([HeardNote(0.1, 0.3, 61.0, -20.0)], slurred).audio.samples[0]
    assert level_db(sound[RATE:]) < level_db(at(sound, 0.1, 0.3)) - 60.0


def test_bells_that_are_damped_late_are_damped():
    long = [replace(note, end_s=note.start_s + 1.6) for note in BELL]
    sounds = [tone(note, 6.0, decays_db_s=(30.0,) * 6) for note in long]
    for place in range(4):
        # One that is damped says little among those that ring, most of them say all.
        ringing = [tone(note, 6.0, decays_db_s=(30.0,) * 6, release_db_s=0.0) for note in BELL]
        samples = sum(sounds[:place]) + sum(ringing[place:]) + np.zeros(6 * RATE)
        made = Instrument.of([Audio(samples, RATE)], [Transcription(tuple(BELL))])
        assert (made.release_db_s == RINGS) == (place == 0)


def test_what_rings_on_where_nothing_else_is_heard_is_a_notes_own():
    # The third partial of a bell fades six times as fast as the bell, and is taken for a note.
    decays_db_s = (20.0, 20.0, 120.0, 120.0, 120.0, 120.0)
    samples = sum(tone(note, 6.0, decays_db_s=decays_db_s, release_db_s=0.0) for note in BELL)
    partials = [replace(note, pitch=note.pitch + 19.0, end_s=note.start_s + 0.3) for note in BELL]
    heard = Transcription(tuple(sorted((*BELL, *partials), key=lambda note: note.start_s)))
    bells = Instrument.of([Audio(samples, RATE)], [heard]).zones[: len(BELL)]
    for zone, note in zip(bells, BELL, strict=True):
        wanted = at(samples, note.start_s + 1.5, note.start_s + 1.6)
        late = at(zone.samples[0, zone.onset :], 1.5, 1.6)
        assert level_db(late) == pytest.approx(level_db(wanted), abs=1.0)


def test_other_rates_and_channels(flute):
    sound = play([OWN], flute, sample_rate=22_050, duration_s=1.0).audio
    assert sound.samples.shape == (1, 22_050)
    pitch = exact_pitch(sound.samples[0, 4410:13_000], sample_rate=22_050, near=60.0)
    assert pitch == pytest.approx(60.0, abs=0.02)


def test_nothing_to_play_is_silence(flute):
    silence = played([], flute)
    assert silence.zones == ()
    assert not silence.audio.samples.any()


def test_what_cannot_be_played_is_refused(flute):
    with pytest.raises(InputError, match="at least one sample"):
        played([OWN], flute, duration_s=0.0)
    with pytest.raises(InputError, match="0 to 1"):
        played([OWN], flute, expression=2.0)
    with pytest.raises(InputError, match="no note can be cut out"):
        Instrument.of([Audio(np.zeros(RATE), RATE)], [Transcription()])
    with pytest.raises(InputError, match="a transcription of each"):
        Instrument.of([Audio(np.zeros(RATE), RATE)], [])


def test_a_good_zone_plays_near_pitches_and_none_that_is_far(flute):
    low, near = (
        replace(flute.zones[0], pitch=pitch, quality=quality)
        for pitch, quality in ((60.0, 0.95), (66.0, 0.5))
    )
    both = replace(flute, zones=(low, near))

    def chosen(pitch: float) -> int:
        note = HeardNote(0.0, 0.5, pitch, 0.0)
        return both.choose(note, level_db=low.level_db)

    assert [chosen(pitch) for pitch in (60.0, 64.0, 74.0, 80.0)] == [0, 0, 1, 1]


def test_long_notes_of_an_instrument_that_is_held_do_not_fade_with_a_zone_that_does():
    held = [HeardNote(0.1 + k, 0.9 + k, 60.0 + 5 * k, -12.0) for k in range(2)]
    short = HeardNote(2.1, 2.3, 50.0, -12.0)
    samples = sum(tone(note, 3.0) for note in held)
    samples = samples + tone(short, 3.0, decays_db_s=(25.0,) * 6)
    made = Instrument.of([Audio(samples, RATE)], [Transcription((*held, short))])
    sound = played([HeardNote(0.1, 1.7, 48.0, -20.0)], made).audio.samples[0]
    fall_db = level_db(at(sound, 0.4, 0.5)) - level_db(at(sound, 1.5, 1.6))
    assert fall_db == pytest.approx(0.0, abs=1.0)
