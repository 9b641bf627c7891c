import builtins
import subprocess
import sys

import numpy as np
import pytest
import soundfile as sf
from hostile import PLAIN, encoded, noise

from estilo.errors import AudioFileError, InputError, SettingsError
from estilo.io import load, probe, release, scratch, scratch_array

KINDS = {
    "wav": ("wav", "pcm_16", "16"),
    "wav24": ("wav", "pcm_24", "24"),
    "wavfloat": ("wav", "float", "float"),
    "rf64": ("rf64", "pcm_16", "16"),
    "adpcm": ("wav", "ima_adpcm", "16"),
    "flac": ("flac", "pcm_16", "16"),
    "ogg": ("ogg", "vorbis", "16"),
    "opus": ("opus", "opus", "16"),
    "mp3": ("mp3", "mpeg_layer_iii", "16"),
    "aiff": ("aiff", "pcm_16", "16"),
    "caf": ("caf", "pcm_16", "16"),
    "alac": ("caf", "alac_16", "16"),
}
EXTENSIONS = {"wav24": "wav", "wavfloat": "wav", "rf64": "rf64", "adpcm": "wav", "alac": "caf"}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def path(kind, tmp_path):
    path = tmp_path / f"take.{EXTENSIONS.get(kind, kind)}"
    path.write_bytes(PLAIN[kind])
    return path


def test_probe_and_load_agree_with_libsndfile(kind, path):
    info = probe(path)
    expected, sample_rate = sf.read(path, dtype="float32", always_2d=True)
    assert (info.format, info.encoding, info.bit_depth) == KINDS[kind]
    assert (info.sample_rate, info.n_channels, info.n_samples) == (sample_rate, 2, len(expected))
    assert info.duration_s == pytest.approx(len(expected) / sample_rate)
    audio = load(path)
    assert audio.samples.dtype == np.float32
    assert audio.sample_rate == sample_rate
    np.testing.assert_array_equal(audio.samples, expected.T)


def test_parts_are_what_the_whole_has_there(kind, path, rng):
    whole = load(path)
    rate = whole.sample_rate
    for _ in range(12):
        start = int(rng.integers(0, whole.n_samples))
        length = int(rng.integers(1, whole.n_samples))
        part = load(path, offset_s=start / rate, duration_s=length / rate)
        np.testing.assert_array_equal(part.samples, whole.samples[:, start : start + length])
    last = load(path, offset_s=(whole.n_samples - 1) / rate)
    np.testing.assert_array_equal(last.samples, whole.samples[:, -1:])


def test_offset_beyond_the_end_tells_the_duration(path):
    duration_s = probe(path).duration_s
    with pytest.raises(
        AudioFileError, match=f"is {duration_s:.3f} s long, and the offset of 9.0 s"
    ):
        load(path, offset_s=9.0)


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf")])
def test_times_must_be_times(value):
    with pytest.raises(SettingsError, match="the offset must be 0 s or more, got"):
        load("any.wav", offset_s=value)
    with pytest.raises(SettingsError, match="the duration must be more than 0 s, got"):
        load("any.wav", duration_s=value)


def test_large_recordings_come_from_a_scratch_file(tmp_path, monkeypatch):
    path = tmp_path / "long.wav"
    path.write_bytes(encoded("WAV", "PCM_16", noise(200_000)))
    expected = load(path).samples
    monkeypatch.setattr(scratch, "IN_MEMORY_BYTES", 1000)
    mapped = load(path).samples
    assert isinstance(mapped.base, np.memmap)
    np.testing.assert_array_equal(mapped, expected)
    release(mapped)
    np.testing.assert_array_equal(mapped, expected)
    release(expected)
    part = load(path, offset_s=1.0, duration_s=2.0).samples
    np.testing.assert_array_equal(part, expected[:, 44_100:132_300])


def test_scratch_array(monkeypatch):
    monkeypatch.setattr(scratch, "IN_MEMORY_BYTES", 1000)
    array = scratch_array((2, 50_000))
    assert isinstance(array, np.memmap)
    assert not array.any()
    array[1, 7:] = 3.0
    release(array[:, 100:])
    assert array.sum() == 3.0 * 49_993
    assert not isinstance(scratch_array((2, 10)), np.memmap)


def test_scratch_needs_room(monkeypatch, tmp_path):
    with pytest.raises(InputError, match=r"needs 4\d+ MiB of temporary space in .* set TMPDIR"):
        scratch_array((2, 2**59))
    monkeypatch.setattr(scratch, "IN_MEMORY_BYTES", 1000)
    monkeypatch.setattr(scratch.shutil, "disk_usage", lambda _: type("U", (), {"free": 10}))
    path = tmp_path / "take.wav"
    path.write_bytes(PLAIN["wav"])
    with pytest.raises(InputError, match=r"needs 0 MiB of temporary space in .* has 0 MiB free"):
        load(path)


def test_flac_without_a_length(tmp_path):
    """What an encoder leaves that writes into a pipe."""
    data = bytearray(PLAIN["flac"])
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    path = tmp_path / "pipe.flac"
    path.write_bytes(data)
    assert probe(path).n_samples == 40_000
    assert load(path).n_samples == 40_000


def test_mp3_without_a_length_and_with_a_tag(tmp_path):
    audio = load_bytes(tmp_path / "whole.mp3", PLAIN["mp3"])
    data = PLAIN["mp3"]
    second = data.index(b"\xff\xfb", 200)  # the first frame only holds the length
    headless = load_bytes(tmp_path / "headless.mp3", data[second:])
    # Delay and padding are told in the frame that is gone; nothing else may be lost.
    assert 0 <= headless.n_samples - audio.n_samples < 3 * 1152
    delay = headless.samples.shape[1] - audio.n_samples
    shifts = [np.abs(headless.samples[:, k : k + 50_000] - audio.samples[:, :50_000]).max()
              for k in range(delay + 1)]  # fmt: skip
    assert min(shifts) < 1e-5
    cut = load_bytes(tmp_path / "cut.mp3", data[second : len(data) // 2])
    assert 0.4 < cut.n_samples / headless.n_samples < 0.6
    tagged = b"ID3\x04\0\0\0\0\x02\0" + bytes(256) + data
    np.testing.assert_array_equal(load_bytes(tmp_path / "t.mp3", tagged).samples, audio.samples)


def load_bytes(path, data):
    path.write_bytes(data)
    return load(path)


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "ogg", "aiff"])
def test_names_of_all_kinds(kind, tmp_path):
    path = tmp_path / f"sp ace 'é漢\n{'x' * 180}.{kind.upper()}"
    path.write_bytes(PLAIN[kind])
    assert load(path).n_channels == 2


av = pytest.importorskip("av")


def write_m4a(path, samples, *, codec, sample_rate=44_100, options=None):
    layout = {1: "mono", 2: "stereo"}[len(samples)]
    with av.open(str(path), "w", options=options or {}) as container:
        container.metadata["title"] = "Tité"
        container.metadata["track"] = "3"
        stream = container.add_stream(codec, rate=sample_rate, layout=layout)
        for start in range(0, samples.shape[1], 1024):
            block = np.ascontiguousarray(samples[:, start : start + 1024])
            if codec == "alac":
                block, form = np.round(block * 2**15).astype(np.int16), "s16p"
            else:
                form = "fltp"
            frame = av.AudioFrame.from_ndarray(block, format=form, layout=layout)
            frame.sample_rate, frame.pts = sample_rate, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def test_alac_in_m4a_is_exact(tmp_path):
    samples = np.round(noise(30_000).T * 2**15) / 2**15
    path = tmp_path / "take.m4a"
    write_m4a(path, samples, codec="alac")
    info = probe(path)
    assert (info.format, info.encoding, info.n_samples) == ("m4a", "alac", 30_000)
    assert info.tags == {"title": "Tité", "tracknumber": "3"}
    np.testing.assert_array_equal(load(path).samples, samples.astype(np.float32))
    part = load(path, offset_s=0.1, duration_s=0.2)
    np.testing.assert_array_equal(part.samples, samples[:, 4410:13_230].astype(np.float32))


@pytest.mark.parametrize("n_channels", [1, 2])
def test_aac(tmp_path, n_channels):
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(60_000) / 44_100)
    path = tmp_path / "take.m4a"
    write_m4a(path, np.tile(tone, (n_channels, 1)).astype(np.float32), codec="aac")
    audio = load(path)
    assert audio.n_channels == n_channels
    assert abs(audio.n_samples - 60_000) <= 2048
    np.testing.assert_allclose(audio.samples[0, 5000:50_000], tone[5000:50_000], atol=0.05)
    assert load(path, duration_s=0.5).n_samples == 22_050


def test_m4a_that_was_cut_off(tmp_path):
    path = tmp_path / "take.m4a"
    samples = noise(200_000).T.astype(np.float32)
    write_m4a(path, samples, codec="aac", options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(
        AudioFileError, match=r"cut off or damaged: its header promises \d+ samples"
    ):
        load(path)
    n_samples = load(path, accept_truncated=True).n_samples
    assert 80_000 < n_samples < 120_000
    write_m4a(path, samples, codec="aac")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(AudioFileError, match="cannot be decoded"):
        load(path)


def test_m4a_without_pyav_names_the_extra(tmp_path, monkeypatch):
    path = tmp_path / "take.m4a"
    write_m4a(path, noise(3000).T.astype(np.float32), codec="aac")
    original = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.partition(".")[0] == "av":
            raise ImportError(name)
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(AudioFileError, match=r"run pip install 'estilo\[formats\]'"):
        load(path)


def test_io_needs_no_torch():
    code = "import estilo.io, estilo.dsp.loudness, sys; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
