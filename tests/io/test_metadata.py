"""Markers, loops and times stay where the output is like its source."""

import struct

import numpy as np
import pytest
import soundfile as sf
from hostile import encoded, noise

from estilo.audio import Audio
from estilo.io import AudioFileWarning, load, probe, save, why_not_kept
from estilo.io.metadata import Metadata

RATE = 48_000
TONE = (np.round(9000 * np.sin(np.arange(RATE) * 0.05)) / 2**15).astype(np.float32)[:, None]


def chunk(name, content, order="<"):
    return name + struct.pack(order + "I", len(content)) + content + b"\0" * (len(content) & 1)


def bext():
    block = bytearray(602)
    block[338:346] = struct.pack("<Q", RATE * 36_000)
    return bytes(block)


WAV_BLOCKS = (
    (b"bext", bext()),
    (b"smpl", struct.pack("<15I", 0, 0, 20833, 60, 0, 0, 0, 1, 0, 0, 0, 1000, 40_000, 0, 0)),
    (b"cue ", struct.pack("<III4sIII", 1, 1, 20_000, b"data", 0, 0, 20_000)),
    (b"LIST", b"adtl" + chunk(b"labl", struct.pack("<I", 1) + b"verse")),
    (b"iXML", b"<BWFXML></BWFXML>"),
)  # fmt: skip
AIFF_BLOCKS = (
    (b"MARK", struct.pack(">HHI", 1, 1, 20_000) + b"\5verse"),
    (b"INST", bytes(20)),
    (b"APPL", b"stoc" + b"\4loop\0\0\0"),
)
FLAC_BLOCKS = (
    (b"\x02", b"aiff" + bytes(10)),
    (b"\x05", bytes(395) + b"\1" + struct.pack(">QB", RATE, 255) + bytes(27)),
    (b"\x06", struct.pack(">I", 3) + struct.pack(">I", 9) + b"image/png" + bytes(24)),
)


def wav_with(blocks, *, is_before=False):
    data = encoded("WAV", "PCM_16", TONE, RATE)
    extra = b"".join(chunk(*block) for block in blocks)
    data = data[:12] + extra + data[12:] if is_before else data + extra
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


def aiff_with(blocks):
    data = encoded("AIFF", "PCM_16", TONE, RATE) + b"".join(chunk(*b, ">") for b in blocks)
    return data[:4] + struct.pack(">I", len(data) - 8) + data[8:]


def flac_with(blocks):
    data = encoded("FLAC", "PCM_16", TONE, RATE)
    extra = b"".join(kind + len(content).to_bytes(3, "big") + content for kind, content in blocks)
    return data[:42] + extra + data[42:]


CAF_BLOCKS = ((b"mark", struct.pack(">II", 0, 0)), (b"inst", bytes(28)), (b"umid", bytes(64)))


def caf_with(blocks):
    data = encoded("CAF", "PCM_16", TONE, RATE)
    extra = b"".join(name + struct.pack(">q", len(content)) + content for name, content in blocks)
    return data[:52] + extra[:20] + data[52:] + extra[20:]  # before the samples and behind them


MADE = {
    "caf": (caf_with(CAF_BLOCKS), CAF_BLOCKS),
    "wav": (wav_with(WAV_BLOCKS), WAV_BLOCKS),
    "rf64": (wav_with(WAV_BLOCKS, is_before=True), WAV_BLOCKS),
    "aiff": (aiff_with(AIFF_BLOCKS), AIFF_BLOCKS),
    "flac": (flac_with(FLAC_BLOCKS), FLAC_BLOCKS),
}


@pytest.mark.parametrize("extension", MADE)
@pytest.mark.parametrize("depth", ["16", "24"])
def test_blocks_are_kept(extension, depth, tmp_path):
    data, blocks = MADE[extension]
    given = tmp_path / f"in.{'wav' if extension == 'rf64' else extension}"
    given.write_bytes(data)
    info = probe(given)
    assert info.metadata is not None
    assert info.metadata.blocks == blocks
    audio = load(given)
    np.testing.assert_array_equal(audio.samples, TONE.T)
    path = tmp_path / f"out.{extension}"
    save(audio, path, like=info, tags={"title": "A tone"}, bit_depth=depth)
    kept = probe(path)
    assert kept.metadata == info.metadata
    assert kept.tags == {"title": "A tone"}
    np.testing.assert_array_equal(load(path).samples, audio.samples)
    samples, rate = sf.read(path, dtype="float32", always_2d=True)  # another reader
    np.testing.assert_array_equal(samples, TONE)
    assert rate == RATE


def test_another_program_reads_them(tmp_path):
    av = pytest.importorskip("av")
    for extension, key, value in (
        ("wav", "time_reference", str(RATE * 36_000)),
        ("rf64", "time_reference", str(RATE * 36_000)),
    ):
        (tmp_path / "in.wav").write_bytes(MADE[extension][0])
        path = tmp_path / f"out.{extension}"
        save(load(tmp_path / "in.wav"), path, like=probe(tmp_path / "in.wav"))
        with av.open(str(path)) as container:
            assert container.metadata[key] == value
            blocks = [frame.to_ndarray() for frame in container.decode(audio=0)]
        np.testing.assert_array_equal(np.concatenate(blocks, axis=1)[0] / 2**15, TONE[:, 0])


def test_they_are_kept_with_a_layout_as_well(tmp_path):
    samples = noise(RATE, 6).astype(np.float32)
    data = encoded("WAVEX", "PCM_24", samples, RATE) + chunk(*WAV_BLOCKS[0])
    (tmp_path / "in.wav").write_bytes(data[:4] + struct.pack("<I", len(data) - 8) + data[8:])
    info = probe(tmp_path / "in.wav")
    save(load(info.path), tmp_path / "out.wav", like=info)
    kept = probe(tmp_path / "out.wav")
    assert (kept.channel_mask, kept.bit_depth) == (0x3F, "24")
    assert kept.metadata == Metadata("wav", WAV_BLOCKS[:1])


def test_texts_that_are_no_tags_are_kept(tmp_path):
    texts = chunk(b"INAM", b"A tone\0") + chunk(b"IENG", b"An engineer\0")
    (tmp_path / "in.wav").write_bytes(wav_with([(b"LIST", b"INFO" + texts)]))
    info = probe(tmp_path / "in.wav")
    assert info.tags == {"title": "A tone"}
    save(load(info.path), tmp_path / "out.wav", like=info)
    assert probe(tmp_path / "out.wav").tags == {"title": "A tone"}
    data = (tmp_path / "out.wav").read_bytes()
    assert data.count(b"A tone") == data.count(b"An engineer") == 1


def test_where_they_are_not_kept_it_is_said(tmp_path):
    data, _ = MADE["wav"]
    (tmp_path / "in.wav").write_bytes(data)
    info = probe(tmp_path / "in.wav")
    assert info.metadata is not None
    assert info.metadata.names == ["bext", "smpl", "cue", "LIST", "iXML"]
    audio = load(info.path)
    save(Audio(audio.samples[:, :100], RATE), tmp_path / "part.wav", like=info)
    save(audio, tmp_path / "out.flac", like=info)
    for name in ("part.wav", "out.flac"):
        assert probe(tmp_path / name).metadata is None
    assert why_not_kept(info.metadata, "wav", is_whole=True) is None
    assert "whole recording" in (why_not_kept(info.metadata, "wav", is_whole=False) or "")
    assert why_not_kept(info.metadata, "flac", is_whole=True) == "flac has no place for it"
    # Numbers of big-endian files would be read the wrong way round.
    big = Metadata("rifx", info.metadata.blocks)
    assert why_not_kept(big, "wav", is_whole=True) is not None


def test_what_is_computed_from_the_samples_is_not_kept(tmp_path):
    blocks = [
        (b"PEAK", bytes(16)),
        (b"levl", bytes(120)),
        (b"JUNK", bytes(30)),
        (b"MD5 ", bytes(16)),
    ]
    (tmp_path / "in.wav").write_bytes(wav_with(blocks))
    assert probe(tmp_path / "in.wav").metadata is None


def test_what_is_too_large_is_said(tmp_path):
    large = (b"logo", bytes(2**24 + 2))
    path = tmp_path / "in.wav"
    path.write_bytes(wav_with([*WAV_BLOCKS, large]))
    with pytest.warns(AudioFileWarning, match="its block logo is too large to be kept"):
        info = probe(path)
    assert info.metadata == Metadata("wav", WAV_BLOCKS)
    path = tmp_path / "in.aiff"
    path.write_bytes(aiff_with([large]))
    with pytest.warns(AudioFileWarning, match="its block logo is too large to be kept"):
        assert probe(path).metadata is None
