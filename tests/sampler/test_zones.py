"""Zones, against the notes that were mixed."""

import numpy as np
import pytest
from sampled import RATE, level_db, tone

from estilo.analysis.transcription.heard import HeardNote, Transcription
from estilo.audio import Audio
from estilo.sampler.cutting import LEAD_S
from estilo.sampler.separation import separate
from estilo.sampler.tuning import exact_pitch
from estilo.sampler.zones import cut_zones


def snr_db(got: np.ndarray, wanted: np.ndarray) -> float:
    return level_db(wanted) - level_db(got - wanted)


# A fifth and an octave share partials, a third nearly does.
@pytest.mark.parametrize(
    ("interval", "least_db"), [(3.0, 12.0), (4.0, 12.0), (7.0, 8.0), (12.0, 6.0)]
)
def test_a_note_is_taken_out_of_a_chord(interval, least_db):
    pair = [HeardNote(0.1, 0.9, 57.0, -12.0), HeardNote(0.1, 0.9, 57.0 + interval, -15.0)]
    alone = [tone(note, 1.2) for note in pair]
    for own, wanted in enumerate(alone):
        got = separate(sum(alone)[None], pair[own], [pair[1 - own]], sample_rate=RATE, start_s=0.0)
        span = slice(round(0.2 * RATE), round(0.8 * RATE))
        assert snr_db(got.samples[0, span], wanted[span]) > least_db
        assert 0.15 < got.purity < 0.85


def test_a_note_by_itself_is_left_as_it_is():
    note = HeardNote(0.2, 0.7, 60.0, -12.0)
    sound = np.stack([tone(note, 1.0), 0.5 * tone(note, 1.0)])
    (zone,) = cut_zones(Audio(sound, RATE), Transcription((note,)))
    assert zone.purity == 1.0
    assert zone.samples.shape[0] == 2
    first = round((zone.start_s - LEAD_S) * RATE)
    inside = slice(zone.onset, zone.samples.shape[1] - RATE // 50)
    expected = sound[:, first : first + zone.samples.shape[1]]
    assert np.allclose(zone.samples[:, inside], expected[:, inside], atol=1e-6)


@pytest.mark.parametrize("late_s", [-0.015, 0.0, 0.018])
def test_onsets_are_found_where_the_sound_rises(late_s):
    note = HeardNote(0.2, 0.7, 60.0, -12.0)
    heard = HeardNote(0.2 + late_s, 0.7, 60.0, -12.0)
    (zone,) = cut_zones(Audio(tone(note, 1.0), RATE), Transcription((heard,)))
    assert zone.start_s == pytest.approx(0.2, abs=0.002)


@pytest.mark.parametrize("off_cents", [-30.0, 0.0, 25.0])
def test_pitches_are_exact(off_cents):
    note = HeardNote(0.1, 0.6, 52.44, -12.0)
    heard = HeardNote(0.1, 0.6, 52.44 + off_cents / 100.0, -12.0)
    (zone,) = cut_zones(Audio(tone(note, 1.0), RATE), Transcription((heard,)))
    assert zone.pitch == pytest.approx(52.44, abs=0.01)


def test_a_pitch_far_from_all_partials_stays_as_it_was_heard():
    sound = np.sin(2.0 * np.pi * 500.0 / RATE * np.arange(RATE))
    assert exact_pitch(sound, sample_rate=RATE, near=60.0) == 60.0
    assert exact_pitch(sound[:20], sample_rate=RATE, near=71.2) == 71.2


def test_a_zone_ends_before_the_next_note_begins():
    notes = (HeardNote(0.1, 0.5, 60.0, -12.0), HeardNote(0.6, 0.9, 67.0, -12.0))
    sound = sum(tone(note, 1.2, release_db_s=60.0) for note in notes)
    first, second = cut_zones(Audio(sound, RATE), Transcription(notes))
    assert first.samples.shape[1] / RATE == pytest.approx(0.5, abs=0.01)
    assert first.held_s == pytest.approx(0.4, abs=0.003)
    assert not second.is_slurred


def test_what_is_quiet_short_or_covered_is_worth_less():
    notes = (
        HeardNote(0.1, 0.6, 60.0, -12.0),
        HeardNote(0.7, 1.2, 62.0, -50.0),
        HeardNote(1.3, 1.36, 64.0, -12.0),
        HeardNote(1.5, 2.0, 65.0, -30.0),
        HeardNote(1.5, 2.0, 69.0, -6.0),
    )
    sound = sum(tone(note, 2.3) for note in notes)
    good, quiet, short, covered, _ = cut_zones(Audio(sound, RATE), Transcription(notes))
    assert max(quiet.quality, short.quality, covered.quality) < 0.6 * good.quality


def test_a_note_that_is_struck_again_keeps_its_attack():
    notes = (HeardNote(0.1, 0.5, 60.0, -12.0), HeardNote(0.5, 0.9, 60.0, -12.0))
    sound = sum(tone(note, 1.2) for note in notes)
    _, second = cut_zones(Audio(sound, RATE), Transcription(notes))
    early = second.samples[0, second.onset : second.onset + RATE // 50]
    late = second.samples[0, second.onset + RATE // 5 : second.onset + RATE // 4]
    assert level_db(early) == pytest.approx(level_db(late), abs=1.5)


@pytest.mark.parametrize("interval", [3.0, 4.0, 7.0])
def test_notes_of_a_low_chord_are_told_apart(interval):
    notes = [HeardNote(0.1, 1.1, pitch, -12.0) for pitch in (38.0, 38.0 + interval)]
    parts = [tone(note, 1.3) for note in notes]
    held = slice(round(0.2 * RATE), RATE)
    for note, other, part in zip(notes, notes[::-1], parts, strict=True):
        whole = sum(parts)[None]
        alone = separate(whole, note, [other], sample_rate=RATE, start_s=0.0).samples[0]
        assert level_db((alone - part)[held]) < level_db(part[held]) - 12.0


def test_silence_has_no_zones():
    heard = Transcription((HeardNote(0.1, 0.5, 60.0, -90.0), HeardNote(7.0, 8.0, 60.0, -20.0)))
    assert cut_zones(Audio(np.zeros(RATE), RATE), heard) == []
