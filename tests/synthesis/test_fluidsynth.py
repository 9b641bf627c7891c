import io
import itertools
import re
import sys

import mido
import numpy as np
import pytest
from optional_programs import HOW_TO_INSTALL, missing, pretend

from estilo.errors import EstiloError, InputError, SettingsError
from estilo.synthesis import fluidsynth
from estilo.synthesis.fluidsynth import DRUM_CHANNEL, find_player, midi_file, render
from estilo.synthesis.notes import Note

NOTES = (Note(0.5, 0.5, 69.0, 1.0), Note(1.0, 0.75, 72.4, 0.5), Note(1.0, 0.25, 57.0, 0.001))
RATE = 32_000
FLUTE = 73


def test_midi_holds_the_notes():
    file = mido.MidiFile(file=io.BytesIO(midi_file([(NOTES, 40)], stride_s=5, duration_s=4.0)))
    assert (file.type, len(file.tracks)) == (0, 1)
    assert file.length == pytest.approx(4.0, abs=1e-3)
    now, started, heard, programs = 0.0, {}, [], []
    for message in file:  # times in seconds, by mido's own reckoning of tempo and ticks
        now += message.time
        if message.type == "program_change":
            programs.append((now, message.program))
        elif message.type == "note_on":
            assert message.note not in started
            started[message.note] = now, message.velocity
        elif message.type == "note_off":
            start, velocity = started.pop(message.note)
            heard.append((message.note, start, now - start, velocity))
    assert not started
    assert programs == [(0.0, 40)]
    expected = [(69, 0.5, 0.5, 127), (57, 1.0, 0.25, 1), (72, 1.0, 0.75, 64)]
    for ours, theirs in zip(heard, expected, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-3)


def test_notes_end_before_others_begin_and_the_shortest_ends_at_all():
    notes = (Note(0.0, 1.0, 60.0, 0.5), Note(1.0, 0.5, 60.0, 0.5), Note(2.0, 1e-5, 62.0, 0.5))
    file = mido.MidiFile(file=io.BytesIO(midi_file([(notes, 0)], stride_s=2, duration_s=1.0)))
    kinds = [(each.type, each.note) for each in file if each.type.startswith("note")]
    assert kinds == [("note_on", 60), ("note_off", 60)] * 2 + [("note_on", 62), ("note_off", 62)]


def test_drums_have_a_channel_of_their_own():
    bend = fluidsynth.Bend(cutoff_octaves=-1.0)
    midi = midi_file([(NOTES, 25)], stride_s=5, duration_s=4.0, bend=bend, channel=DRUM_CHANNEL)
    messages = [each for each in mido.MidiFile(file=io.BytesIO(midi)) if not each.is_meta]
    assert {each.channel for each in messages} == {9}
    assert {each.type for each in messages} == {
        *("note_on", "note_off", "program_change", "control_change"),
    }


@pytest.mark.needs_fluidsynth
def test_drums_are_drums():
    """A cymbal has no pitch to follow its number; a piano's note a semitone up has."""
    parts = [((Note(0.0, 0.5, pitch, 0.8),), 0) for pitch in (42.0, 43.0)]
    options = {"soundfont": "TimGM6mb", "sample_rate": RATE, "duration_s": 1.0}
    hat, tom = fluidsynth.render_parts(parts, channel=DRUM_CHANNEL, **options)
    spectra = [np.square(np.abs(np.fft.rfft(each))) for each in (hat, tom)]
    below_1_khz = [each[:1000].sum() / each.sum() for each in spectra]
    assert below_1_khz[0] < 0.1 < 0.8 < below_1_khz[1]


@pytest.mark.needs_fluidsynth
def test_it_sounds_as_written():
    samples = render(
        [Note(0.5, 1.0, 69.0, 0.8)],
        program=FLUTE,
        soundfont="TimGM6mb",
        sample_rate=RATE,
        duration_s=2.0,
    )
    assert (samples.dtype, samples.shape) == (np.float32, (2 * RATE,))
    assert not samples[: round(0.49 * RATE)].any()
    loudest = np.abs(samples).max()
    assert 0.02 < loudest < 1.0
    assert np.abs(samples[round(1.9 * RATE) :]).max() < 0.05 * loudest
    held = samples[round(0.8 * RATE) : round(1.4 * RATE)]
    spectrum = np.abs(np.fft.rfft(held * np.hanning(len(held)), 1 << 18))
    cents = 1200.0 * np.log2(spectrum.argmax() * RATE / (1 << 18) / 440.0)
    assert abs(cents) < 20.0


@pytest.mark.needs_fluidsynth
def test_it_repeats_bit_for_bit():
    options = {"program": 0, "soundfont": "TimGM6mb", "sample_rate": RATE, "duration_s": 2.0}
    np.testing.assert_array_equal(render(NOTES, **options), render(NOTES, **options))


@pytest.mark.needs_fluidsynth
def test_no_notes_are_silence():
    samples = render([], program=0, soundfont="TimGM6mb", sample_rate=RATE, duration_s=0.5)
    assert samples.shape == (RATE // 2,)
    assert not samples.any()


@pytest.mark.needs_fluidsynth
def test_a_broken_soundfont_is_not_replaced_by_another(tmp_path):
    broken = tmp_path / "broken.sf2"
    broken.write_bytes(b"RIFF0000sfbk" + bytes(1000))
    with pytest.raises(InputError, match=r"cannot read the soundfont .*broken\.sf2"):
        render(NOTES, program=0, soundfont=broken, sample_rate=RATE, duration_s=1.0)


@pytest.mark.needs_fluidsynth
def test_what_fluidsynth_refuses():
    with pytest.raises(EstiloError, match=r"FluidSynth failed \(status .*out of range"):
        render(NOTES, program=0, soundfont="TimGM6mb", sample_rate=100, duration_s=1.0)


PARTS = tuple(HOW_TO_INSTALL)


@pytest.mark.parametrize(
    "present", [each for n in range(len(PARTS)) for each in itertools.combinations(PARTS, n)]
)
def test_a_refusal_names_all_that_is_missing(monkeypatch, tmp_path, present):
    pretend(monkeypatch, tmp_path, *present)
    with pytest.raises(InputError, match=re.escape(f"missing: {missing(*present)}") + "$"):
        render(NOTES, program=0, soundfont="TimGM6mb", sample_rate=RATE, duration_s=1.0)


def test_a_path_is_found_where_it_is_and_a_player_is_still_needed(monkeypatch, tmp_path):
    font = tmp_path / "own.sf2"
    font.touch()
    pretend(monkeypatch, tmp_path / "programs", "fluidsynth", "mido")
    assert find_player(str(font)).soundfont == font
    pretend(monkeypatch, tmp_path / "none", "mido")
    with pytest.raises(InputError, match=re.escape(missing("soundfont", "mido")) + "$"):
        find_player(str(font))


def test_what_is_there_is_played(monkeypatch, tmp_path):
    pretend(monkeypatch, tmp_path, *PARTS)
    silence = render(NOTES, program=0, soundfont="TimGM6mb", sample_rate=RATE, duration_s=1.0)
    assert silence.shape == (RATE,)
    assert not silence.any()


def test_missing_mido_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "mido", None)
    with pytest.raises(InputError, match=r"mido \(pip install 'estilo\[eval\]'"):
        midi_file([(NOTES, 0)], stride_s=5, duration_s=1.0)


@pytest.mark.parametrize("name", fluidsynth.SOUNDFONTS)
def test_missing_soundfonts_name_their_package(monkeypatch, tmp_path, name):
    pretend(monkeypatch, tmp_path, "fluidsynth", "mido")
    file, package = fluidsynth.SOUNDFONTS[name]
    file = file.rpartition("/")[2]
    with pytest.raises(InputError, match=rf"{name} \(apt install {package}, or put {file} into"):
        find_player(name)


def test_own_folders_come_first(monkeypatch, tmp_path):
    pretend(monkeypatch, tmp_path / "programs", *PARTS)
    own = tmp_path / "TimGM6mb.sf2"
    own.write_bytes(b"")
    assert find_player("TimGM6mb").soundfont != own
    monkeypatch.setenv("ESTILO_SOUNDFONTS", str(tmp_path))
    assert find_player("TimGM6mb").soundfont == own
    assert find_player(str(own)).soundfont == own


def test_unknown_soundfonts_and_programs_are_refused():
    with pytest.raises(InputError, match="neither a known soundfont"):
        find_player("Fluid")
    with pytest.raises(SettingsError, match="between 0 and 127, got 128"):
        render(NOTES, program=128, soundfont="TimGM6mb", sample_rate=RATE, duration_s=1.0)
