"""MIDI files as content: their notes, played by a style."""

import json
from pathlib import Path

import mido
import numpy as np
import pytest

from estilo.analysis.transcription.heard import HeardNote, Hit, Transcription
from estilo.audio import Audio
from estilo.errors import InputError, SettingsError
from estilo.io import save
from estilo.pipeline.clips import Clip
from estilo.pipeline.rerunning import rerun
from estilo.pipeline.transfer import Transfer, TransferResult
from estilo.pipeline.written import read_written
from estilo.sampler.midi_writing import write_midi

RATE = 16_000
BEND = np.linspace(-100.0, 100.0, 60).astype(np.float32)
NOTES = (
    HeardNote(0.2, 0.7, 62.0, -20.0),
    HeardNote(0.9, 1.4, 65.0, -32.0),
    HeardNote(1.6, 2.2, 60.5, -20.0, cents=BEND),
)


@pytest.fixture(scope="module")
def style() -> Audio:
    """Three notes of six partials."""
    time_s = np.arange(3 * RATE) / RATE
    sound = np.zeros(len(time_s))
    for base_hz, start_s in ((220.0, 0.2), (293.66, 1.1), (349.23, 2.0)):
        since_s = time_s - start_s
        level = np.clip(since_s / 0.004, 0.0, 1.0) * (since_s < 0.7)
        for order in range(1, 7):
            sound += 0.1 / order * level * np.sin(2.0 * np.pi * order * base_hz * since_s)
    return Audio(sound[None], RATE)


@pytest.fixture(scope="module")
def song(tmp_path_factory) -> Path:
    heard = Transcription(NOTES, (Hit(0.5, 0.6, -20.0),))
    return write_midi(heard, tmp_path_factory.mktemp("written") / "song.mid")


@pytest.fixture(scope="module")
def made(song, style) -> TransferResult:
    return Transfer(seed=1)(song, style)


def summit_hz(samples: np.ndarray, start_s: float, end_s: float) -> float:
    part = samples[round(start_s * RATE) : round(end_s * RATE)]
    size = 16 * len(part)
    level = np.abs(np.fft.rfft(part * np.hanning(len(part)), size))
    return float(level.argmax()) * RATE / size


def level_db(samples: np.ndarray, start_s: float, end_s: float) -> float:
    part = samples[round(start_s * RATE) : round(end_s * RATE)]
    return float(10.0 * np.log10(np.mean(np.square(part)) + 1e-20))


def test_the_notes_are_played_where_they_are_written(made):
    sound = made.audio.samples[0]
    assert made.audio.samples.shape == (1, round(4.2 * RATE))
    for note in NOTES[:2]:
        wanted_hz = 440.0 * 2.0 ** ((note.pitch - 69.0) / 12.0)
        assert summit_hz(sound, note.start_s + 0.05, note.end_s) == pytest.approx(
            wanted_hz, rel=3e-3
        )
        begins = level_db(sound, note.start_s, note.start_s + 0.02)
        assert begins > level_db(sound, note.start_s - 0.04, note.start_s - 0.01) + 30.0
    assert made.report.plan.engine == "notes"
    assert made.report.plan.settings.amount == 1.0
    assert {grain.style for grain in made.report.grains} == {0}
    assert len(made.report.grains) == len(NOTES)


def test_velocities_are_levels(made):
    sound = made.audio.samples[0]
    loud, soft = (level_db(sound, each.start_s + 0.1, each.end_s - 0.1) for each in NOTES[:2])
    # Two zones may differ by what their own shapes make.
    assert loud - soft == pytest.approx(12.0, abs=2.0)


def test_bends_are_followed_as_they_are_written(made):
    sound = made.audio.samples[0]
    for start_s, cents in ((1.65, -66.0), (2.0, 50.0)):
        wanted_hz = 440.0 * 2.0 ** ((60.5 + cents / 100.0 - 69.0) / 12.0)
        found_hz = summit_hz(sound, start_s, start_s + 0.1)
        assert 1200.0 * np.log2(found_hz / wanted_hz) == pytest.approx(0.0, abs=25.0)


def test_drums_without_a_style_that_has_some_are_left_out_and_said_to_be(made):
    assert "no style has drums, so that those of the file are left out" in made.report.warnings


def test_drums_are_played_by_a_second_style(style, rng, tmp_path):
    beat = Transcription(NOTES[:1], (Hit(1.0, 1.1, -20.0, 36), Hit(2.0, 2.1, -20.0, 36)))
    burst = rng.standard_normal(2000) * np.exp(-np.arange(2000) / 400.0)
    drums = np.zeros(3 * RATE)
    for start_s in (0.3, 1.1, 1.9, 2.5):
        drums[round(start_s * RATE) :][:2000] += 0.5 * burst
    path = write_midi(beat, tmp_path / "beat.mid")
    made = Transfer()(path, [style, Audio(drums[None], RATE)])
    struck = [grain for grain in made.report.grains if grain.style == 1]
    assert [round(grain.start_s, 2) for grain in struck] == [1.0, 2.0]
    assert made.report.warnings == []
    with pytest.raises(InputError, match="drums alone"):
        Transfer()(write_midi(Transcription((), beat.hits), tmp_path / "hits.mid"), style)


def test_the_style_lends_its_loudness(made, style):
    assert made.report.level is not None
    assert made.report.level.shortfall_lu == pytest.approx(0.0, abs=0.1)
    assert made.report.level.target_lufs == made.report.level.achieved_lufs


def test_a_recipe_renders_it_again(song, style, tmp_path):
    save(style, tmp_path / "style.wav", bit_depth="float")
    made = Transfer()(Clip(song, duration_s=1.0, at="tracks=1"), tmp_path / "style.wav")
    assert made.audio.n_samples == RATE
    recipe = tmp_path / "out.wav.json"
    recipe.write_text(made.report.to_json())
    assert json.loads(recipe.read_text())["content"]["at"] == "tracks=1"
    assert np.array_equal(rerun(recipe).audio.samples, made.audio.samples)


def test_parts_by_track_channel_and_time(tmp_path):
    file = mido.MidiFile(ticks_per_beat=480)
    for channel, key in enumerate((60, 64, 67)):
        on = mido.Message("note_on", channel=channel, note=key, velocity=90)
        off = mido.Message("note_off", channel=channel, note=key, time=960)
        file.tracks.append(mido.MidiTrack([on, off]))
    file.save(tmp_path / "three.mid")

    def keys(at: str, **part: float) -> list[int]:
        clip = Clip(tmp_path / "three.mid", at=at, **part)
        return [round(note.pitch) for note in read_written(clip).notes.notes]

    assert keys("") == [60, 64, 67]
    assert keys("tracks=1") == [64]
    assert keys("track=0,2") == [60, 67]
    assert keys("channels=2-3") == [64, 67]
    later = read_written(Clip(tmp_path / "three.mid", offset_s=0.25, duration_s=0.5))
    assert [(note.start_s, note.end_s) for note in later.notes.notes] == [(0.0, 0.5)] * 3
    assert later.duration_s == 0.5
    with pytest.raises(InputError, match="no notes in this part"):
        keys("", offset_s=2.0)
    with pytest.raises(InputError, match="tracks 0 to 2"):
        keys("tracks=7")
    with pytest.raises(SettingsError, match="tracks=1,2 or channels=1-4"):
        keys("voices=1")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"engine": "eq"}, "the engine 'notes' alone"),
        ({"strength": 0.5}, "leave the strength out"),
        ({"engine": "notes", "strength": 0.0}, "leave the strength out"),
        ({"mix": 0.5}, "mix works on the content's sound"),
        ({"on": "harmonic"}, "on works on"),
        ({"match": "tempo"}, "match works on"),
        ({"formants": 0.5}, "formants works on"),
    ],
)
def test_what_a_content_without_sound_cannot_do(song, style, options, said):
    with pytest.raises(SettingsError, match=said):
        Transfer(**options)(song, style)


def test_a_style_without_notes_cannot_play(song, rng):
    noise = Audio(0.1 * rng.normal(size=(1, 2 * RATE)), RATE)
    with pytest.raises(InputError, match="give a recording of an instrument"):
        Transfer()(song, noise)


def test_a_style_that_applies_in_places_is_refused(song, style):
    with pytest.raises(SettingsError, match="a MIDI file knows no parts"):
        Transfer()(song, Clip(style, at="0s-1s"))


def test_notes_that_are_written_and_read_again_are_the_same(song):
    again = read_written(Clip(song)).notes.notes
    for one, other in zip(NOTES, again, strict=True):
        assert other.start_s == pytest.approx(one.start_s, abs=6e-4)
        assert other.end_s == pytest.approx(one.end_s, abs=6e-4)
        assert other.pitch == pytest.approx(one.pitch + np.median(one.cents) / 100.0, abs=0.02)
        assert other.level_db == pytest.approx(one.level_db, abs=1.0)


def test_volume_within_a_note_is_followed(style, tmp_path):
    file = mido.MidiFile(ticks_per_beat=480)  # a beat lasts half a second
    quieter = mido.Message("control_change", control=11, value=64, time=960)
    track = [
        mido.Message("note_on", note=62, velocity=100),
        quieter,
        mido.Message("note_off", note=62, time=960),
    ]
    file.tracks.append(mido.MidiTrack(track))
    file.save(tmp_path / "swell.mid")
    sound = Transfer()(tmp_path / "swell.mid", style).audio.samples[0]
    fall_db = level_db(sound, 0.6, 0.9) - level_db(sound, 1.2, 1.8)
    assert fall_db == pytest.approx(40.0 * np.log10(127 / 64), abs=1.0)
