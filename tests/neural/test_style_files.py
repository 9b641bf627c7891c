"""Style files in the place of recordings, and styles made from recordings."""

import hashlib
from pathlib import Path

import coded_engine
import numpy as np
import pytest
import soundfile
import torch
from clips import audio, rain, stereo
from coded_engine import CodedEngine
from networks import small_network, write_small

from estilo.audio import Audio
from estilo.engines.neural.listening import listen
from estilo.engines.neural.style_file import read_style, write_style
from estilo.engines.neural.weights import network_id
from estilo.errors import InputError, SettingsError, TensorFileError
from estilo.neural.style_files import style_from
from estilo.pipeline.report import Report
from estilo.pipeline.sources import Clip, CodedSource, Source, read_source, read_styles
from estilo.pipeline.transfer import texture, transfer

RATE = 16_000
CONTENT = audio(stereo(0.6, RATE), RATE)
STYLE = audio(rain(0.8, RATE), RATE)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return write_small(tmp_path / "small.safetensors")


@pytest.fixture
def path(tmp_path: Path, weights: Path) -> Path:
    file = style_from(STYLE, name="Rain", weights=weights)
    return write_style(tmp_path / "rain.estilo-style", file)


@pytest.fixture
def coded(monkeypatch) -> type[CodedEngine]:
    coded_engine.register(monkeypatch)
    return CodedEngine


# Made from recordings.


def test_a_style_is_what_the_network_hears_at_its_rate(tmp_path, weights) -> None:
    samples = rain(2.0, 48_000)
    soundfile.write(tmp_path / "rain.wav", samples, 48_000, subtype="FLOAT")
    file = style_from(Clip(tmp_path / "rain.wav", 0.5, 1.25), name="Rain", weights=weights)
    exact = listen(small_network(), torch.from_numpy(samples[None, 24_000:84_000]))
    for part, expected in zip(file.code, exact, strict=True):
        torch.testing.assert_close(part, expected, rtol=1e-3, atol=1e-4)
    (clip,) = file.card.clips
    assert (clip.name, clip.offset_s, clip.duration_s, clip.weight) == ("rain.wav", 0.5, 1.25, 1)
    assert clip.sha256 == hashlib.sha256((tmp_path / "rain.wav").read_bytes()).hexdigest()
    assert file.card.weights == network_id(small_network())


def test_rates_and_channels_of_clips_hardly_matter(weights) -> None:
    """What is resampled, or the same on two channels, is the same sound."""
    plain = style_from(audio(rain(1.0, 48_000), 48_000), name="a", weights=weights).code
    twice = np.stack([rain(1.0, 48_000)] * 2)
    stereo_ = style_from(audio(twice, 48_000), name="a", weights=weights).code
    torch.testing.assert_close(stereo_.vector, plain.vector, rtol=1e-3, atol=1e-3)


def test_shares_and_names_of_several_clips_are_on_the_card(tmp_path, weights) -> None:
    odd = tmp_path / "a\\b\n\x1b[2J.wav"
    soundfile.write(odd, rain(0.5, RATE), RATE)
    file = style_from([odd, STYLE], name="Both", weights=weights, clip_weights=[3, 1])
    assert [clip.name for clip in file.card.clips] == ["a_b__[2J.wav", "samples"]
    assert [clip.weight for clip in file.card.clips] == [0.75, 0.25]
    read = read_style(write_style(tmp_path / "both.estilo-style", file))
    assert read.card == file.card


def test_a_style_is_not_made_of_style_files(path, weights) -> None:
    with pytest.raises(SettingsError, match=r"a new style needs the style's audio, and .*rain.es"):
        style_from([STYLE, path], name="a", weights=weights)


# In the place of a recording.


def test_an_engine_that_takes_them_gets_the_code(path, coded) -> None:
    result = transfer(CONTENT, [path, STYLE], style_weights=[3, 1], engine="coded")
    (task,) = coded.tasks
    expected = read_style(path)
    assert task.styles[0].card == expected.card
    for part, whole in zip(task.styles[0].code, expected.code, strict=True):
        assert torch.equal(part, whole)
    without_offset = STYLE.samples - STYLE.samples.mean()
    np.testing.assert_allclose(task.styles[1].numpy(), without_offset, atol=1e-6)
    assert task.style_weights == (0.75, 0.25)
    assert result.audio.samples.shape == CONTENT.samples.shape
    report = result.report.styles[0]
    assert report.path == str(path)
    assert report.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (report.sample_rate, report.n_channels, report.n_samples) == (None, None, None)
    assert report.weight == 0.75
    assert Report.model_validate_json(result.report.to_json()) == result.report


def test_what_needs_no_audio_of_the_style_is_scored(path, coded) -> None:
    with_file = transfer(CONTENT, path, engine="coded").report
    with_audio = transfer(CONTENT, STYLE, engine="coded").report
    assert with_file.warnings == []
    assert {"content_kept", "artifacts"} <= with_file.scores.keys()
    assert {"style_taken", "timbre_distance", "moved_percent", "copy_score"}.isdisjoint(
        with_file.scores
    )
    assert with_file.scores.keys() < with_audio.scores.keys()
    # One style of two says nothing of both.
    both = transfer(CONTENT, [path, STYLE], engine="coded").report
    assert both.scores.keys() == with_file.scores.keys()


def test_it_is_known_by_its_content_under_any_name(path, coded) -> None:
    renamed = path.with_name("rain.wav")
    path.rename(renamed)
    transfer(CONTENT, renamed, engine="coded")
    assert coded.tasks[0].styles[0].card.name == "Rain"
    for call in (
        lambda: transfer(renamed, STYLE, engine="coded"),
        lambda: read_source(Clip(renamed), name="content"),
    ):
        with pytest.raises(InputError, match=r"rain.wav is a style file, which holds no audio"):
            call()


def test_the_name_alone_does_not_make_a_style(tmp_path, coded) -> None:
    path = tmp_path / "rain.estilo-style"
    soundfile.write(path, rain(0.5, RATE), RATE, format="WAV")
    with pytest.raises(TensorFileError, match="is not a sound safetensors file"):
        transfer(CONTENT, path, engine="coded")
    with pytest.raises(TensorFileError, match="does not exist"):
        transfer(CONTENT, tmp_path / "nowhere.estilo-style", engine="coded")


@pytest.mark.parametrize("engine", ["optimise", "eq", "crossfade", "content", "style"])
def test_other_engines_say_that_they_need_audio(path, engine) -> None:
    match = (
        f"the engine '{engine}' needs the style's audio, and .*rain.estilo-style is a style file; "
        "give a recording, or choose the engine 'neural'"
    )
    with pytest.raises(SettingsError, match=match):
        transfer(CONTENT, path, engine=engine)
    with pytest.raises(SettingsError, match=match):
        transfer(CONTENT, [STYLE, path], engine=engine, mix=0.0)


def test_raw_and_textures_need_audio(path, coded) -> None:
    with pytest.raises(SettingsError, match="'optimise' needs the style's audio"):
        transfer(CONTENT, path, preset="dipani", raw=True)
    for options in ({}, {"engine": "coded"}):
        with pytest.raises(SettingsError, match="a texture needs the style's audio, and"):
            texture([path], seconds=1.0, **options)


@pytest.mark.parametrize("part", [(0.1, None), (0.0, 1.0)])
def test_a_style_file_has_no_parts(path, coded, part) -> None:
    with pytest.raises(SettingsError, match="is a style file, which has no parts to choose from"):
        transfer(CONTENT, Clip(path, *part), engine="coded")


def test_recordings_and_style_files_are_read_side_by_side(path) -> None:
    first, second = read_styles([STYLE, path], [1, 1])
    assert isinstance(first, Source)
    assert isinstance(first.audio, Audio)
    assert isinstance(second, CodedSource)
    assert (first.weight, second.weight) == (0.5, 0.5)


def test_strength_0_returns_the_content(path, coded) -> None:
    result = transfer(CONTENT, path, engine="coded", strength=0.0)
    np.testing.assert_array_equal(result.audio.samples, CONTENT.samples)
    assert coded.tasks == []


def test_refining_needs_audio(path, coded) -> None:
    match = r"refine needs the style's audio, and .*; give a recording, or set refine to 0"
    with pytest.raises(SettingsError, match=match):
        transfer(CONTENT, path, engine="coded", refine=0.5)
