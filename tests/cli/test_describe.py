import json

import numpy as np
import pytest
from hostile import write_hostile

import estilo
from estilo.analysis.attributes.description import attributes_of
from estilo.analysis.descriptors import Descriptors, describe
from estilo.analysis.sound import Sound
from estilo.cli.describe import ATTRIBUTE_ROWS, ROWS


def test_json_is_what_the_library_says(run, folder):
    paths = [folder / "content.wav", folder / "style.wav"]
    said = run("describe", *paths, "--json")
    assert (said.code, said.err) == (0, "")
    for path, of in zip(paths, json.loads(said.out), strict=True):
        assert of.pop("path") == str(path)
        assert of.pop("attributes") == attributes_of(Sound.of(estilo.load(path))).numbers
        assert of == describe(Sound.of(estilo.load(path))).model_dump()


def test_a_part_of_a_recording(run, folder):
    path = folder / "content.wav"
    said = run("describe", path, "--offset", 0.2, "--duration", 0.5, "--json")
    part = estilo.load(path, offset_s=0.2, duration_s=0.5)
    of = Descriptors.model_validate(
        {k: v for k, v in json.loads(said.out)[0].items() if k not in ("path", "attributes")}
    )
    assert of == describe(Sound.of(part))
    assert of.duration_s == 0.5


def test_a_table_with_a_column_per_file(run, folder, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    said = run("describe", folder / "content.wav", folder / "style.wav")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert any(line.split() == ["content.wav", "style.wav"] for line in lines)
    for _, label, unit, _ in ROWS + ATTRIBUTE_ROWS:
        assert any(
            line.strip().startswith(label.strip()) and f" {unit}" in line for line in lines
        ), label
    centroid = next(line.split() for line in lines if line.startswith(" spectral centroid"))
    assert centroid[2] == "Hz"
    assert float(centroid[3]) < float(centroid[4])  # a tone and white noise


def test_tables_stay_within_a_narrow_terminal(run, folder, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    said = run("describe", *[folder / f"{name}.wav" for name in ("content", "style", "other")])
    assert max(map(len, said.out.splitlines())) <= 60
    assert said.out.count("spectral centroid") == 3


def test_every_descriptor_has_a_row():
    assert [name for name, *_ in ROWS] == list(Descriptors.model_fields)
    numbers = attributes_of(Sound(np.zeros(800), 8000)).numbers
    assert [name for name, *_ in ATTRIBUTE_ROWS] == list(numbers)


def test_silence_is_dashes(run, tmp_path):
    estilo.save(estilo.Audio([[0.0] * 800], 8000), tmp_path / "silence.wav")
    said = run("describe", tmp_path / "silence.wav")
    assert said.code == 0
    assert said.out.count("–") - said.out.count("0–1") == len(ROWS) - 3 + len(ATTRIBUTE_ROWS)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_good_files_are_shown_and_bad_ones_named(run, folder, options):
    hostile, _ = write_hostile("a PDF called wav", folder)
    said = run("describe", folder / "no.wav", folder / "style.wav", hostile, *options)
    assert said.code == 2
    assert "style.wav" in said.out
    assert said.err.startswith("estilo: error: 2 of 3 files cannot be described: ")
    assert "no.wav does not exist" in said.err
    assert hostile.name in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.wav"], "error: nowhere.wav does not exist"),
        (["style.wav", "--offset", 2], "lies beyond its end"),
        (["style.wav", "--offset", -1], "the offset must be 0 s or more, got -1"),
        (["style.wav", "other.wav", "--duration", 0], "must be more than 0 s"),
        ([], "see estilo describe --help"),
    ],
)
def test_bad_input(run, folder, monkeypatch, arguments, message):
    monkeypatch.chdir(folder)
    said = run("describe", *arguments)
    assert (said.code, said.out) == (2, "")
    assert message in said.err


@pytest.mark.parametrize("name", ["NaN", "flac cut in half"])
def test_hostile_files(run, folder, name):
    path, _ = write_hostile(name, folder)
    said = run("describe", path)
    assert (said.code, said.out) == (2, "")
    assert path.name in said.err
