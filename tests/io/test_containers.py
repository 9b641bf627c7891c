"""Files of other programs, and what of them PyAV decodes."""

import struct
import warnings

import numpy as np
import pytest
from untidy import ID3V1, id3, junk

from estilo.errors import AudioFileError
from estilo.io import AudioFileWarning, load, probe

pytest.importorskip("av")

from containers import av_encoded

N_SAMPLES = 30_000
WAVE = np.float32(0.3) * np.sin(np.arange(N_SAMPLES) * 0.06, dtype=np.float32)[None]
ON_GRID = (np.round(WAVE * 2**15) / 2**15).astype(np.float32)


def read(path, data, **options):
    path.write_bytes(data)
    return load(path, **options).samples


def without_ftyp(data):
    size = struct.unpack(">I", data[:4])[0]
    return struct.pack(">I", size) + b"wide" + bytes(size - 8) + data[size:]


def test_quicktime_with_and_without_its_first_atom(tmp_path):
    data = av_encoded(ON_GRID, codec="pcm_s16le", container="mov")
    for each in (data, without_ftyp(data), id3() + data):
        np.testing.assert_array_equal(read(tmp_path / "take.mov", each), ON_GRID)
    assert probe(tmp_path / "take.mov").format == "m4a"


def test_flac_in_ogg(tmp_path):
    data = av_encoded(ON_GRID, codec="flac", container="ogg")
    path = tmp_path / "take.oga"
    np.testing.assert_array_equal(read(path, data), ON_GRID)
    assert (probe(path).format, probe(path).encoding) == ("ogg", "pcm_16")
    joined = read(path, data + data)
    np.testing.assert_array_equal(joined, np.tile(ON_GRID, 2))
    with pytest.raises(AudioFileError, match="cut off"):
        read(path, data[: len(data) * 2 // 3])


@pytest.mark.parametrize("name", ["memo.webm", "memo.mka"])
def test_webm(name, tmp_path):
    wave = np.repeat(WAVE, 2, axis=0)
    data = av_encoded(wave, codec="libopus", container="matroska", sample_rate=48_000)
    if name.endswith("webm"):
        data = av_encoded(wave, codec="libopus", container="webm", sample_rate=48_000)
    path = tmp_path / name
    samples = read(path, data)
    assert probe(path).format == "webm"
    assert samples.shape == wave.shape
    np.testing.assert_allclose(samples[:, 2000:20_000], wave[:, 2000:20_000], atol=0.01)
    part = load(path, offset_s=0.25).samples
    np.testing.assert_array_equal(part, samples[:, 12_000:])
    with pytest.raises(AudioFileError, match="cut off"):
        read(path, data[: len(data) * 2 // 3])
    assert read(path, data + data).shape[1] == 2 * samples.shape[1]


def test_aac_with_tags_between_its_parts(tmp_path):
    data = av_encoded(WAVE, codec="aac", container="adts")
    path = tmp_path / "take.aac"
    samples = read(path, data)
    assert 0 <= samples.shape[1] - N_SAMPLES < 3 * 1024
    assert probe(path).format == "aac"
    for each in (id3() + data, id3() + id3(300) + data + ID3V1):
        np.testing.assert_array_equal(read(path, each), samples)
    # Parts of a broadcast, each with its tag: their frames go on where the last part ended.
    assert read(path, (id3() + data) * 3).shape[1] == 3 * samples.shape[1]
    with pytest.warns(AudioFileWarning, match="1000 bytes before its first sample, no sound"):
        np.testing.assert_array_equal(read(path, junk(1000) + data), samples)
    with pytest.raises(AudioFileError, match="cut off: its last frame is not whole"):
        read(path, data[:-20])
    with pytest.raises(AudioFileError, match=r"cannot be decoded: .* are no sound"):
        read(path, data[:200] + junk(200_000))
    other = av_encoded(WAVE, codec="aac", container="adts", sample_rate=48_000)
    with pytest.raises(AudioFileError, match="44100 Hz and 1 channel at first and of 48000 Hz"):
        read(path, data + other)


def test_m4a_joined_and_in_fragments(tmp_path):
    path = tmp_path / "take.m4a"
    data = av_encoded(ON_GRID, codec="alac", container="ipod")
    np.testing.assert_array_equal(read(path, data + data), np.tile(ON_GRID, 2))
    flags = {"movflags": "frag_keyframe+empty_moov", "frag_duration": "100000"}
    data = av_encoded(ON_GRID, codec="alac", container="mp4", options=flags)
    np.testing.assert_array_equal(read(path, data), ON_GRID)
    with pytest.raises(AudioFileError, match="cut off"):
        read(path, data[: len(data) * 2 // 3])


def test_layer_ii(tmp_path):
    data = av_encoded(WAVE, codec="mp2", container="mp2")
    path = tmp_path / "take.mp2"
    samples = read(path, data)
    assert probe(path).encoding == "mpeg_layer_ii"
    assert abs(samples.shape[1] - N_SAMPLES) < 2 * 1152
    assert abs(read(path, data + data).shape[1] - 2 * samples.shape[1]) < 1152


@pytest.mark.parametrize("codec", ["libmp3lame", "mp2"])
def test_mp3_in_wav(codec, tmp_path):
    data = av_encoded(WAVE, codec=codec, container="wav")
    path = tmp_path / "take.wav"
    samples = read(path, data)
    assert -1152 <= samples.shape[1] - N_SAMPLES < 3 * 1152
    np.testing.assert_array_equal(read(path, data + data), np.tile(samples, 2))
    with pytest.raises(AudioFileError, match="cut off"):
        read(path, data[: len(data) // 2])


def test_many_streams_of_sound_are_told(tmp_path):
    import av

    path = tmp_path / "film.mka"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("pcm_s16le", rate=44_100, layout="mono") for _ in "ab"]
        for stream, gain in zip(streams, (1, 0.5), strict=True):
            codes = np.round(gain * ON_GRID * 2**15).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(codes, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 44_100, 0
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    with pytest.warns(AudioFileWarning, match="holds 2 streams of sound side by side; the first"):
        np.testing.assert_array_equal(load(path).samples, ON_GRID)


def test_others_are_named(tmp_path):
    speex = b"OggS\0\2" + bytes(20) + b"\1\x50" + b"Speex   1.2".ljust(80, b"\0")
    names = {
        b"wvpk" + bytes(99): "a WavPack file", b"DSD " + bytes(99): "a DSD file",
        b"0&\xb2u\x8ef" + bytes(99): "a Windows Media file", b"#!AMR\n" + bytes(99): "an AMR rec",
        b"\0\0\x01\xba" + bytes(99): "an MPEG film", b"G@\0\x10" * 99: "an MPEG transport stream",
        speex: "there is Speex audio, which is not read",
    }  # fmt: skip
    for data, name in names.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AudioFileWarning)
            with pytest.raises(AudioFileError, match=f"{name}.*;"):
                read(tmp_path / "take.wav", data)
