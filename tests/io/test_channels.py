"""Every channel at its place, whatever order a format has, and the places told where it can."""

import struct

import numpy as np
import pytest
import soundfile as sf
from hostile import caf, changed, encoded

from estilo.audio import Audio
from estilo.errors import OutputError
from estilo.io import load, probe, save
from estilo.io.layouts import SPEAKERS, mask_of, wave_default

LAYOUTS = {
    "3.0": "FL FR FC", "quad": "FL FR BL BR", "5.0": "FL FR FC BL BR",
    "5.1": "FL FR FC LFE BL BR", "6.1": "FL FR FC LFE BC SL SR",
    "7.1": "FL FR FC LFE BL BR SL SR",
}  # fmt: skip
OTHERS = {
    "2.1": "FL FR LFE", "3.1": "FL FR FC LFE", "4.0": "FL FR FC BC",
    "5.1 at the sides": "FL FR FC LFE SL SR", "7.1 of cinemas": "FL FR FC LFE BL BR FLC FRC",
    "one at the left": "FL", "two in the middle": "FC LFE", "no places": "",
}  # fmt: skip
WITH_MASK = ["wav", "rf64", "flac", "aiff", "caf"]
RATE = 48_000


def mask(places):
    return mask_of([SPEAKERS.index(name) for name in places.split()])


def tones(n_channels, places=""):
    """A tone of its own in each channel; that of an LFE is low, as nothing else survives there."""
    time = np.arange(24_000) / RATE
    names = places.split() or [""] * n_channels
    pitches = [50.0 if name == "LFE" else 300.0 + 200 * n for n, name in enumerate(names)]
    return 0.1 * np.stack([np.sin(2 * np.pi * pitch * time) for pitch in pitches]), pitches


def pitches_of(samples):
    """The loudest frequency of each channel."""
    spectra = np.abs(np.fft.rfft(samples[:, 6000:18_000] * np.hanning(12_000), axis=1))
    return list(spectra.argmax(axis=1) * RATE / 12_000)


def surround(path, places):
    """A wav of tones whose header tells their places."""
    n_channels = len(places.split()) or 3
    samples, pitches = tones(n_channels, places)
    data = encoded("WAVEX", "PCM_16", samples.T, RATE)
    path.write_bytes(changed(data, (40, struct.pack("<I", mask(places)))))
    return pitches


@pytest.mark.parametrize("extension", [*WITH_MASK, "ogg", "opus"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_every_channel_comes_back_at_its_place(name, extension, tmp_path):
    pitches = surround(tmp_path / "in.wav", LAYOUTS[name])
    info = probe(tmp_path / "in.wav")
    assert info.channel_mask == mask(LAYOUTS[name])
    path = tmp_path / f"out.{extension}"
    save(load(info.path), path, like=info)
    assert pitches_of(load(path).samples) == pytest.approx(pitches, abs=8)
    assert probe(path).channel_mask == mask(LAYOUTS[name])


@pytest.mark.parametrize("extension", [*WITH_MASK, "ogg", "opus"])
@pytest.mark.parametrize("name", ["quad", "5.1", "7.1"])
def test_other_programs_find_them_there(name, extension, tmp_path):
    av = pytest.importorskip("av")
    pitches = surround(tmp_path / "in.wav", LAYOUTS[name])
    info = probe(tmp_path / "in.wav")
    path = tmp_path / f"out.{extension}"
    save(load(info.path), path, like=info)
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    # PyAV cannot look at eight planes.
    packer = av.AudioResampler(frames[0].format.packed, frames[0].layout, frames[0].rate)
    packed = [each.to_ndarray() for frame in frames for each in packer.resample(frame)]
    samples = np.concatenate(packed, axis=1).reshape(-1, len(pitches)).T
    places = [channel.name for channel in frames[0].layout.channels]
    # FFmpeg gives flac's pair behind the front the name of the sides.
    told = [each.replace("S", "B") if name != "7.1" else each for each in places]
    by_place = dict(zip(told, pitches_of(samples), strict=True))
    expected = dict(zip(LAYOUTS[name].split(), pitches, strict=True))
    assert by_place == pytest.approx(expected, abs=8)


@pytest.mark.parametrize("extension", WITH_MASK)
@pytest.mark.parametrize("name", OTHERS)
def test_rare_layouts_are_kept(name, extension, tmp_path):
    surround(tmp_path / "in.wav", OTHERS[name])
    info = probe(tmp_path / "in.wav")
    path = tmp_path / f"out.{extension}"
    audio = load(info.path)
    save(audio, path, like=info)
    np.testing.assert_array_equal(load(path).samples, audio.samples)
    assert probe(path).channel_mask == mask(OTHERS[name])
    samples, _ = sf.read(path, dtype="float32", always_2d=True)
    np.testing.assert_array_equal(samples.T, audio.samples)


@pytest.mark.parametrize("name", ["2.1", "3.1", "4.0", "7.1 of cinemas", "no places"])
def test_what_vorbis_has_no_place_for_is_refused(name, tmp_path):
    surround(tmp_path / "in.wav", OTHERS[name])
    info = probe(tmp_path / "in.wav")
    for extension in ("ogg", "opus"):
        with pytest.raises(OutputError, match=r"no such layout of \d channels, .*; write wav"):
            save(load(info.path), tmp_path / f"out.{extension}", like=info)


def test_sides_are_vorbis_back(tmp_path):
    pitches = surround(tmp_path / "in.wav", OTHERS["5.1 at the sides"])
    info = probe(tmp_path / "in.wav")
    save(load(info.path), tmp_path / "out.ogg", like=info)
    assert pitches_of(load(tmp_path / "out.ogg").samples) == pytest.approx(pitches, abs=8)


def test_without_a_word_on_places_nothing_is_made_up(tmp_path):
    samples, pitches = tones(6, LAYOUTS["5.1"])
    path = tmp_path / "out.wav"
    save(Audio(samples, RATE), path)
    assert probe(path).channel_mask is None
    # An ogg has places whether one wants or not: the usual ones.
    save(load(path), tmp_path / "out.ogg", like=probe(path))
    assert pitches_of(load(tmp_path / "out.ogg").samples) == pytest.approx(pitches, abs=8)
    assert probe(tmp_path / "out.ogg").channel_mask == mask(LAYOUTS["5.1"])


APPLE = {
    122: "FL FR BL BR FC LFE", 123: "FL FC FR BL BR LFE", 124: "FC FL FR BL BR LFE",
    121: "FL FR FC LFE BL BR",
}  # fmt: skip


@pytest.mark.parametrize("tag", [*APPLE, None])
def test_apples_own_orders(tag, tmp_path):
    order = APPLE.get(tag, "LFE BR BL FC FR FL")
    bits = [SPEAKERS.index(name) for name in order.split()]
    layout = struct.pack(">III", (tag or 0) << 16 | (6 if tag else 0), 0, 0 if tag else 6)
    if tag is None:  # each channel described by itself
        layout += b"".join(struct.pack(">II12x", bit + 1, 0) for bit in bits)
    codes = np.arange(6, dtype=">i2")[None].repeat(100, axis=0)
    data = caf(channels=6, data=codes.tobytes())
    place = data.index(b"data")
    chunk = b"chan" + struct.pack(">q", len(layout)) + layout
    path = tmp_path / "take.caf"
    path.write_bytes(data[:place] + chunk + data[place:])
    expected = [order.split().index(SPEAKERS[bit]) for bit in wave_default(6)]
    np.testing.assert_array_equal(load(path).samples[:, 50] * 2**15, expected)
    assert probe(path).channel_mask == mask(LAYOUTS["5.1"])


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [("5.1", "aac", "ipod"), ("5.1", "libopus", "webm"), ("7.1", "libopus", "matroska")],
)
def test_surround_by_pyav(name, codec, container, tmp_path):
    """PyAV writes no 7.1 of planes, and crashes where it reads one."""
    pytest.importorskip("av")
    from containers import av_encoded

    samples, pitches = tones(len(LAYOUTS[name].split()), LAYOUTS[name])
    path = tmp_path / {"ipod": "a.m4a", "webm": "a.webm", "matroska": "a.mka"}[container]
    path.write_bytes(av_encoded(samples, codec=codec, container=container, sample_rate=RATE))
    assert pitches_of(load(path).samples[:, 1024:]) == pytest.approx(pitches, abs=8)
    assert probe(path).channel_mask == mask(LAYOUTS[name])
