"""Pictures in the tag of an mp3 stay in an mp3, and are named where they are lost."""

import struct

import numpy as np
import pytest

from estilo.audio import Audio
from estilo.io import load, probe, save, why_not_kept

PICTURE = b"\0image/png\0\3\0" + bytes(range(256)) * 40
TONE = Audio(0.3 * np.sin(np.arange(20_000) * 0.05), 44_100)


def synchsafe(number):
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def tagged(path, version, *, flags=0):
    """An mp3 with a title and a picture, as version 2.3 or 2.4 of the tag counts them."""
    size = synchsafe if version == 4 else (lambda number: struct.pack(">I", number))
    title = b"TIT2" + size(7) + b"\0\0" + b"\0A tone"
    frames = title + b"APIC" + size(len(PICTURE)) + bytes([0, flags]) + PICTURE + bytes(500)
    save(TONE, path)
    head = b"ID3" + bytes([version, 0, 0]) + synchsafe(len(frames))
    path.write_bytes(head + frames + path.read_bytes())
    return path


@pytest.mark.parametrize("version", [3, 4])
def test_a_picture_goes_along(tmp_path, version):
    given = tagged(tmp_path / "in.mp3", version)
    info = probe(given)
    assert info.metadata is not None
    assert (info.metadata.names, info.metadata.blocks) == (["picture"], ((b"APIC", PICTURE),))
    save(load(given), tmp_path / "out.mp3", like=info)
    kept = probe(tmp_path / "out.mp3")
    assert (kept.metadata, kept.tags) == (info.metadata, {"title": "A tone"})
    assert load(tmp_path / "out.mp3").n_samples == TONE.n_samples


def test_another_program_sees_it(tmp_path):
    av = pytest.importorskip("av")
    given = tagged(tmp_path / "in.mp3", 3)
    save(load(given), tmp_path / "out.mp3", like=probe(given))
    with av.open(str(tmp_path / "out.mp3")) as file:
        packets = [bytes(packet) for packet in file.demux(file.streams.video[0])]
    assert packets[0] == PICTURE.split(b"\3\0", 1)[1]


def test_where_it_is_lost_it_is_named(tmp_path):
    info = probe(tagged(tmp_path / "in.mp3", 4))
    assert info.metadata is not None
    assert why_not_kept(info.metadata, "flac", is_whole=True) == "flac has no place for it"
    assert why_not_kept(info.metadata, "mp3", is_whole=True) is None


def test_one_that_is_packed_is_left(tmp_path):
    assert probe(tagged(tmp_path / "in.mp3", 3, flags=0x80)).metadata is None
