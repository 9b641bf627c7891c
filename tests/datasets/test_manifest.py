import json
from dataclasses import replace

import pytest

from estilo.datasets.manifest import (
    MANIFEST,
    ManifestEntry,
    read_if_there,
    read_manifest,
    write_manifest,
)
from estilo.errors import InputError

CLIP = ManifestEntry(
    "train/a/1.wav", 96_000, 48_000, "train", "flute", "train-1", "made", "CC0-1.0"
)
LINE = {
    "path": "train/a/1.wav",
    "n_samples": 96_000,
    "sample_rate": 48_000,
    "split": "train",
    "label": "flute",
    "phrase": "train-1",
    "source": "made",
    "licence": "CC0-1.0",
}


def test_what_is_written_is_read_in_the_order_of_paths(tmp_path):
    names = ["Flöte, 笛", "\u2028 a line\nand another", "not unicode \udcff", '"quoted"\\']
    clips = [replace(CLIP, path=f"train/a/{9 - n}.wav", label=name) for n, name in enumerate(names)]
    path = write_manifest(tmp_path, clips)
    assert path.read_bytes().count(b"\n") == len(names)
    assert read_manifest(tmp_path) == sorted(clips, key=lambda clip: clip.path)
    # Any order in, the same bytes out; and what was there before is replaced.
    before = path.read_bytes()
    write_manifest(tmp_path, clips[::-1])
    assert path.read_bytes() == before
    write_manifest(tmp_path, [CLIP])
    assert [json.loads(line) for line in path.read_text().splitlines()] == [LINE]


def test_duration():
    assert CLIP.duration_s == 2.0


def test_no_manifest(tmp_path):
    assert read_if_there(tmp_path) == []
    with pytest.raises(InputError, match=r"manifest\.jsonl does not exist.*estilo data synth"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "does not describe a clip"),
        ("{", "does not describe a clip"),
        ("[" * 100_000, "does not describe a clip"),
        ("[1]", "does not describe a clip"),
        ({"n_samples": None}, "expected n_samples as int, got None"),
        ({"n_samples": True}, "expected n_samples as int, got True"),
        ({"n_samples": 1.5}, "expected n_samples as int, got 1.5"),
        ({"n_samples": 0}, "expected a positive length and rate"),
        ({"sample_rate": -1}, "expected a positive length and rate"),
        ({"label": 3}, "expected label as str, got 3"),
        ({"split": "test"}, "expected split train or validation, got 'test'"),
        ({"path": "/etc/passwd"}, "expected a path inside the folder"),
        ({"path": "a/../../b.wav"}, "expected a path inside the folder"),
        ({"colour": "red"}, "unexpected keyword argument 'colour'"),
        ({}, "train/a/1.wav is there already"),
    ],
)
def test_malformed_lines_are_refused_with_their_place(tmp_path, line, message):
    text = line if isinstance(line, str) else json.dumps(LINE | line)
    (tmp_path / MANIFEST).write_text(f"{json.dumps(LINE)}\n{text}\n")
    with pytest.raises(InputError, match=message) as caught:
        read_manifest(tmp_path)
    assert f"{MANIFEST}:2" in str(caught.value)


def test_lines_that_lack_something_and_bytes_that_are_no_text(tmp_path):
    short = {key: value for key, value in LINE.items() if key != "licence"}
    (tmp_path / MANIFEST).write_text(json.dumps(short))
    with pytest.raises(InputError, match="'licence'"):
        read_manifest(tmp_path)
    (tmp_path / MANIFEST).write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="expected the line to be plain JSON"):
        read_manifest(tmp_path)
