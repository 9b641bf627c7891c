from dataclasses import replace

import pytest

from estilo.datasets.instruments.library import (
    TABLE,
    InstrumentNote,
    by_instrument,
    common_pitches,
    read_library,
    recorded_folder,
    write_library,
)
from estilo.errors import InputError

NOTE = InstrumentNote(
    "flute/060.ogg", "flute", 60, 110, 0.25, "train", "CC-BY-4.0", 'Flute, "new"', "ab12"
)
HEADING = "path,instrument,midi_pitch,velocity,held_s,split,licence,source"


def test_what_was_written_is_read(tmp_path):
    notes = [NOTE, replace(NOTE, path="tuba/040.ogg", instrument="tuba", split="test", sha256="")]
    write_library(tmp_path, reversed(notes))
    assert read_library(tmp_path) == notes
    assert read_library(tmp_path, split="test") == notes[1:]


def test_the_hash_may_be_missing(tmp_path):
    (tmp_path / TABLE).write_text(f"{HEADING}\na.ogg,flute,60,64,0.5,train,own,mine\n")
    assert read_library(tmp_path)[0].sha256 == ""


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a.ogg,flute,60,64,0.5,train,own", "source is missing"),
        ("a.ogg,flute,sixty,64,0.5,train,own,mine", "does not describe a note"),
        ("../a.ogg,flute,60,64,0.5,train,own,mine", "a path within the folder"),
        ("/a.ogg,flute,60,64,0.5,train,own,mine", "a path within the folder"),
        ("a.ogg,flute,60,64,0.5,validation,own,mine", "split train or test"),
        ("a.ogg,flute,160,64,0.5,train,own,mine", "a pitch of 0 to 127"),
        ("a.ogg,flute,60,0,0.5,train,own,mine", "velocity of 1 to 127"),
        ("a.ogg,flute,60,64,nan,train,own,mine", "held_s above 0"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, words):
    (tmp_path / TABLE).write_text(f"{HEADING}\nb.ogg,flute,60,64,0.5,train,own,mine\n{line}\n")
    with pytest.raises(InputError, match=rf"notes\.csv:3.*{words}"):
        read_library(tmp_path)


def test_a_missing_folder_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("ESTILO_INSTRUMENTS", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="ESTILO_INSTRUMENTS"):
        recorded_folder()
    with pytest.raises(InputError, match="estilo data instruments"):
        read_library(tmp_path)


def test_pitches_of_two_instruments():
    flute = [replace(NOTE, midi_pitch=pitch) for pitch in (62, 60, 60, 61)]
    tuba = [replace(NOTE, midi_pitch=pitch, instrument="tuba") for pitch in (59, 60, 61)]
    assert common_pitches(flute, tuba) == [60, 61]
    assert by_instrument([*flute, *tuba]) == {"flute": flute, "tuba": tuba}
