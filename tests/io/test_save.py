import math
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from estilo.audio import Audio
from estilo.errors import OutputError
from estilo.io import load, plan_output, probe, save, write_audio
from estilo.io import save as save_function
from estilo.io.formats import CONTAINERS
from estilo.io.save import _quantise

LOSSLESS = [
    (extension, depth)
    for extension in ("wav", "rf64", "flac", "aiff", "caf")
    for depth in ("16", "24", "32", "float")
    if not (extension == "flac" and depth in ("32", "float"))
]
LOSSY = ["ogg", "opus", "mp3", "m4a"]
TAGGED = ["wav", "rf64", "flac", "ogg", "opus", "mp3", "aiff", "caf", "m4a"]
TAGS = {
    "title": "Tïtle 漢", "artist": "Ärtist", "album": "Album", "date": "1999", "comment": "a—b",
    "genre": "Noise", "tracknumber": "7", "copyright": "none", "license": "CC0",
}  # fmt: skip


def on_grid(rng, shape, n_bits):
    scale = 2 ** (n_bits - 1)
    return (rng.integers(-scale, scale, shape) / scale).astype(np.float32)


@pytest.mark.parametrize(("extension", "depth"), LOSSLESS)
@pytest.mark.parametrize(("n_channels", "sample_rate"), [(1, 8_000), (2, 44_100), (8, 192_000)])
def test_samples_on_the_grid_come_back_bit_for_bit(
    rng, tmp_path, extension, depth, n_channels, sample_rate
):
    path = tmp_path / f"out.{extension}"
    n_bits = {"16": 16, "24": 24, "32": 24, "float": 20}[depth]
    samples = on_grid(rng, (n_channels, 70_001), n_bits)
    saved = save(Audio(samples, sample_rate), path, bit_depth=depth)
    assert (saved.n_clipped, saved.is_dithered) == (0, False)
    info = probe(path)
    assert info.bit_depth == depth
    assert info.format == CONTAINERS[saved.encoding.container].major.lower()
    audio = load(path)
    np.testing.assert_array_equal(audio.samples, samples)
    assert audio.sample_rate == sample_rate
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@settings(max_examples=40, deadline=None)
@given(
    extension=st.sampled_from(["wav", "flac", "ogg", "mp3", "opus", "aiff", "m4a"]),
    n_samples=st.integers(1, 5_000),
    rate_index=st.integers(0, 8),
    n_channels=st.integers(1, 2),
)
def test_length_is_exact(tmp_path_factory, extension, n_samples, rate_index, n_channels):
    rates = CONTAINERS[extension].sample_rates_hz or (8000, 11_025, 16_000, 37_800, 48_000, 192_000)
    sample_rate = rates[rate_index % len(rates)]
    path = tmp_path_factory.mktemp("length") / f"out.{extension}"
    wave = np.sin(np.arange(n_samples) * 0.1) * 0.5
    save(Audio(np.tile(wave, (n_channels, 1)), sample_rate), path)
    audio = load(path)
    assert audio.samples.shape == (n_channels, n_samples)
    assert audio.sample_rate == sample_rate


@pytest.mark.parametrize("extension", LOSSY)
def test_lossy_is_close_and_in_time(tmp_path, extension):
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(100_001) / 48_000) * np.hanning(100_001)
    path = tmp_path / f"out.{extension}"
    save(Audio(np.stack([wave, -wave]), 48_000), path)
    decoded = load(path).samples
    assert decoded.shape == (2, 100_001)
    np.testing.assert_allclose(decoded[0], wave, atol=0.01)


@pytest.mark.parametrize("extension", TAGGED)
def test_tags_are_kept(rng, tmp_path, extension):
    path = tmp_path / f"out.{extension}"
    audio = Audio(on_grid(rng, (2, 5000), 12), 48_000)
    saved = save(audio, path, tags=TAGS | {"unheard": "of", "comment": "a—b"})
    keys = CONTAINERS[saved.encoding.container].tag_keys
    assert probe(path).tags == {key: TAGS[key] for key in keys}
    assert {"title", "artist", "comment"} <= set(keys)
    assert load(path).n_samples == 5000
    # Taking them over from what was probed changes nothing.
    save(audio, tmp_path / f"again.{extension}", tags=probe(path).tags)
    assert probe(tmp_path / f"again.{extension}").tags == probe(path).tags


@pytest.mark.parametrize("extension", ["wav", "flac", "ogg", "mp3", "aiff", "caf", "m4a"])
def test_monstrous_tags_do_no_harm(rng, tmp_path, extension):
    path = tmp_path / f"out.{extension}"
    tags = dict.fromkeys(TAGS, "漢" * 30_000) | {"artist": "a\0b", "genre": "  "}
    save(Audio(on_grid(rng, (1, 5000), 12), 48_000), path, tags=tags)
    info = probe(path)
    assert info.tags["artist"] == "ab"
    assert info.tags["title"].startswith("漢漢漢")
    assert "genre" not in info.tags
    assert load(path).n_samples == 5000


@pytest.mark.parametrize("depth", ["16", "24", "32"])
def test_clipping_is_counted(tmp_path, depth):
    samples = np.array([[0.0, 1.5, -1.5, 1.0, -1.0, 0.5, np.float32(1 - 2**-24)]])
    saved = save(Audio(samples, 8000), tmp_path / "out.wav", bit_depth=depth)
    assert saved.n_clipped == 2
    decoded = load(tmp_path / "out.wav").samples[0]
    step = 2.0 ** (1 - int(depth))
    # 0.5, all three 1.0 and -1.0 keep their places, give or take the dither of 16 bits
    np.testing.assert_allclose(decoded, [0, 1, -1, 1, -1, 0.5, 1], atol=2.5 * step)


def test_float_is_not_clipped(tmp_path):
    saved = save(Audio(np.array([[3.0, -7.0]]), 8000), tmp_path / "out.wav", bit_depth="float")
    assert saved.n_clipped == 0
    np.testing.assert_array_equal(load(tmp_path / "out.wav").samples, [[3.0, -7.0]])


@pytest.mark.parametrize("extension", LOSSY)
def test_lossy_clips_and_counts(tmp_path, extension):
    wave = 1.5 * np.sin(np.arange(5000) * 0.05)
    saved = save(Audio(wave, 48_000), tmp_path / f"out.{extension}")
    assert saved.n_clipped == np.count_nonzero(np.abs(wave.astype(np.float32)) > 1)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_nonfinite_samples_are_never_written(tmp_path, value):
    samples = np.zeros((2, 70_000), dtype=np.float32)
    samples[1, 65_540] = value
    path = tmp_path / "out.wav"
    with pytest.raises(OutputError, match=r"at sample 65540 of channel 2, so it was not written"):
        save(Audio(samples, 8000), path)
    assert [each.name for each in tmp_path.iterdir()] == []


def test_dither_keeps_a_quiet_tone_linear(tmp_path):
    """A tone of 0.4 steps rounds to silence; with TPDF dither it survives, without harmonics."""
    n = np.arange(2**16)
    wave = 0.4 / 2**15 * np.sin(2 * np.pi * 100 / 2**16 * n)
    saved = save(Audio(wave, 48_000), tmp_path / "out.wav")
    assert saved.is_dithered
    spectrum = np.abs(np.fft.rfft(load(tmp_path / "out.wav").samples[0] * 2**15)) / 2**15
    assert spectrum[100] == pytest.approx(0.4, rel=0.1)
    assert spectrum[300] < 0.02  # the third harmonic of plain rounding would be there
    save(Audio(wave, 48_000), tmp_path / "again.wav")
    assert (tmp_path / "again.wav").read_bytes() == (tmp_path / "out.wav").read_bytes()


def test_digital_silence_stays_silent(tmp_path, rng):
    samples = np.zeros((2, 1000), dtype=np.float32)
    samples[:, :500] = 0.1 * rng.standard_normal((2, 500))
    assert save(Audio(samples, 8000), tmp_path / "out.wav").is_dithered
    assert not load(tmp_path / "out.wav").samples[:, 500:].any()


def test_dither_does_not_depend_on_blocks(rng):
    block = 0.1 * rng.standard_normal((1000, 2)).astype(np.float32)
    generator = np.random.default_rng(1)
    parts = [_quantise(part, "16", generator) for part in np.split(block, [10, 500])]
    whole = _quantise(block, "16", np.random.default_rng(1))
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_what_was_planned_must_come(tmp_path):
    plan = plan_output(tmp_path / "out.wav", sample_rate=8000, n_channels=1, n_samples=5)
    with pytest.raises(OutputError, match=r"was planned as .* got \(rate, channels, samples\) ="):
        write_audio(Audio(np.zeros(6), 8000), tmp_path / "out.wav", encoding=plan)


class Failing(np.ndarray):
    """Samples whose later part cannot be read, as when the user interrupts."""

    error: BaseException = KeyboardInterrupt()
    n_reads = 0

    def __getitem__(self, key):
        if isinstance(key, tuple) and key[1].start:
            type(self).n_reads += 1
            if type(self).n_reads > 1:
                raise self.error
        return np.asarray(self)[key]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), ZeroDivisionError()])
@pytest.mark.parametrize("extension", ["wav", "flac", "ogg", "mp3"])
@pytest.mark.parametrize("is_there", [True, False])
def test_interrupted_writing_leaves_nothing(tmp_path, monkeypatch, error, extension, is_there):
    path = tmp_path / f"out.{extension}"
    if is_there:
        path.write_bytes(b"precious")
    samples = np.zeros((2, 140_000), dtype=np.float32)
    audio = Audio(samples, 48_000)
    object.__setattr__(audio, "samples", samples.view(Failing))
    monkeypatch.setattr(Failing, "error", error)
    monkeypatch.setattr(Failing, "n_reads", -1)  # the survey reads all, the writer not
    with pytest.raises(type(error)):
        save(audio, path, force=True)
    assert Failing.n_reads == 2
    assert [each.name for each in tmp_path.iterdir()] == ([path.name] if is_there else [])
    if is_there:
        assert path.read_bytes() == b"precious"


_FULL_DISK = """
import resource, signal, sys
import numpy as np
from estilo.audio import Audio
from estilo.errors import OutputError
from estilo.io import save
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
samples = 0.1 * np.random.default_rng(0).standard_normal((2, 400_000))
try:
    save(Audio(samples, 48_000), sys.argv[1], force=True)
except OutputError as error:
    print(error)
"""


@pytest.mark.parametrize("extension", ["wav", "flac", "ogg", "opus", "mp3", "aiff", "caf"])
def test_full_disk(tmp_path, extension):
    """The system refuses the later part of the file, whichever encoder is in between."""
    path = tmp_path / f"out.{extension}"
    path.write_bytes(b"precious")
    command = [sys.executable, "-c", textwrap.dedent(_FULL_DISK), str(path)]
    result = subprocess.run(command, capture_output=True, check=True, text=True, timeout=60)
    assert "cannot be written: the disk is full; make room" in result.stdout
    assert result.stderr == ""
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == b"precious"


def test_short_write_behind_an_encoder_is_noticed(tmp_path, monkeypatch):
    module = sys.modules["estilo.io.save"]
    monkeypatch.setattr(module, "_blocks", lambda samples: iter([np.zeros((10, 1), np.float32)]))
    with pytest.raises(OutputError, match="could not be written whole: 20 samples went in and 10"):
        save_function(Audio(np.zeros(20), 8000), tmp_path / "out.wav")
    assert [each.name for each in tmp_path.iterdir()] == []


def test_other_programs_read_what_we_write(tmp_path, rng):
    av = pytest.importorskip("av")
    samples = on_grid(rng, (2, 10_000), 16)
    for extension in ("wav", "rf64", "flac", "aiff", "caf"):
        path = tmp_path / f"out.{extension}"
        save(Audio(samples, 44_100), path, tags=TAGS)
        with av.open(str(path)) as container:
            blocks = [frame.to_ndarray() for frame in container.decode(audio=0)]
        codes = np.concatenate(blocks, axis=1).reshape(-1, 2).T
        np.testing.assert_array_equal(codes / 2**15, samples)
    save(Audio(samples, 44_100), tmp_path / "out.mp3", tags=TAGS)
    with av.open(str(tmp_path / "out.mp3")) as container:
        assert container.metadata["title"] == TAGS["title"]
        assert container.metadata["comment"] == TAGS["comment"]
    assert sf.info(tmp_path / "out.mp3").frames == 10_000
