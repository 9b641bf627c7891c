"""MIDI files, written and read, against mido and against what was put in."""

import numpy as np
import pytest

from estilo.analysis.transcription.heard import STEP_S, HeardNote, Hit, Transcription
from estilo.errors import InputError, OutputError
from estilo.sampler.midi_reading import read_midi
from estilo.sampler.midi_writing import TICKS_PER_BEAT, write_midi

mido = pytest.importorskip("mido")


def drawn(rng: np.random.Generator) -> HeardNote:
    """A note anywhere, with vibrato."""
    start_s, duration_s = rng.uniform(0.0, 4.0), rng.uniform(0.05, 2.0)
    steps = np.arange(round(duration_s / STEP_S))
    cents = 40.0 * np.sin(0.3 * steps)
    return HeardNote(
        start_s,
        start_s + duration_s,
        pitch=rng.uniform(30.0, 90.0),
        level_db=rng.uniform(-60.0, -20.0),
        cents=(cents - np.median(cents)).astype(np.float32),
    )


def saved(tmp_path, *tracks, ticks_per_beat=480, kind=1):
    """A file of messages whose times are ticks since the one before."""
    file = mido.MidiFile(type=kind, ticks_per_beat=ticks_per_beat)
    file.tracks += [mido.MidiTrack(track) for track in tracks]
    path = tmp_path / "made.mid"
    file.save(path)
    return path


def on(time, note, velocity=100, channel=0):
    return mido.Message("note_on", note=note, velocity=velocity, channel=channel, time=time)


def off(time, note, channel=0):
    return mido.Message("note_off", note=note, channel=channel, time=time)


def control(time, number, value):
    return mido.Message("control_change", control=number, value=value, time=time)


@pytest.mark.parametrize("bpm", [60.0, 120.0, 173.0])
def test_notes_come_back(rng, tmp_path, bpm):
    # More sound at once than a port has channels.
    notes = [drawn(rng) for _ in range(60)]
    notes.sort(key=lambda note: (note.start_s, note.pitch))
    hits = (Hit(0.5, 0.6, -30.0), Hit(1.25, 1.5, -24.0))
    path = write_midi(Transcription(tuple(notes), hits), tmp_path / "notes.mid", bpm=bpm)
    again = read_midi(path)
    tick_s = 1.01 * 60.0 / bpm / TICKS_PER_BEAT
    assert len(again.notes) == len(notes)
    for one, other in zip(notes, again.notes, strict=True):
        assert other.start_s == pytest.approx(one.start_s, abs=tick_s)
        assert other.end_s == pytest.approx(one.end_s, abs=tick_s)
        assert other.pitch == pytest.approx(one.pitch, abs=0.01)
        assert other.level_db == pytest.approx(one.level_db, abs=1.0)
        n_steps = min(len(one.cents), len(other.cents))
        assert abs(len(one.cents) - len(other.cents)) <= 1
        difference = one.cents[:n_steps] - other.cents[:n_steps]
        assert np.abs(difference).max() < 1.0
    for one, other in zip(hits, again.hits, strict=True):
        assert other.start_s == pytest.approx(one.start_s, abs=tick_s)
        assert other.level_db == pytest.approx(one.level_db, abs=1.0)


def test_other_programs_find_keys_and_bends(tmp_path):
    heard = Transcription((HeardNote(1.0, 2.0, 60.5, -20.0),), (Hit(3.0, 3.1, -20.0),))
    file = mido.MidiFile(write_midi(heard, tmp_path / "one.mid"))
    messages = [(round(now, 3), each) for now, each in _timed(file)]
    starts = [(now, each.note, each.channel) for now, each in messages if each.type == "note_on"]
    assert starts == [(1.0, 60, 0), (3.0, 38, 9)]
    (bend,) = [each.pitch for _, each in messages if each.type == "pitchwheel"]
    assert 24 * bend / 8192 == pytest.approx(0.5, abs=0.01)


def _timed(file):
    now = 0.0
    for message in file:  # mido plays the tracks together, in seconds
        now += message.time
        yield now, message


def test_tempo_changes_are_followed(tmp_path):
    tempo = [
        mido.MetaMessage("set_tempo", tempo=500_000, time=0),
        mido.MetaMessage("set_tempo", tempo=1_000_000, time=480),
    ]
    path = saved(tmp_path, tempo, [on(240, 60), off(480, 60), on(240, 62), off(480, 62)])
    first, second = read_midi(path).notes
    # Half a beat before the change at 0.5 s, the rest at one second a beat.
    assert (first.start_s, first.end_s) == pytest.approx((0.25, 1.0))
    assert (second.start_s, second.end_s) == pytest.approx((1.5, 2.5))


def test_the_pedal_holds_until_it_or_the_key_comes_again(tmp_path):
    track = [
        control(0, 64, 127),
        on(0, 60),
        on(0, 64),
        off(240, 60),
        off(0, 64),
        on(240, 60),
        off(240, 60),
        control(240, 64, 0),
        on(240, 67),
        off(240, 67),
    ]
    notes = read_midi(saved(tmp_path, track)).notes
    spans = [(each.pitch, each.start_s, each.end_s) for each in notes]
    assert spans == [(60, 0.0, 0.5), (64, 0.0, 1.0), (60, 0.5, 1.0), (67, 1.25, 1.5)]


def test_bends_in_the_usual_range_and_expression(tmp_path):
    track = [
        control(0, 11, 127),
        on(0, 60, velocity=127),
        mido.Message("pitchwheel", pitch=4096, time=240),
        control(240, 11, 40),
        off(960, 60),
    ]
    (note,) = read_midi(saved(tmp_path, track)).notes
    assert note.pitch == pytest.approx(61.0)
    assert note.cents[[0, -1]] == pytest.approx([-100.0, 0.0])
    assert note.level_db == pytest.approx(-10.0)
    assert note.levels_db[-1] == pytest.approx(40 * np.log10(40 / 127), abs=1e-4)


def test_tracks_and_channels_are_chosen(tmp_path):
    path = saved(tmp_path, [on(0, 60), off(9, 60)], [on(0, 72, channel=3), off(9, 72, channel=3)])
    assert [each.pitch for each in read_midi(path).notes] == [60, 72]
    assert [each.pitch for each in read_midi(path, tracks=[1]).notes] == [72]
    assert [each.pitch for each in read_midi(path, channels=[1]).notes] == [60]
    with pytest.raises(InputError, match="tracks 0 to 1"):
        read_midi(path, tracks=[5])


def test_a_note_without_an_end_lasts_to_the_end_of_the_file(tmp_path):
    (note,) = read_midi(saved(tmp_path, [on(0, 60), control(480, 1, 0)])).notes
    assert note.end_s == 0.5


def test_what_is_no_piece_is_refused(tmp_path):
    garbage = tmp_path / "garbage.mid"
    garbage.write_bytes(b"RIFFnot a midi file at all")
    with pytest.raises(InputError, match="Standard MIDI File"):
        read_midi(garbage)
    with pytest.raises(InputError, match="does not exist"):
        read_midi(tmp_path / "nowhere.mid")
    with pytest.raises(InputError, match="type 2"):
        read_midi(saved(tmp_path, [on(0, 60)], kind=2))


def test_a_file_is_not_replaced(tmp_path):
    path = write_midi(Transcription(), tmp_path / "none.mid")
    assert read_midi(path) == Transcription(explained=1.0)
    with pytest.raises(OutputError, match="already exists"):
        write_midi(Transcription(), path)
    with pytest.raises(InputError, match="10 to 1000"):
        write_midi(Transcription(), path, bpm=0.0)
