import json
import os
import pickle
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hostile_tensors import HOSTILE, MARKER, MIB, PLAIN, entry, file_of, pickles, write_hostile
from hypothesis import given, settings
from hypothesis import strategies as st
from refusing import refused_at_once

from estilo.errors import OutputError, TensorFileError
from estilo.io import TensorFile, expect_shapes, read_tensors, write_tensors
from estilo.io.tensor_headers import parse_header

CARD = {"name": "Régen", "licence": "CC0-1.0", "loudness_lufs": -23.5, "tags": ["rain", None, True]}


def tensors_of_every_kind(rng):
    return {
        "weight": rng.standard_normal((3, 5)).astype(np.float32),
        "layer.0.bias": rng.standard_normal(7).astype(np.float16),
        "codes": rng.integers(-(2**63), 2**63 - 1, (2, 3)),
        "scale": np.array(-0.0, dtype=np.float32),
        "steps": np.array(12, dtype=np.int64),
        "none": np.zeros((0, 4), dtype=np.float32),
        "limits": np.array([np.finfo(np.float32).max, 1e-45], dtype=np.float32),
        "turned": rng.standard_normal((4, 3)).astype(np.float32).T,
    }


def test_written_as_the_reference_writes(tmp_path, rng):
    tensors = tensors_of_every_kind(rng)
    path = write_tensors(tmp_path / "a.estilo-style", tensors, CARD)
    card = json.dumps(CARD, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    whole = {name: np.array(each, order="C") for name, each in tensors.items()}
    assert path.read_bytes() == safetensors.numpy.save(whole, metadata={"estilo": card})


def test_what_the_reference_wrote_is_read(tmp_path, rng):
    tensors = {name: np.array(t, order="C") for name, t in tensors_of_every_kind(rng).items()}
    path = tmp_path / "theirs.safetensors"
    safetensors.numpy.save_file(tensors, path, metadata={"format": "np"})
    file = read_tensors(path, max_bytes=MIB)
    assert file.path == path
    assert file.card == {}
    assert list(file.tensors) == sorted(tensors)
    for name, tensor in tensors.items():
        read = file.tensors[name]
        expected = np.int64 if tensor.dtype == np.int64 else np.float32
        assert read.dtype == expected
        assert read.flags.writeable
        assert read.flags.aligned
        np.testing.assert_array_equal(read, tensor, strict=tensor.dtype == expected)
        np.testing.assert_array_equal(np.signbit(read), np.signbit(tensor))


def test_no_tensors_and_an_odd_place(tmp_path):
    path = write_tensors(tmp_path / "empty", {}, CARD)
    assert read_tensors(path, max_bytes=MIB).tensors == {}
    assert read_tensors(str(path), max_bytes=MIB).card == CARD
    # Padded by no one: the numbers start at an odd byte.
    path.write_bytes(file_of({"a": entry("F32", [1], 0, 4)}, struct.pack("<f", 0.5)))
    assert path.stat().st_size % 2 == 1
    assert read_tensors(path, max_bytes=MIB).tensors["a"].tolist() == [0.5]


def test_equal_contents_give_equal_bytes(tmp_path, rng):
    tensors = tensors_of_every_kind(rng)
    path = write_tensors(tmp_path / "a", tensors, CARD)
    turned = {name: tensors[name].astype(tensors[name].dtype.newbyteorder(">"))
              for name in reversed(tensors)}  # fmt: skip
    other = write_tensors(tmp_path / "b", turned, dict(reversed(CARD.items())))
    assert path.read_bytes() == other.read_bytes()


def test_nothing_is_overwritten_without_force(tmp_path):
    path = write_tensors(tmp_path / "a", {}, {"name": "first"})
    with pytest.raises(OutputError, match="already exists"):
        write_tensors(path, {}, {"name": "second"})
    write_tensors(path, {}, {"name": "second"}, force=True)
    assert read_tensors(path, max_bytes=MIB).card == {"name": "second"}


_CIRCLE: dict = {}
_CIRCLE["self"] = _CIRCLE
_LINE = {"line": "tab\tand\nnew line"}
_LONG_NAMES = {f"{i:0200}": np.zeros(0, np.float32) for i in range(4096)}
_DEEP = {"a": json.loads("[" * 15 + "]" * 15)}

UNWRITABLE = {
    "NaN": ({"a": np.array([1, np.nan], dtype=np.float32)}, {}, "finite numbers .* got 1 NaN"),
    "inf": ({"a": np.full(3, np.inf, dtype=np.float16)}, {}, "finite numbers .* got 3 NaN"),
    "float64": ({"a": np.zeros(2)}, {}, "float32, float16 or int64, got float64"),
    "objects": ({"a": np.array([{}])}, {}, "float32, float16 or int64, got object"),
    "empty name": ({"": np.zeros(1, np.float32)}, {}, "names of 1 to 200"),
    "the card's name": ({"__metadata__": np.zeros(1, np.float32)}, {}, "__metadata__ as texts"),
    "nine axes": ({"a": np.zeros([1] * 9, np.float32)}, {}, "at most 8 axes"),
    "too many": ({f"{i}": np.zeros(0, np.float32) for i in range(4097)}, {}, "at most 4096"),
    "long header": (_LONG_NAMES, {"name": "a" * 2**17}, "header of at most 1048576 bytes, got"),
    "card with NaN": ({}, {"loudness_lufs": float("nan")}, "Out of range float"),
    "card with an array": ({}, {"gains": np.zeros(2)}, "ndarray is not JSON serializable"),
    "card that holds itself": ({}, _CIRCLE, "Circular reference"),
    "card with an escape": ({}, {"name": "\x1b[2J"}, "printable text in the card"),
    "large card": ({}, {"name": "a" * 2**18}, "card of at most 262144 bytes"),
    "deep card": ({}, {"a": json.loads("[" * 16 + "]" * 16)}, "card nested 16 deep at most"),
    "far too deep card": ({}, {"a": json.loads("[" * 900 + "]" * 900)}, "cannot be written"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNWRITABLE)
def test_what_would_not_be_read_is_not_written(name, tmp_path):
    tensors, card, match = UNWRITABLE[name]
    with pytest.raises(TensorFileError, match=match) as caught:
        write_tensors(tmp_path / "a", tensors, card)
    assert str(caught.value).startswith(f"{tmp_path / 'a'} cannot be written: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("card", [_LINE, {"seed": 2**64 - 1}, _DEEP])
def test_cards_at_the_limits(card, tmp_path):
    path = write_tensors(tmp_path / "a", {}, card)
    assert read_tensors(path, max_bytes=MIB).card == card


def test_the_plain_file_and_the_payload_work(tmp_path):
    """Else the refusals below would show nothing."""
    path = tmp_path / "plain"
    path.write_bytes(PLAIN)
    assert read_tensors(path, max_bytes=len(PLAIN)).tensors["a"].tolist() == [0, 0]
    for n in range(6):
        pickle.loads(pickles(tmp_path / f"{n}")[f"pickle {n}"])
        assert (tmp_path / f"{n}").is_dir()


@pytest.mark.parametrize("name", HOSTILE)
def test_refused_in_words_at_once(name, tmp_path):
    path, match = write_hostile(name, tmp_path)
    error = refused_at_once(lambda: read_tensors(path, max_bytes=8 * MIB), match)
    message = str(error)
    assert message.startswith(f"{path} ")
    assert ";" in message, "what came, and what to do"
    assert len(message) < 600 + len(str(path))
    assert message.isprintable()
    assert error.exit_code == 2
    assert not (tmp_path / MARKER).exists()


_AUDITED = """
import pickle, sys
from pathlib import Path
from estilo.errors import TensorFileError
from estilo.io import read_tensors

watched = {"compile", "exec", "pickle.find_class", "marshal.loads", "os.system", "os.mkdir",
           "os.exec", "os.posix_spawn", "subprocess.Popen", "ctypes.dlopen"}
seen = []
sys.addaudithook(lambda event, _: seen.append(event) if event in watched else None)
n_refused = 0
paths = sorted(Path(sys.argv[1]).glob("*/hostile.estilo-style"))
for path in paths:
    try:
        read_tensors(path, max_bytes=2**23)
    except TensorFileError:
        n_refused += 1
print(n_refused, seen)
pickle.loads(pickle.dumps(Path))
print(seen)
"""


def test_no_code_runs(tmp_path):
    """Python itself says so: none of the events by which code is loaded or started occurs."""
    for index, name in enumerate(HOSTILE):
        (tmp_path / str(index)).mkdir()
        write_hostile(name, tmp_path / str(index))
    command = [sys.executable, "-c", _AUDITED, str(tmp_path)]
    result = subprocess.run(command, capture_output=True, check=True, timeout=60, text=True)
    assert result.stdout == f"{len(HOSTILE)} []\n['pickle.find_class']\n"


def test_missing_folder_pipe_device_and_circle(tmp_path):
    with pytest.raises(TensorFileError, match="none does not exist; check the spelling"):
        read_tensors(tmp_path / "none", max_bytes=MIB)
    with pytest.raises(TensorFileError, match="is a folder; give the path of one file"):
        read_tensors(tmp_path, max_bytes=MIB)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TensorFileError, match="is a pipe or a device, not a plain file"):
        read_tensors(tmp_path / "pipe", max_bytes=MIB)
    with pytest.raises(TensorFileError, match="is a pipe or a device, not a plain file"):
        read_tensors("/dev/zero", max_bytes=MIB)
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(TensorFileError, match=r"circle cannot be read: .*symbolic links"):
        read_tensors(tmp_path / "circle", max_bytes=MIB)
    with pytest.raises(TensorFileError, match=r"cannot be read: .*null"):
        read_tensors("a\0b", max_bytes=MIB)


def test_too_large_a_file_is_not_touched(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(PLAIN)
    with pytest.raises(TensorFileError, match=f"{len(PLAIN)} bytes, expected at most 10; give a"):
        read_tensors(path, max_bytes=10)
    os.truncate(path, 2**36)  # a hole
    with pytest.raises(TensorFileError, match="68719476736 bytes, expected at most 1048576"):
        read_tensors(path, max_bytes=MIB)


def test_cut_while_it_is_read(tmp_path, monkeypatch):
    path = write_tensors(tmp_path / "a", {"a": np.zeros(10**6, np.float32)}, {})

    def parse_while_it_is_cut(header, n_data):
        os.truncate(path, 2 * 10**6)
        return parse_header(header, n_data)

    monkeypatch.setattr("estilo.io.tensors.parse_header", parse_while_it_is_cut)
    with pytest.raises(TensorFileError, match="expected 4000000 more bytes, got 1999"):
        read_tensors(path, max_bytes=8 * MIB)


def test_no_permission():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "secret"
        path.write_bytes(PLAIN)
        path.chmod(0)
        is_root = os.geteuid() == 0
        if is_root:  # to whom everything is readable
            os.seteuid(65534)
        try:
            with pytest.raises(TensorFileError, match=r"may not be read \(no permission\)"):
                read_tensors(path, max_bytes=MIB)
        finally:
            if is_root:
                os.seteuid(0)


def same_as_the_reference_or_refused(path, content):
    """Whatever is accepted, the safetensors library accepts and reads as the same numbers."""
    path.write_bytes(content)
    try:
        tensors = read_tensors(path, max_bytes=MIB).tensors
    except TensorFileError:
        return
    expected = safetensors.numpy.load(content)
    assert tensors.keys() == expected.keys()
    for name, tensor in tensors.items():
        assert tensor.dtype in (np.float32, np.int64)
        assert np.isfinite(tensor).all()
        np.testing.assert_array_equal(tensor, expected[name])


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "file"


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A small file with every kind of content, as bytes."""
    folder = tmp_path_factory.mktemp("sound")
    tensors = tensors_of_every_kind(np.random.default_rng(5))
    return write_tensors(folder / "a", tensors, {"name": "rain", "gain": [1, 2.5]}).read_bytes()


FUZZ = settings(max_examples=400, deadline=None, derandomize=True, database=None)
# Headers are made of whole words, not of bytes: fewer of them meet as many kinds of fault.
FUZZ_HEADERS = settings(FUZZ, max_examples=200)
_POSITIONS = st.integers(0, 10) | st.integers(0, 2000)
_BYTES = st.sampled_from(b'\0\x01\x7f\xff"{}[]:,-.0129eE\\ ') | st.integers(0, 255)


@FUZZ
@given(st.lists(st.tuples(_POSITIONS, _BYTES), min_size=1, max_size=3))
def test_changed_bytes(fuzzed, sound, changes):
    content = bytearray(sound)
    for position, byte in changes:
        content[position % len(sound)] = byte
    same_as_the_reference_or_refused(fuzzed, bytes(content))


def test_every_cut(fuzzed, sound):
    for size in range(len(sound)):
        fuzzed.write_bytes(sound[:size])
        with pytest.raises(TensorFileError):
            read_tensors(fuzzed, max_bytes=MIB)


@FUZZ
@given(content=st.binary(max_size=200), length=st.none() | st.integers(0, 40))
def test_any_bytes(fuzzed, content, length):
    content = content if length is None else file_of(b"{" + content, length=length)
    same_as_the_reference_or_refused(fuzzed, content)


_NUMBERS = st.sampled_from([0, 1, 2, 4, 8, 12, -1, True, 2.0, None, 2**63, 2**64])
_JSON = st.recursive(
    _NUMBERS | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=4,
)
_SHAPES = st.lists(st.sampled_from([0, 1, 2, 3]), max_size=2)
_PLACES = st.sampled_from([[0, 0], [0, 4], [0, 8], [4, 8], [4, 12], [0, 24], [8, 8]])


def mostly(usual, odd=_JSON):
    return st.integers(0, 9).flatmap(lambda draw: usual if draw else odd)


_ENTRIES = st.fixed_dictionaries(
    {
        "dtype": mostly(st.sampled_from(["F32", "F32", "F16", "I64"])),
        "shape": mostly(_SHAPES),
        "data_offsets": mostly(_PLACES),
    }
)
_METADATA = st.dictionaries(st.sampled_from(["estilo", "format"]), mostly(_JSON.map(json.dumps)))


@FUZZ_HEADERS
@given(
    header=st.dictionaries(mostly(st.sampled_from("ab"), st.text()), mostly(_ENTRIES), max_size=2),
    metadata=st.none() | mostly(_METADATA),
    n_bytes=st.sampled_from([0, 4, 4, 8, 12, 24]),
)
def test_any_header(fuzzed, header, metadata, n_bytes):
    header = header if metadata is None else {**header, "__metadata__": metadata}
    same_as_the_reference_or_refused(fuzzed, file_of(header, bytes(n_bytes)))


# --- expected shapes ---

HELD = TensorFile(
    {"bias": np.zeros(3, np.float32), "steps": np.array(1), "weight": np.zeros((2, 3), np.float32)},
    {},
    Path("large.safetensors"),
)
SHAPES = {"weight": (2, 3), "bias": (3,), "steps": ()}


def test_shapes_as_expected():
    expect_shapes(HELD, SHAPES, what="weights of the large model", integers=["steps"])


@pytest.mark.parametrize(
    ("shapes", "match"),
    [
        ({**SHAPES, "gain": (1,), "zeta": ()}, "expected a tensor 'gain', got none of that name"),
        ({"weight": (2, 3), "steps": ()}, "expected 2 tensors, got another one named 'bias'"),
        ({**SHAPES, "weight": (3, 2)}, r"'weight' as float32 \(3, 2\), got float32 \(2, 3\)"),
        ({**SHAPES, "weight": (6,)}, r"'weight' as float32 \(6,\), got float32 \(2, 3\)"),
        ({**SHAPES, "bias": (1, 3), "weight": ()}, r"'bias' as float32 \(1, 3\), got float32 \(3"),
        ({}, "expected 0 tensors, got another one named 'bias'"),
    ],
)
def test_other_shapes(shapes, match):
    with pytest.raises(TensorFileError, match=match) as caught:
        expect_shapes(HELD, shapes, what="weights of the large model", integers=["steps"])
    message = str(caught.value)
    assert message.startswith("large.safetensors does not hold weights of the large model: ")
    assert message.endswith("; give a file that was made for it")


@pytest.mark.parametrize(
    ("integers", "match"),
    [
        ((), r"'steps' as float32 \(\), got int64 \(\)"),
        (("steps", "bias"), r"'bias' as int64 \(3,\), got float32 \(3,\)"),
    ],
)
def test_other_types(integers, match):
    with pytest.raises(TensorFileError, match=match):
        expect_shapes(HELD, SHAPES, what="weights", integers=integers)
