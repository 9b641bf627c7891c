"""Style files that are none: what a stranger could send."""

import json

import numpy as np
import pytest
import safetensors.numpy
from hostile_tensors import HOSTILE, MARKER, write_hostile
from refusing import refused_at_once

from estilo.engines.neural.style_card import read_arrays
from estilo.engines.neural.style_file import read_style
from estilo.errors import TensorFileError

MISSING = object()


def small_code(**changes):
    arrays = {
        "vector": np.zeros((1, 8), np.float16),
        "keys": np.zeros((1, 3, 4), np.float16),
        "values": np.zeros((1, 3, 4), np.float16),
        "weights": np.zeros((1, 3), np.float16),
        "levels": np.zeros((1, 5, 33), np.float16),
    }
    return {name: each for name, each in (arrays | changes).items() if each is not MISSING}


CARD = {
    "format": 1,
    "name": "Rain",
    "licence": "CC0-1.0",
    "consent": "",
    "loudness_lufs": -23.5,
    "clips": [{"name": "a.wav", "sha256": "0" * 64, "offset_s": 0, "duration_s": 1.5, "weight": 1}],
    "weights": "0123456789abcdef",
}


def a_clip(**changes):
    return {"clips": [CARD["clips"][0] | changes]}


def half(*shape):
    return np.zeros(shape, np.float16)


# name -> (changed arrays, changed card, what the error says)
FLAWED = {
    **{
        f"no {name}": ({name: MISSING}, {}, f"expected a tensor {name!r}, got none")
        for name in small_code()
    },
    "no tensors": (dict.fromkeys(small_code(), MISSING), {}, "expected a tensor 'keys', got none"),
    "a tensor more": ({"code": half(1)}, {}, "expected 5 tensors, got another one named 'code'"),
    "weights of a network": ({"generator.exit.weight": half(4, 4)}, {}, "expected 5 tensors"),
    "two styles": ({"vector": half(2, 8)}, {}, r"float32 \(1, 8\), got float32 \(2, 8\)"),
    "no style": ({"vector": half(0, 8)}, {}, r"\(1, 8\), got float32 \(0, 8\)"),
    "vector without batch": ({"vector": half(8)}, {}, r"\(1, 8\), got float32 \(8,\)"),
    "one number as vector": ({"vector": half()}, {}, r"got float32 \(\)"),
    "vector too short": ({"vector": half(1, 3)}, {}, "4 to 1024 numbers along .* 'vector', got 3"),
    "vector too long": ({"vector": half(1, 1025)}, {}, "last axis of 'vector', got 1025"),
    "keys too long": ({"keys": half(1, 3, 2000)}, {}, "last axis of 'keys', got 2000"),
    "values without length": ({"values": half(1, 3, 0)}, {}, "last axis of 'values', got 0"),
    "fewer keys": ({"keys": half(1, 2, 4)}, {}, r"'keys' as .*, got float32 \(1, 2, 4\)"),
    "more values": ({"values": half(1, 4, 4)}, {}, r"got float32 \(1, 4, 4\)"),
    "flat keys": ({"keys": half(3, 4)}, {}, r"got float32 \(3, 4\)"),
    "weights too deep": ({"weights": half(1, 3, 1)}, {}, "does not hold a style"),
    "no tokens": (
        {"keys": half(1, 0, 4), "values": half(1, 0, 4), "weights": half(1, 0)},
        {},
        "1 to 1024 numbers along the last axis of 'weights', got 0",
    ),
    "too many tokens": (
        {"keys": half(1, 1025, 4), "values": half(1, 1025, 4), "weights": half(1, 1025)},
        {},
        "last axis of 'weights', got 1025",
    ),
    "more levels": ({"levels": half(1, 5, 34)}, {}, r"\(1, 5, 33\), got float32 \(1, 5, 34\)"),
    "no levels": ({"levels": half(1, 5, 0)}, {}, r"\(1, 5, 33\), got float32 \(1, 5, 0\)"),
    "levels of two styles": ({"levels": half(2, 5, 33)}, {}, r"got float32 \(2, 5, 33\)"),
    "flat levels": ({"levels": half(33)}, {}, r"\(1, 0, 33\), got float32 \(33,\)"),
    "one number as levels": ({"levels": half()}, {}, r"got float32 \(\)"),
    "no bands": ({"levels": half(1, 0, 33)}, {}, "4 to 1024 bands in 'levels', got 0"),
    "too many bands": ({"levels": half(1, 1025, 33)}, {}, "bands in 'levels', got 1025"),
    "huge levels": ({"levels": np.full((1, 5, 33), 2e4, "<f4")}, {}, "in 'levels', got 20000"),
    "whole numbers": ({"weights": np.zeros((1, 3), np.int64)}, {}, "as float32 .* got int64"),
    "huge vector": ({"vector": 20_000 + half(1, 8)}, {}, "at most 10000 in 'vector', got 20000"),
    "huge keys": ({"keys": np.full((1, 3, 4), -3e38, "<f4")}, {}, "at most 10000 in 'keys', got 3"),
    "huge share": ({"weights": np.full((1, 3), 1e38, np.float32)}, {}, "in 'weights', got 1e"),
    "nothing on the card": ({}, dict.fromkeys(CARD, MISSING), "it lacks 'format'"),
    **{
        f"card without {name}": ({}, {name: MISSING}, f"it lacks '{name}'")
        for name in CARD
    },
    "unknown field": ({}, {"reduce": "os.system"}, "it has 'reduce', which no card has"),
    "long unknown field": ({}, {"x" * 5000: 1}, "which no card has"),
    "weights' card": ({}, {"generator": {}, "steps": 3}, "it has 'generator', which no card has"),
    "format 2": ({}, {"format": 2}, "of format 2, and this estilo reads format 1; update estilo"),
    "format in words": ({}, {"format": "1"}, "of format '1', and this estilo reads"),
    "format a list": ({}, {"format": [1]}, r"of format \[1\], and this estilo"),
    "empty name": ({}, {"name": ""}, "'name': string should have at least 1 char"),
    "long name": ({}, {"name": "a" * 201}, "'name': string should have at most 200 char"),
    "name a number": ({}, {"name": 3}, "'name': input should be a valid string, got 3"),
    "name of two lines": ({}, {"name": "Rain\nlicence: CC0"}, "'name': expected one line"),
    "licence a list": ({}, {"licence": ["CC0"]}, "'licence': input should be a valid string"),
    "long licence": ({}, {"licence": "a" * 100_000}, "'licence': string should have at most 200"),
    "consent true": ({}, {"consent": True}, "'consent': input should be a valid string, got True"),
    "long consent": ({}, {"consent": "yes " * 501}, "at most 2000 char"),
    "loudness in words": ({}, {"loudness_lufs": "-23"}, "'loudness_lufs': input should be a"),
    "loudness true": ({}, {"loudness_lufs": True}, "'loudness_lufs': input should be a"),
    "deafening": ({}, {"loudness_lufs": 1e300}, "'loudness_lufs': input should be less than"),
    "weights of no network": ({}, {"weights": "../../etc"}, "'weights': string should match"),
    "weights with a line": ({}, {"weights": "0123456789abcdef\n"}, "'weights': string should"),
    "no clips": ({}, {"clips": []}, "'clips': tuple should have at least 1 item"),
    "clips an object": ({}, {"clips": {}}, "'clips': input should be a valid"),
    "too many clips": ({}, {"clips": CARD["clips"] * 65}, "'clips': tuple should have at most 64"),
    "clip a name": ({}, {"clips": ["a.wav"]}, "'clips.0': input should be an object"),
    "clip with a path": ({}, a_clip(path="/home"), "it has 'clips.0.path', which no card has"),
    "name above": ({}, a_clip(name="../../.bashrc"), "'clips.0.name': expected the name of a file"),
    "name from the root": ({}, a_clip(name="/etc/passwd"), "without folders, got '/etc/passwd'"),
    "name of Windows": ({}, a_clip(name="C:\\a.wav"), "expected the name of a file"),
    "name of a folder": ({}, a_clip(name=".."), "expected the name of a file"),
    "no name": ({}, a_clip(name=""), "'clips.0.name': string should have at least 1"),
    "long name of a clip": ({}, a_clip(name="a" * 256), "string should have at most 255"),
    "short hash": ({}, a_clip(sha256="0" * 63), "'clips.0.sha256': string should match"),
    "hash in capitals": ({}, a_clip(sha256="A" * 64), "'clips.0.sha256': string should match"),
    "before its start": ({}, a_clip(offset_s=-1), "'clips.0.offset_s': input should be greater"),
    "no duration": ({}, a_clip(duration_s=0), "'clips.0.duration_s': input should be greater"),
    "for ever": ({}, a_clip(duration_s=1e300), "'clips.0.duration_s': input should be less"),
    "more than all": ({}, a_clip(weight=1.5), "'clips.0.weight': input should be less"),
}  # fmt: skip


def write_flawed(path, arrays, card):
    card = {name: value for name, value in (CARD | card).items() if value is not MISSING}
    arrays = {name: np.array(each, order="C") for name, each in small_code(**arrays).items()}
    path.write_bytes(safetensors.numpy.save(arrays, metadata={"estilo": json.dumps(card)}))
    return path


def refused(path, match):
    assert len(str(refused_at_once(lambda: read_style(path), match))) < 600
    with pytest.raises(TensorFileError, match=match):
        read_arrays(path)


def test_without_a_flaw_it_is_read(tmp_path):
    """Else the refusals below would show nothing."""
    file = read_style(write_flawed(tmp_path / "a.estilo-style", {}, {}))
    assert file.card.model_dump(mode="json") == CARD
    assert [part.shape for part in file.code] == [(1, 8), (1, 3, 4), (1, 3, 4), (1, 3), (1, 5, 33)]
    write_flawed(tmp_path / "a.estilo-style", {}, {"loudness_lufs": None})
    assert read_style(tmp_path / "a.estilo-style").card.loudness_lufs is None


@pytest.mark.parametrize("name", FLAWED)
def test_a_flawed_style_is_refused_in_words(name, tmp_path):
    arrays, card, match = FLAWED[name]
    path = write_flawed(tmp_path / "a.estilo-style", arrays, card)
    refused(path, match)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_runs_nothing_and_is_refused_in_words(name, tmp_path):
    path, match = write_hostile(name, tmp_path)
    refused(path, match)
    assert not (tmp_path / MARKER).exists()


def test_files_that_are_too_large_or_not_there(tmp_path):
    path = tmp_path / "large.estilo-style"
    with path.open("wb") as stream:
        stream.truncate(5 * 2**20)
    refused(path, "has 5242880 bytes, expected at most 4194304")
    refused(tmp_path, "is a folder")
    refused(tmp_path / "nowhere.estilo-style", "does not exist")
