"""Whatever is read is whole, or refused in words; what is only untidy is taken, with a warning."""

import contextlib
import io
import struct
import warnings

import numpy as np
import pytest
import soundfile as sf
from hostile import PLAIN, RATE, aiff, changed, wav
from untidy import BEHIND, ID3V1, IN_FRONT, KINDS, ape, id3, junk, plain

from estilo.errors import AudioFileError
from estilo.io import AudioFileWarning, load, probe
from estilo.io.bytes_of import FileBytes
from estilo.io.headers import UnreadableError, read_parts, sniff
from estilo.io.headers.frames import parse_frame

TAGGED_AS = {"rf64": "wav"}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def decoded(data):
    """What libsndfile makes of a tidy file. **Shape** ``(channels, time)``."""
    samples, _ = sf.read(io.BytesIO(data), dtype="float32", always_2d=True)
    return samples.T


def read(path, data, **options):
    path.write_bytes(data)
    return load(path, **options)


@pytest.mark.parametrize("name", IN_FRONT)
def test_tags_in_front(kind, name, tmp_path):
    data = plain(kind)
    path = tmp_path / f"take.{kind}"
    audio = read(path, IN_FRONT[name] + data)
    np.testing.assert_array_equal(audio.samples, decoded(data))
    assert probe(path).format == kind


@pytest.mark.parametrize("name", BEHIND)
def test_tags_and_zeros_behind(kind, name, tmp_path):
    data = plain(kind)
    audio = read(tmp_path / f"take.{kind}", data + BEHIND[name])
    np.testing.assert_array_equal(audio.samples, decoded(data))


def test_zeros_in_front_are_told(kind, tmp_path):
    data = plain(kind)
    for ahead in (bytes(1500), id3() + bytes(100)):
        with pytest.warns(AudioFileWarning, match=r"untidy: \d+ bytes before its first sample"):
            audio = read(tmp_path / f"take.{kind}", ahead + data)
        np.testing.assert_array_equal(audio.samples, decoded(data))


def test_junk_behind_is_told_or_refused(kind, tmp_path):
    data = plain(kind)
    path = tmp_path / f"take.{kind}"
    with pytest.warns(AudioFileWarning, match=r"untidy: .*bytes .* are (no sound|nothing known)"):
        audio = read(path, data + junk(3000))
    np.testing.assert_array_equal(audio.samples, decoded(data))
    with pytest.raises(AudioFileError, match=r"cannot be decoded: .*(are no sound|nothing known)"):
        read(path, data + junk(300_000))


def test_cut_files_are_refused_whatever_stands_around_them(kind, tmp_path):
    data = plain(kind)
    part = data[: int(0.7 * len(data))]
    for broken in (id3() + part, ape() + part, data + part, id3() + data + ID3V1 + part):
        with pytest.raises(AudioFileError, match="cut off"):
            read(tmp_path / f"take.{kind}", broken)
    with pytest.raises(AudioFileError, match=r"cut off|decoded up to"):
        read(tmp_path / f"take.{kind}", part + data)


def test_joined_files_are_one_recording(kind, tmp_path):
    parts = [plain(kind), plain(kind, 30_000, frequency_hz=880), plain(kind, 999)]
    expected = np.concatenate([decoded(part) for part in parts], axis=1)
    path = tmp_path / f"take.{kind}"
    for between in (b"", ID3V1 + id3(), bytes(100)):
        # Zeros within an mp3 may be a hole, so they are told.
        with warnings.catch_warnings():
            if kind == "mp3" and between == bytes(100):
                warnings.simplefilter("ignore", AudioFileWarning)
            audio = read(path, between.join(parts))
            np.testing.assert_array_equal(audio.samples, expected)
            rate = audio.sample_rate
            for start, stop in ((0, 10), (19_990, 20_010), (20_000, 50_500), (50_998, 50_999)):
                piece = load(path, offset_s=start / rate, duration_s=(stop - start) / rate)
                np.testing.assert_array_equal(piece.samples, expected[:, start:stop])


def test_joined_files_of_several_shapes_are_refused(kind, tmp_path):
    data = plain(kind)
    path = tmp_path / f"take.{kind}"
    with pytest.raises(
        AudioFileError, match=r"of \d+ Hz and 1 channel at .*24000 Hz and 1 channel"
    ):
        read(path, data + plain(kind, sample_rate=24_000))
    with pytest.raises(AudioFileError, match=r"1 channel at first and .* 2 channels from 0.4\d* s"):
        read(path, data + plain(kind, n_channels=2))


def test_one_kind_behind_another_is_refused(tmp_path):
    for first, second in (("wav", "flac"), ("aiff", "wav"), ("caf", "mp3")):
        with pytest.raises(AudioFileError, match=f"it is {first} up to byte .* and {second} from"):
            read(tmp_path / f"take.{first}", plain(first) + plain(second))


# wav and aiff


def data_size(data, change, order="little", name=b"data"):
    """A file whose samples are promised with so many bytes more or less."""
    place = data.index(name) + 4
    size = int.from_bytes(data[place : place + 4], order) + change
    return changed(data, (place, (size & 0xFFFFFFFF).to_bytes(4, order)))


@pytest.mark.parametrize("excess", [1, 2, 8, 36, 44])
def test_a_size_that_is_a_little_too_large(excess, tmp_path):
    data = plain("wav")
    with pytest.warns(AudioFileWarning, match=rf"promises {excess} bytes of samples more than"):
        audio = read(tmp_path / "take.wav", data_size(data, excess))
    np.testing.assert_array_equal(audio.samples, decoded(data))


def test_a_size_that_is_a_little_too_large_in_aiff(tmp_path):
    data = plain("aiff")
    with pytest.warns(AudioFileWarning, match="promises 16 bytes of samples more than"):
        audio = read(tmp_path / "take.aiff", data_size(data, 16, "big", b"SSND"))
    np.testing.assert_array_equal(audio.samples, decoded(data))


def test_a_size_that_is_much_too_small_is_refused(tmp_path):
    data = data_size(plain("wav", 80_000), -150_000)
    with pytest.raises(AudioFileError, match="by its header its samples end at byte"):
        read(tmp_path / "take.wav", data)


def test_a_cut_of_a_few_samples_is_refused(tmp_path):
    data = plain("wav")
    with pytest.raises(AudioFileError, match="cut off"):
        read(tmp_path / "take.wav", data[:-20])


@pytest.mark.parametrize("is_padded", [True, False])
def test_chunks_of_odd_sizes(is_padded, tmp_path):
    data = plain("wav")
    odd = b"odd " + struct.pack("<I", 3) + b"abc" + b"\0" * is_padded
    audio = read(tmp_path / "take.wav", data[:12] + odd + data[12:] + odd)
    np.testing.assert_array_equal(audio.samples, decoded(data))


def test_more_than_4_gib_counted_with_32_bits(tmp_path):
    """A hole in the file takes no room, and is decoded at one end only."""
    path = tmp_path / "long.wav"
    n_bytes = 2**32 + 2 * RATE
    path.write_bytes(wav(b"", data_size=n_bytes - 2**32, riff_size=n_bytes + 36 - 2**32))
    with path.open("r+b") as stream:
        stream.seek(44 + n_bytes - 2)
        stream.write(np.int16(16384).tobytes())
    assert probe(path).n_samples == n_bytes // 2
    last = load(path, offset_s=(n_bytes // 2 - 2) / RATE)
    np.testing.assert_array_equal(last.samples, [[0.0, 0.5]])


def test_big_endian_and_wave64(tmp_path):
    expected = decoded(plain("wav"))
    for major, options in (("WAV", {"endian": "BIG"}), ("W64", {}), ("AIFF", {"endian": "LITTLE"})):
        path = tmp_path / f"take.{major.lower()}"
        sf.write(path, expected.T, RATE, format=major, subtype="PCM_16", **options)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            np.testing.assert_array_equal(load(path).samples, expected)
        data = path.read_bytes()
        np.testing.assert_array_equal(read(path, id3() + data + data).samples, np.tile(expected, 2))
        with pytest.raises(AudioFileError, match="cut off"):
            read(path, data[:-1000])


def test_streamed_wavs_joined(tmp_path):
    one = wav(data_size=2**32 - 1, riff_size=2**32 - 1)
    assert read(tmp_path / "take.wav", one + one).n_samples == 2000


def test_aiff_of_more_data_than_frames(tmp_path):
    assert read(tmp_path / "take.aiff", aiff(n_frames=900)).n_samples == 1000


# mp3 and aac


def first_frame(data):
    """(data of an mp3, place of its number of frames, that number)."""
    place = max(data.find(b"Xing", 0, 100), data.find(b"Info", 0, 100)) + 8
    return place, int.from_bytes(data[place : place + 4], "big")


def test_mp3_whose_header_counts_too_few(tmp_path):
    data = plain("mp3")
    place, n_frames = first_frame(data)
    lie = changed(data, (place, (n_frames // 2).to_bytes(4, "big")))
    with pytest.warns(AudioFileWarning, match=rf"counts {n_frames // 2} frames of {n_frames}"):
        audio = read(tmp_path / "take.mp3", lie)
    np.testing.assert_array_equal(audio.samples, decoded(data))


def test_mp3_whose_header_counts_too_many(tmp_path):
    data = plain("mp3")
    place, n_frames = first_frame(data)
    lie = changed(data, (place, (2 * n_frames).to_bytes(4, "big")))
    with pytest.raises(AudioFileError, match="cut off or damaged: its header promises"):
        read(tmp_path / "take.mp3", lie)


@pytest.mark.parametrize("n_bytes", [50_000, 16_000_000])
def test_an_mp3_header_before_noise_is_refused_early(n_bytes, tmp_path):
    path = tmp_path / "noise.mp3"
    path.write_bytes(plain("mp3")[:417] + np.random.default_rng(2).bytes(n_bytes))
    with pytest.raises(AudioFileError, match=r"cannot be decoded: .*no sound"):
        probe(path)


def test_mp3_behind_the_head_of_a_download(tmp_path):
    data = plain("mp3")
    with pytest.warns(AudioFileWarning, match="47 bytes before its first sample, no sound, were"):
        audio = read(
            tmp_path / "take.mp3", b"HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg;\r\n\r\n\r" + data
        )
    np.testing.assert_array_equal(audio.samples, decoded(data))


def test_the_decoder_prints_nothing(tmp_path, capfd):
    """Tables of side information that do not exist, in each frame but the first."""
    data = bytearray(PLAIN["mp3"])
    position = parse_frame(bytes(data[:4])).n_bytes
    while (frame := parse_frame(bytes(data[position : position + 4]))) is not None:
        data[position + 6 : position + 30] = bytes([0xFF]) * 24
        position += frame.n_bytes
    path = tmp_path / "damaged.mp3"
    path.write_bytes(data)
    with sf.SoundFile(path) as file:
        file.read()
    assert capfd.readouterr().err, "libsndfile's decoder has no complaint, so this proves nothing"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AudioFileWarning)
        load(path, accept_truncated=True)
    assert capfd.readouterr() == ("", "")


# flac and ogg


def flac_total(data, n_samples):
    return changed(data, (21, bytes([data[21] & 0xF0])), (22, n_samples.to_bytes(4, "big")))


def test_flac_whose_header_lies(tmp_path):
    data = plain("flac")
    path = tmp_path / "take.flac"
    with pytest.warns(AudioFileWarning, match="promises 5000 samples and it holds 20000; all of"):
        audio = read(path, flac_total(data, 5000))
    np.testing.assert_array_equal(audio.samples, decoded(data))
    with pytest.raises(AudioFileError, match="cut off"):
        read(path, flac_total(data, 25_000))
    audio = read(path, flac_total(data, 0) + ID3V1)
    np.testing.assert_array_equal(audio.samples, decoded(data))


def ogg_pages(data):
    pages, position = [], 0
    while position < len(data):
        n_laces = data[position + 26]
        end = position + 27 + n_laces + sum(data[position + 27 : position + 27 + n_laces])
        pages.append(data[position:end])
        position = end
    return pages


@pytest.mark.parametrize("kind", ["ogg", "opus"])
def test_ogg_that_lacks_a_page(kind, tmp_path):
    pages = ogg_pages(PLAIN[kind])
    middle = len(pages) // 2 + 1
    with pytest.raises(AudioFileError, match="cut off: it lacks pages in its midst"):
        read(tmp_path / f"take.{kind}", b"".join(pages[:middle] + pages[middle + 1 :]))


def test_ogg_beside_another_stream(tmp_path):
    """As in a film, whose pictures have pages of their own between those of the sound."""
    sound, other = ogg_pages(PLAIN["ogg"]), ogg_pages(PLAIN["opus"])
    strange = [changed(page, (28, b"\x80theora")) for page in other[:1]] + other[1:]
    pages = [
        sound[0],
        strange[0],
        *(page for pair in zip(sound[1:], strange[1:], strict=False) for page in pair),
    ]
    pages += sound[len(strange) :] + strange[len(sound) :]
    audio = read(tmp_path / "film.ogg", b"".join(pages))
    np.testing.assert_array_equal(audio.samples, decoded(PLAIN["ogg"]))
    pages = [sound[0], other[0], *sound[1:], *other[1:]]
    with pytest.warns(AudioFileWarning, match="2 streams of sound side by side; the first is read"):
        audio = read(tmp_path / "two.ogg", b"".join(pages))
    np.testing.assert_array_equal(audio.samples, decoded(PLAIN["ogg"]))


def changes(data, rng):
    """A file with a few bytes changed, cut out or put in, or its end cut off."""
    data = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        place = int(rng.integers(0, rng.choice([min(80, len(data)), len(data)])))
        kind = rng.integers(0, 4)
        if kind == 0:
            data[place] = rng.choice([0, 1, 127, 128, 255])
        elif kind == 1:
            del data[place : place + int(rng.integers(1, 40))]
        elif kind == 2:
            data[place:place] = rng.bytes(int(rng.integers(1, 20)))
        else:
            data[place : place + 4] = [bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff"][
                rng.integers(0, 3)
            ]
        data = data or bytearray(b"\0")
    return bytes(data)


def test_headers_of_changed_files_are_read_or_refused(kind, rng):
    """Only the errors that the caller turns into words."""
    whole = id3() + plain(kind, 3000) + ape() + plain(kind, 3000)
    for _ in range(150):
        data = FileBytes(io.BytesIO(changes(whole, rng)))
        found, start, _ = sniff(data)
        if found is None:
            continue
        with contextlib.suppress(UnreadableError, struct.error, IndexError):
            for part in read_parts(data, found, start):
                held = sum(len(piece) for piece in part.pieces if isinstance(piece, range))
                assert held <= data.size


def test_a_chain_with_something_else_in_it_is_refused(tmp_path):
    pages = ogg_pages(PLAIN["opus"])
    strange = b"".join([changed(pages[0], (28, b"Speex   ")), *pages[1:]])
    with pytest.raises(AudioFileError, match="Speex audio, which is not read in one of the rec"):
        read(tmp_path / "chain.ogg", PLAIN["ogg"] + strange)


def test_a_tag_that_says_it_is_longer_than_the_file(kind, tmp_path):
    """Whoever believes it loses what follows."""
    tag = bytearray(ape())
    tag[12:16] = (2**31).to_bytes(4, "little")
    data = plain(kind)
    path = tmp_path / f"take.{kind}"
    path.write_bytes(data + bytes(tag) + data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AudioFileWarning)
        try:
            samples = load(path).samples
        except AudioFileError:
            return
    np.testing.assert_array_equal(samples, np.tile(decoded(data), 2))
