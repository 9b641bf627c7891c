"""Tensor files that must be refused, made from bytes: name -> (content, what the error says)."""

import io
import json
import os
import pickle
import struct
import zipfile

import numpy as np

MIB = 2**20
MARKER = "a-pickle-was-run"


class Payload:
    """An object whose pickle makes a folder when it is read."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def file_of(header, numbers=b"", *, length=None):
    """A safetensors file with any header, however wrong."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + numbers


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def one(numbers=b"\0" * 8, **changes):
    """A file of one tensor of two numbers, sound but for the changes."""
    return file_of({"a": {**entry("F32", [2], 0, 8), **changes}}, numbers)


def carded(text):
    return file_of({"__metadata__": {"estilo": text}})


def zipped(folder):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Payload(folder)))
    return buffer.getvalue()


def numpy_objects(folder):
    buffer = io.BytesIO()
    np.save(buffer, np.array([Payload(folder)]), allow_pickle=True)
    return buffer.getvalue()


def pickles(folder):
    """Files that make the folder when they are unpickled."""
    old_torch = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2) + pickle.dumps(1001, protocol=2)
    payload = Payload(folder)
    return {
        **{f"pickle {n}": pickle.dumps(payload, protocol=n) for n in range(6)},
        **{f"pickle {n} of a dict": pickle.dumps({"a": payload}, protocol=n) for n in range(6)},
        "pickle of an old torch": old_torch + pickle.dumps(payload, protocol=2),
        "zip as of torch.save": zipped(folder),
        "numpy objects": numpy_objects(folder),
    }


PLAIN = one()
DEEP = 2**17

HOSTILE = {
    **dict.fromkeys(pickles(""), (None, "it could run code and is not read")),
    "smallest pickle": (b"\x80\x04N.", "looks like a pickle"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + b"\0" * 64, "looks like an HDF5 file"),
    "empty": (b"", r"is an empty file \(0 bytes\)"),
    "cut in the length": (PLAIN[:7], "at least 8 bytes, got 7"),
    "cut in the header": (PLAIN[:20], "a header within the 20 bytes of the file"),
    "cut in the numbers": (PLAIN[:-1], "8 bytes of numbers by the header, got 7"),
    "a byte too many": (PLAIN + b"\0", "8 bytes of numbers by the header, got 9"),
    "web page": (b"<!DOCTYPE html><html>not found</html>", "a header within the 37 bytes"),
    "length of 2^64 - 1": (file_of({}, length=2**64 - 1), "got a length of 18446744073709551615"),
    "length of 2^63": (file_of({}, length=2**63), "got a length of 9223372036854775808"),
    "length of 1 MiB and 1": (file_of(b" " * (MIB + 1)), "and 1048576, got a length of 1048577"),
    "no header": (file_of(b""), "start with '{', got b''"),
    "header of zeros": (file_of(bytes(64)), "start with '{'"),
    "list as header": (file_of([]), "start with '{', got b'\\['"),
    "not JSON": (file_of(b"{'a': 1}"), "plain JSON, got Expecting property name"),
    "JSON that ends early": (file_of(b'{"a":'), "plain JSON, got Expecting value"),
    "two JSON objects": (file_of(b"{}{}"), "plain JSON, got Extra data"),
    "zeros after the JSON": (file_of(b"{}\0\0\0"), "plain JSON, got Extra data"),
    "not UTF-8": (file_of(b'{"\xff": 1}'), "plain JSON, got 'utf-8' codec can't decode"),
    "UTF-16": (file_of("{}".encode("utf-16-le")), "plain JSON"),
    "byte order mark": (file_of(b"\xef\xbb\xbf{}"), "start with '{', got b'\\\\xef'"),
    "lists within lists": (file_of(b'{"a":' + b"[" * DEEP), "nested 3 deep at most, got 131073"),
    "objects within objects": (file_of(b'{"a":' * DEEP), "nested 3 deep at most, got 131072"),
    "depth behind quotes": (file_of(b'{"\\"]]]":' + b"[" * DEEP), "nested 3 deep at most"),
    "quotes without end": (file_of(b'{"' + b'\\"' * (MIB // 2 - 4)), "got Unterminated string"),
    "million zeros": (file_of(b'{"a":[' + b"0," * 500_000 + b"0]}"), "have exactly data_offsets"),
    "one name often": (file_of(b"{" + b'"a":0,' * 170_000 + b'"a":0}'), "the name 'a' twice"),
    "last name twice": (
        file_of(b"{" + b"".join(b'"%06d":0,' % i for i in range(90_000)) + b'"089999":0}'),
        "the name '089999' twice",
    ),
    "field twice": (file_of(b'{"a":{"dtype":"F32","dtype":"F16"}}'), "the name 'dtype' twice"),
    "NaN in the header": (one(shape=[float("nan")]), "not finite, 'NaN'"),
    "Infinity in the header": (one(shape=[float("inf")]), "not finite, 'Infinity'"),
    "5000 digits": (file_of(b'{"a":' + b"9" * 5000 + b"}"), "beyond 64 bits, '9999"),
    "2^64": (one(shape=[2**64]), "beyond 64 bits, '18446744073709551616'"),
    "too many tensors": (
        file_of({f"{i}": entry("F32", [0], 0, 0) for i in range(4097)}),
        "at most 4096 tensors, got 4097",
    ),
    "entry without a shape": (
        file_of({"a": {"dtype": "F32", "data_offsets": [0, 0]}}),
        "exactly data_offsets, dtype, shape",
    ),
    "entry with more": (one(reduce="os.system"), "exactly data_offsets, dtype, shape"),
    "number as entry": (file_of({"a": 1}), "exactly data_offsets, dtype, shape, got 1"),
    **{
        f"type {kind}": (one(dtype=kind), "of type I64, F32, F16, got ")
        for kind in ("F64", "BF16", "f32", "O", "", None, 4, ["F32"], {})
    },
    "negative axis": (one(shape=[-2]), r"shape of tensor 'a' as a list .* got \[-2\]"),
    "two negative axes": (one(shape=[-1, -2]), r"whole numbers from 0, got \[-1, -2\]"),
    "axis of 2.0": (one(shape=[2.0]), r"whole numbers from 0, got \[2.0\]"),
    "true as an axis": (one(shape=[True, 2]), r"whole numbers from 0, got \[True, 2\]"),
    "text as an axis": (one(shape=["2"]), "whole numbers from 0"),
    "text as shape": (one(shape="2"), "whole numbers from 0, got '2'"),
    "shape within a shape": (one(shape=[[2]]), "nested 3 deep at most, got 4"),
    "axes that overflow to 2": (one(shape=[2**62 + 1, 2]), r"281474976710656 elements, got"),
    "axes that overflow to 0": (one(b"", shape=[2**32, 2**32]), r"281474976710656 elements, got"),
    "empty but overflowing": (
        one(b"", shape=[0, 2**63, 2**63], data_offsets=[0, 0]),
        r"281474976710656 elements, got the shape \(0, 9223372036854775808",
    ),
    "nine axes": (one(shape=[1] * 8 + [2]), "at most 8 axes"),
    "wrong shape": (one(shape=[3]), r"a begin and an end 12 bytes apart"),
    "offsets reversed": (one(data_offsets=[8, 0]), r"8 bytes apart, by its shape, got \(8, 0\)"),
    "negative offsets": (one(data_offsets=[-8, 0]), "data_offsets of tensor 'a' as a list"),
    "three offsets": (one(data_offsets=[0, 8, 8]), "a begin and an end 8 bytes apart"),
    "no offsets": (one(data_offsets=[]), "a begin and an end 8 bytes apart"),
    "offsets beyond the end": (one(data_offsets=[8, 16]), "begin at byte 0, .* got 8"),
    "terabytes promised": (
        file_of({"a": entry("F32", [2**40], 0, 2**42)}, b"\0" * 8),
        "4398046511104 bytes of numbers by the header, got 8",
    ),
    "gap": (
        file_of({"a": entry("F32", [1], 0, 4), "b": entry("F32", [1], 5, 9)}, bytes(9)),
        "'b' to begin at byte 4, .* got 5",
    ),
    "overlap": (
        file_of({"a": entry("F32", [2], 0, 8), "b": entry("F32", [2], 4, 12)}, bytes(12)),
        "'b' to begin at byte 8, .* got 4",
    ),
    "the same bytes twice": (
        file_of({"a": entry("F32", [2], 0, 8), "b": entry("F32", [2], 0, 8)}, bytes(8)),
        "'b' to begin at byte 8, .* got 0",
    ),
    "bytes of no tensor": (file_of({}, bytes(8)), "0 bytes of numbers by the header, got 8"),
    **{
        f"named {name[:9]!r}": (file_of({name: entry("F32", [0], 0, 0)}), "200 printable ASCII")
        for name in ("", "a" * 201, "a\x00b", "\x1b[2J", "gäin", "\u202egain", "\ud800", "a\n")
    },
    "NaN": (one(np.array([np.nan, 1], "<f4").tobytes()), "finite numbers .* 'a', got 1 NaN or inf"),
    "inf": (one(np.array([np.inf, -np.inf], "<f4").tobytes()), "'a', got 2 NaN or inf"),
    "half NaN": (
        file_of({"a": entry("F16", [1], 0, 2)}, np.array([np.nan], "<f2").tobytes()),
        "finite numbers .* 'a', got 1 NaN or inf",
    ),
    "list as metadata": (file_of({"__metadata__": []}), "__metadata__ as texts by name, got "),
    "number in the metadata": (file_of({"__metadata__": {"a": 1}}), "__metadata__ as texts"),
    "object in the metadata": (file_of({"__metadata__": {"estilo": {}}}), "__metadata__ as texts"),
    "tensor as metadata": (file_of({"__metadata__": entry("F32", [0], 0, 0)}), "as texts by name"),
    "card no JSON": (carded("{rain}"), "its card to be plain JSON"),
    "card empty": (carded(""), "its card to start with '{', got b''"),
    "card a list": (carded("[]"), "its card to start with '{'"),
    "card a pickle": (carded(pickle.dumps(Payload(""), protocol=0).decode()), "its card to start"),
    "card too deep": (carded('{"a":' * 50_000), "card nested 16 deep at most, got 50000"),
    "card too large": (carded('{"a":"' + "a" * 2**18 + '"}'), "card of at most 262144 bytes"),
    "card with a name twice": (carded('{"consent":1,"consent":2}'), "the name 'consent' twice"),
    "card with NaN": (carded('{"loudness_lufs":NaN}'), "not finite, 'NaN'"),
    "card with 1e999": (carded('{"loudness_lufs":-1e999}'), "not finite, '-1e999'"),
    "card with an escape": (carded('{"name":"\\u001b]0;x\\u0007"}'), "printable text in the card"),
    "card with a name that escapes": (carded('{"\\u009b2J":[]}'), "printable text in the card"),
    "card that turns lines": (carded('{"a":[{"b":"\\u202etxt.exe"}]}'), "printable text"),
    "card with half a character": (carded('{"name":"\\ud83d"}'), "printable text in the card"),
    "card spelt with half a character": (carded('{"name":"\ud83d"}'), "card to be plain JSON"),
}  # fmt: skip


def write_hostile(name, folder):
    content, match = HOSTILE[name]
    path = folder / "hostile.estilo-style"
    path.write_bytes(pickles(folder / MARKER)[name] if content is None else content)
    return path, match
