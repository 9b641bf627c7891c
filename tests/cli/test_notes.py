import json

import numpy as np
import pytest

import estilo
from estilo.sampler.midi_reading import read_midi


@pytest.fixture
def song(folder):
    """Two notes of five partials, A3 and E4, half a second each."""
    time_s = np.arange(32_000) / 16_000
    sound = np.zeros(len(time_s))
    for base_hz, start_s in ((220.0, 0.4), (329.63, 1.0)):
        since_s = time_s - start_s
        is_on = (since_s >= 0.0) & (since_s < 0.5)
        for order in range(1, 6):
            wave = np.sin(2 * np.pi * order * base_hz * since_s)
            sound += 0.1 / order * is_on * wave * np.exp(-np.maximum(since_s, 0.0))
    estilo.save(estilo.Audio(sound[None], 16_000), folder / "song.wav")
    return folder / "song.wav"


def test_notes_as_an_object(run, song):
    said = run("notes", song, "--json")
    assert said.code == 0, said.err
    heard = json.loads(said.out)
    assert [round(note["pitch"]) for note in heard["notes"]] == [57, 64]
    for note, start_s in zip(heard["notes"], (0.4, 1.0), strict=True):
        assert note["start_s"] == pytest.approx(start_s, abs=0.03)
        assert len(note["cents"]) == len(note["levels_db"])
    assert 0.8 < heard["explained"] <= 1.0


def test_a_table(run, song):
    said = run("notes", song)
    assert said.code == 0, said.err
    assert "A3" in said.out
    assert "E4" in said.out
    assert "2 notes" in said.out


def test_midi_and_picture(run, song, folder):
    said = run("notes", song, "-o", folder / "song.mid", "--plot")
    assert said.code == 0, said.err
    written = [folder / "song.mid", folder / "song.wav.notes.png"]
    assert said.out.splitlines() == [str(path) for path in written]
    assert [round(note.pitch) for note in read_midi(written[0]).notes] == [57, 64]
    assert written[1].read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["nowhere.wav"], "nowhere.wav does not exist"),
        (["song.wav", "-o", "a.wav"], "must end in .mid, got '.wav'"),
        (["song.wav", "-o", "no/a.mid"], "does not exist; create it first"),
    ],
)
def test_bad_input_writes_nothing(run, song, listing, monkeypatch, options, message):
    monkeypatch.chdir(song.parent)
    before = listing()
    said = run("notes", *options)
    assert said.code == 2
    assert message in said.err
    assert listing() == before
