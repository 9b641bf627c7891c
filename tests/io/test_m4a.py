"""AAC in MP4: written and read with the length that it had, whoever wrote it."""

import contextlib
import io
import struct
import warnings

import numpy as np
import pytest
from containers import av_encoded

from estilo.audio import Audio
from estilo.errors import AudioFileError, OutputError
from estilo.io import AudioFileWarning, load, plan_output, probe, save

av = pytest.importorskip("av")

RATE = 44_100
LENGTHS = (1, 500, 1023, 1024, 1025, 2048, 30_000)


def tone(n_samples, rate=RATE):
    return 0.3 * np.sin(2 * np.pi * 440 * np.arange(n_samples) / rate, dtype=np.float32)[None]


def box(name, content):
    return struct.pack(">I4s", 8 + len(content), name) + content


def with_apples_note(data, *, delay, n_samples):
    """As iTunes writes it: no edit list, and a note among the tags."""
    padding = -(delay + n_samples) % 1024
    text = b" 00000000 %08X %08X %016X" % (delay, padding, n_samples) + b" 00000000" * 8
    note = box(
        b"----",
        box(b"mean", bytes(4) + b"com.apple.iTunes")
        + box(b"name", bytes(4) + b"iTunSMPB")
        + box(b"data", struct.pack(">II", 1, 0) + text),
    )
    place = data.rindex(b"ilst") - 4
    end = place + struct.unpack(">I", data[place : place + 4])[0]
    noted = bytearray(data[:end] + note + data[end:])
    for name in (b"moov", b"udta", b"meta", b"ilst"):
        at = data.rindex(name) - 4
        size = struct.unpack(">I", data[at : at + 4])[0]
        noted[at : at + 4] = struct.pack(">I", size + len(note))
    return bytes(noted)


def check(path, data, wave):
    path.write_bytes(data)
    assert probe(path).n_samples == wave.shape[1]
    samples = load(path).samples
    assert samples.shape == wave.shape
    middle = slice(1024, -1024)
    np.testing.assert_allclose(samples[:, middle], wave[:, middle], atol=0.02)


@pytest.mark.parametrize("n_samples", LENGTHS)
@pytest.mark.parametrize("container", ["ipod", "mp4", "mov"])
def test_lengths_of_other_programs(tmp_path, container, n_samples):
    """Of FFmpeg's files the edit list counts thousandths of a second."""
    wave = tone(n_samples)
    check(tmp_path / "a.m4a", av_encoded(wave, codec="aac", container=container), wave)


@pytest.mark.parametrize("n_samples", LENGTHS)
def test_lengths_by_apples_note(tmp_path, n_samples):
    wave = tone(n_samples)
    data = av_encoded(wave, codec="aac", container="ipod", options={"use_editlist": "0"})
    check(tmp_path / "a.m4a", with_apples_note(data, delay=1024, n_samples=n_samples), wave)


def test_an_edit_that_takes_a_part(tmp_path):
    """Half a second from 1024 samples on, as an editor would write it."""
    wave = tone(RATE)
    data = bytearray(av_encoded(wave, codec="aac", container="ipod"))
    place = data.index(b"elst") + 12
    data[place : place + 4] = struct.pack(">I", 500)
    check(tmp_path / "a.m4a", bytes(data), wave[:, : RATE // 2])
    part = load(tmp_path / "a.m4a", offset_s=0.25).samples
    np.testing.assert_array_equal(part, load(tmp_path / "a.m4a").samples[:, RATE // 4 :])


def test_two_edits_are_left_to_the_decoder(tmp_path):
    data = av_encoded(tone(RATE), codec="aac", container="ipod")
    place = data.index(b"elst") - 4
    edits = struct.pack(">IIIiIIiI", 0, 2, 300, 1024, 1 << 16, 300, 20_480, 1 << 16)
    longer = data[:place] + box(b"elst", edits) + data[place + 28 :]
    changed = bytearray(longer)
    for name in (b"edts", b"trak", b"moov"):
        at = longer.index(name) - 4
        changed[at : at + 4] = struct.pack(">I", struct.unpack(">I", longer[at : at + 4])[0] + 12)
    (tmp_path / "a.m4a").write_bytes(bytes(changed))
    assert abs(load(tmp_path / "a.m4a").n_samples - 0.6 * RATE) < 3 * 1024


@pytest.mark.parametrize(("rate", "n_channels"), [(44_100, 1), (48_000, 2), (8000, 1), (96_000, 2)])
def test_another_reader_finds_the_same_sound_and_tags(tmp_path, rate, n_channels):
    wave = np.tile(tone(rate + 77, rate), (n_channels, 1))
    tags = {"title": "Tité", "artist": "An artist", "tracknumber": "3/12", "date": "1999"}
    path = tmp_path / "a.m4a"
    save(Audio(wave, rate), path, tags=tags)
    with av.open(str(path)) as file:
        stream = file.streams.audio[0]
        assert stream.codec_context.name == "aac"
        assert stream.duration * stream.time_base * rate == rate + 77
        assert file.metadata["title"] == "Tité"
        assert file.metadata["track"] == "3/12"
        heard = np.concatenate([each.to_ndarray() for each in file.decode(stream)], axis=1)
    np.testing.assert_allclose(heard[:, 1024:rate], wave[:, 1024:rate], atol=0.05)
    assert probe(path).tags == tags
    again = tmp_path / "again.m4a"
    save(Audio(wave, rate), again, tags=tags)
    assert again.read_bytes() == path.read_bytes()


def test_without_pyav_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("estilo.io.plan.find_spec", lambda _: None)
    with pytest.raises(OutputError, match=r"not installed; run pip install 'estilo\[formats\]'"):
        plan_output(tmp_path / "a.m4a", sample_rate=RATE, n_channels=1, n_samples=9)
    assert list(tmp_path.iterdir()) == []


def test_boxes_that_break_off_or_lie_do_no_harm(tmp_path, rng):
    """Of a mutated head a length or an error in words comes, and never more than was promised."""
    data = av_encoded(tone(9000), codec="aac", container="ipod")
    start = data.index(b"moov")
    path = tmp_path / "a.m4a"
    for _ in range(150):
        mutated = bytearray(data)
        for place in rng.integers(start, len(data), 3):
            mutated[place] = rng.integers(256)
        path.write_bytes(bytes(mutated))
        with warnings.catch_warnings(), contextlib.suppress(AudioFileError):
            warnings.simplefilter("ignore", AudioFileWarning)
            assert load(path).n_samples <= 10 * 1024


def test_a_stream_that_is_full_is_an_error(tmp_path):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(28, "No space left on device")

    from estilo.io.save import encode

    audio = Audio(tone(9000), RATE)
    encoding = plan_output(tmp_path / "a.m4a", sample_rate=RATE, n_channels=1, n_samples=9000)
    with pytest.raises(OSError, match="No space left"):
        encode(audio, Full(), tmp_path / "a.m4a", encoding=encoding)
