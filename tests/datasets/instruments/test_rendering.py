import csv
import hashlib
from dataclasses import dataclass, replace

import numpy as np
import pytest
import soundfile as sf

from estilo.datasets.instruments import rendering
from estilo.datasets.instruments.keys import keys_around
from estilo.datasets.instruments.library import InstrumentNote, read_library, write_library
from estilo.datasets.instruments.rendering import Job, plan
from estilo.datasets.instruments.settings import InstrumentSettings
from estilo.datasets.instruments.takes import SAMPLE_RATE, Take
from estilo.errors import Cancelled, InputError, OutputError, SettingsError
from estilo.metrics.timbre_network import METRIC_SEED
from estilo.units import midi_to_hz

SMALL = InstrumentSettings(n_patches=2)


@dataclass(frozen=True)
class Tones:
    """An instrument of plain tones, with a fault in some of them."""

    name: str = "tones"
    fault: str = ""
    octaves: int = 0
    n_faults: int = 12
    brightness: float = 1.0

    source = "a test"
    licence = "CC0-1.0"

    def play(self):
        if self.fault == "cannot be played":
            raise InputError("the file is damaged")
        return [
            Take(key, self._samples(key, self.fault if place < self.n_faults else ""))
            for place, key in enumerate(keys_around(58))
        ]

    def _samples(self, key, fault):
        time = np.arange(round((key.held_s + 1.0) * SAMPLE_RATE)) / SAMPLE_RATE
        hz = float(midi_to_hz(key.midi_pitch + self.octaves))
        tone = sum(np.sin(2 * np.pi * hz * k * time) / k**self.brightness for k in range(1, 9))
        tone *= 0.2 * key.velocity / 127 * np.exp(-3 * time)
        if fault == "silent":
            tone *= 1e-3
        if fault == "clipped":
            tone = np.clip(20 * tone, -1.0, 1.0)
        if fault == "not finite":
            tone[100] = np.nan
        if fault == "no pitch":
            tone = 0.1 * np.random.default_rng(0).normal(size=len(time))
        return tone.astype(np.float32)


@pytest.fixture
def here(monkeypatch):
    """Instruments are rendered in this process, which saves the start of another; which were."""
    rendered = []

    def inline(function, tasks, *, n_jobs):
        for place, task in enumerate(tasks):
            yield place, function(task)
            rendered.append(task.instrument.name)

    monkeypatch.setattr(rendering, "run_all", inline)
    return rendered


def offer(folder, *instruments):
    """Render instruments of the test's own."""
    jobs = [Job(each, "tests") for each in instruments]
    return rendering.render_all(jobs, folder, settings=SMALL)


def render_all(settings, folder, *, sources, **options):
    return rendering.render_all(plan(settings, sources), folder, settings=settings, **options)


def skipped_in(folder):
    with (folder / "skipped.csv").open() as stream:
        return [tuple(row.values()) for row in csv.DictReader(stream)]


def files_in(folder):
    """Contents of all files but the records, which hold times."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != "records"
    }


def test_patches_of_the_synthesiser_repeat_bit_for_bit(tmp_path, here):
    one = render_all(SMALL, tmp_path / "one", sources=["own"])
    render_all(SMALL, tmp_path / "other", sources=["own"])
    assert files_in(tmp_path / "one") == files_in(tmp_path / "other")
    assert {note.instrument for note in one.notes} == {"own-00000", "own-00001"}
    for note in read_library(tmp_path / "one"):
        path = tmp_path / "one" / note.path
        info = sf.info(path)
        assert (info.samplerate, info.channels, info.subtype) == (44_100, 1, "PCM_16")
        assert 0.05 < info.duration < note.held_s + 0.85
        assert hashlib.sha256(path.read_bytes()).hexdigest() == note.sha256


def test_levels_keep_their_distances_and_the_loudest_has_room(tmp_path, here):
    offer(tmp_path, Tones())
    peaks = {}
    for note in read_library(tmp_path):
        samples, _ = sf.read(tmp_path / note.path)
        peaks.setdefault(note.velocity, []).append(np.abs(samples).max())
    assert max(peaks[110]) == pytest.approx(0.7, abs=1e-3)
    assert np.mean(peaks[60]) / np.mean(peaks[110]) == pytest.approx(60 / 110, rel=0.05)


@pytest.mark.parametrize("fault", ["silent", "clipped", "not finite", "no pitch"])
def test_bad_notes_are_left_out_and_named(tmp_path, here, fault):
    done = offer(tmp_path, Tones(fault=fault, n_faults=3), Tones("worse", fault=fault, n_faults=7))
    names = [key.name for key in keys_around(58)]
    assert len(done.notes) == 9
    assert skipped_in(tmp_path) == [
        *(("tones", name, fault, "") for name in sorted(names[:3])),
        ("worse", "", f"mostly {fault}", "5 of 12 notes can be used"),
    ]
    assert done.reasons() == {f"note: {fault}": 3, f"instrument: mostly {fault}": 1}


def test_an_instrument_that_cannot_be_played_is_named(tmp_path, here):
    offer(tmp_path, Tones(fault="cannot be played"))
    assert read_library(tmp_path) == []
    assert skipped_in(tmp_path) == [("tones", "", "cannot be played", "the file is damaged")]


def test_an_instrument_is_written_at_the_pitch_that_sounds(tmp_path, here):
    offer(tmp_path, Tones(octaves=-12))
    expected = [key.midi_pitch - 12 for key in keys_around(58)]
    assert sorted(note.midi_pitch for note in read_library(tmp_path)) == sorted(expected)


def test_near_duplicates_are_left_out_of_the_table_and_named(tmp_path, here):
    offer(tmp_path, Tones(), Tones("twin", brightness=1.02), Tones("dull", brightness=2.0))
    assert {note.instrument for note in read_library(tmp_path)} == {"tones", "dull"}
    assert skipped_in(tmp_path) == [("twin", "", "near-duplicate", "of tones")]


def test_what_is_there_is_kept_and_the_same_call_goes_on(tmp_path, here):
    class Stop:
        def is_set(self):
            return True

    with pytest.raises(Cancelled, match="1 of 2"):
        render_all(SMALL, tmp_path, sources=["own"], cancel=Stop())
    told = []
    render_all(SMALL, tmp_path, sources=["own"], on_instrument=told.append)
    assert here == ["own-00001"]
    assert [(step.item, step.n_ready, step.n_total) for step in told] == [("own-00001", 2, 2)]
    more = replace_settings(n_patches=3)
    assert len({note.instrument for note in render_all(more, tmp_path, sources=["own"]).notes}) == 3
    assert here == ["own-00001", "own-00002"]


def replace_settings(**changes):
    return SMALL.model_copy(update=changes)


def test_a_folder_takes_one_set_of_settings(tmp_path, here):
    render_all(replace_settings(n_patches=0), tmp_path, sources=["own"])
    with pytest.raises(OutputError, match=r"other settings \(seed 1\)"):
        render_all(replace_settings(seed=2), tmp_path, sources=["own"])
    (tmp_path / "instruments.json").write_text("[]")
    with pytest.raises(OutputError, match="cannot be read"):
        render_all(SMALL, tmp_path, sources=["own"])


def test_a_table_that_was_made_elsewhere_is_not_replaced(tmp_path, here):
    table = tmp_path / "notes.csv"
    table.write_text("path,instrument\nmine.wav,mine\n")
    with pytest.raises(OutputError, match="was not made here and would be replaced"):
        render_all(SMALL, tmp_path, sources=["own"])
    assert table.read_text() == "path,instrument\nmine.wav,mine\n"
    assert not here


def test_what_cannot_be_written_or_read_is_named(tmp_path, here):
    (tmp_path / "own-00000").write_text("in the way")
    with pytest.raises(OutputError, match="own-00000 cannot be written"):
        render_all(SMALL, tmp_path, sources=["own"])
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "own-00000.json").write_text("{}")
    with pytest.raises(InputError, match=r"own-00000\.json does not say .* delete it"):
        render_all(replace_settings(n_patches=1), tmp_path, sources=["own"])


def test_engines_learn_from_other_patches_than_metrics():
    def first(**changes):
        return plan(replace_settings(**changes), ["own"])[0].instrument.play()[0]

    for_metrics, for_engines = first(), first(learner="engines")
    assert for_metrics.samples.tobytes() != for_engines.samples.tobytes()
    with pytest.raises(SettingsError, match="reserved"):
        plan(replace_settings(learner="engines", seed=METRIC_SEED), ["own"])


def test_another_folder_is_a_source(tmp_path, here):
    offer(tmp_path / "tones", Tones())
    notes = read_library(tmp_path / "tones")
    held_out = [replace(note, split="test", instrument="secret") for note in notes]
    write_library(tmp_path / "tones", [*notes, *held_out])
    render_all(SMALL, tmp_path / "all", sources=[f"folder:{tmp_path / 'tones'}"])
    taken = read_library(tmp_path / "all")
    assert {(note.instrument, note.source, note.licence) for note in taken} == {
        ("tones", "a test", "CC0-1.0")
    }
    assert len(taken) == len(notes)
    with pytest.raises(InputError, match="offered by two"):
        plan(SMALL, [f"folder:{tmp_path / 'tones'}"] * 2)


def test_unknown_sources_are_refused():
    with pytest.raises(SettingsError, match="did you mean 'own'"):
        plan(SMALL, ["owm"])


def test_the_soundfont_of_the_tests_is_refused():
    with pytest.raises(SettingsError, match="TimGM6mb"):
        plan(replace_settings(soundfont="TimGM6mb"), ["soundfont"])


def test_no_test_instrument_is_taken(tmp_path, monkeypatch):
    note = InstrumentNote("a.ogg", "flute", 60, 64, 0.3, "train", "CC0-1.0", "somewhere")
    write_library(tmp_path, [note, replace(note, path="b.ogg", instrument="tuba", split="test")])
    monkeypatch.setenv("ESTILO_INSTRUMENTS", str(tmp_path))
    assert [job.instrument.name for job in plan(SMALL, ["recorded"])] == ["recorded-flute"]
