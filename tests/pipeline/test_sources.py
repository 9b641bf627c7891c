"""Recordings on their way in: cut, checked, hashed, weighed."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from clips import melody

from estilo.audio import Audio
from estilo.errors import AudioFileError, InputError, SettingsError
from estilo.io import RecordingFile
from estilo.pipeline.clips import Clip, as_clip, as_clips, normalised_weights
from estilo.pipeline.reporting import input_report
from estilo.pipeline.sources import file_hash, read_source, sample_hash

RATE = 8000
SAMPLES = melody(1.0, RATE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "content.wav"
    soundfile.write(path, SAMPLES, RATE, subtype="FLOAT")
    return path


def test_a_file_and_its_samples_are_the_same_audio(path: Path) -> None:
    from_file = read_source(Clip(path), name="content")
    from_samples = read_source(Clip(Audio(SAMPLES, RATE)), name="content")
    np.testing.assert_array_equal(from_file.audio.samples, from_samples.audio.samples)
    assert from_file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert input_report(from_file).path == str(path)
    assert from_file.info is not None
    assert from_file.info.n_samples == RATE
    assert from_samples.info is None
    assert input_report(from_samples).path is None
    assert from_samples.sha256 == sample_hash(from_samples.audio)


def test_an_open_file_is_read_through_its_own_handle(path: Path) -> None:
    """Whatever takes its name in the meantime."""
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    with RecordingFile(path) as file:
        path.unlink()
        path.write_bytes(b"another file")
        source = read_source(Clip(file), name="content")
        assert file_hash(Clip(file)) == expected
    np.testing.assert_array_equal(source.audio.samples[0], SAMPLES)
    assert source.sha256 == expected
    assert source.clip.path == path


@pytest.mark.parametrize(
    ("offset_s", "duration_s"), [(0.0, None), (0.25, None), (0.25, 0.5), (0.9, 5.0)]
)
def test_parts_are_those_asked_for(path: Path, offset_s: float, duration_s: float | None) -> None:
    first = round(offset_s * RATE)
    last = None if duration_s is None else first + round(duration_s * RATE)
    for source in (path, Audio(SAMPLES, RATE)):
        read = read_source(Clip(source, offset_s, duration_s), name="style", weight=0.5)
        report = input_report(read, weight=read.weight)
        np.testing.assert_array_equal(read.audio.samples[0], SAMPLES[first:last])
        assert report.n_samples == len(SAMPLES[first:last])
        assert (report.offset_s, report.duration_s) == (offset_s, duration_s)
        assert report.weight == 0.5


def test_parts_without_audio_are_refused(path: Path) -> None:
    for source in (path, Audio(SAMPLES, RATE)):
        for part in ((2.0, None), (-0.5, None), (0.5, 0.0)):
            with pytest.raises(InputError):
                read_source(Clip(source, *part), name="content")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_finite_are_named(bad: float) -> None:
    samples = np.stack([SAMPLES, SAMPLES])
    samples[1, 1234] = bad
    message = rf"the style 2 holds {bad} at sample 1234 of channel 2; give finite samples"
    with pytest.raises(AudioFileError, match=message):
        read_source(Clip(Audio(samples, RATE)), name="style 2")


def test_rates_and_channels_out_of_reach_are_refused() -> None:
    with pytest.raises(InputError, match="has 9 channels, expected 1 to 8"):
        read_source(Clip(Audio(np.zeros((9, 100)), RATE)), name="content")
    for rate in (1, 7999, 192_001):
        with pytest.raises(InputError, match=f"a rate of {rate} Hz, expected 8000 to 192000"):
            read_source(Clip(Audio(SAMPLES, rate)), name="content")
    with pytest.raises(InputError):
        read_source(Clip(Audio(np.zeros((1, 0)), RATE)), name="content")


def test_equal_samples_have_equal_hashes_only() -> None:
    one = sample_hash(Audio(SAMPLES, RATE))
    assert one == sample_hash(Audio(SAMPLES.copy(), RATE))
    changed = SAMPLES.copy()
    changed[77] = np.nextafter(changed[77], 1.0)
    assert one != sample_hash(Audio(changed, RATE))
    assert one != sample_hash(Audio(SAMPLES.reshape(2, -1), RATE))


def test_clips_stay_as_they_are() -> None:
    clip = Clip("a.wav", 1.0)
    assert as_clip(clip) is clip
    assert as_clip("a.wav") == Clip("a.wav")


def test_an_array_with_a_rate_is_a_recording() -> None:
    for samples in (SAMPLES, SAMPLES[None], np.stack([SAMPLES, SAMPLES], 1)):
        audio = as_clip((samples, RATE)).source
        assert isinstance(audio, Audio)
        assert audio.n_samples == len(SAMPLES)
    assert len(as_clips((SAMPLES, RATE))) == 1
    assert len(as_clips([(SAMPLES, RATE), "a.wav"])) == 2
    assert len(as_clips(("a.wav", "b.wav"))) == 2
    with pytest.raises(InputError, match=r"no sample rate; give it with its rate as a pair"):
        as_clips(SAMPLES)


def test_weights_sum_to_one() -> None:
    assert normalised_weights(None, 4) == (0.25,) * 4
    assert normalised_weights([1, 3], 2) == (0.25, 0.75)


@pytest.mark.parametrize(
    ("weights", "n_styles", "message"),
    [
        (None, 0, "no style was given"),
        ([1.0], 2, "1 style weights for 2 styles; give one weight per style"),
        ([1.0, 0.0], 2, "must be positive numbers"),
        ([1.0, -1.0], 2, "must be positive numbers"),
        ([1.0, float("nan")], 2, "must be positive numbers"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    weights: list[float] | None, n_styles: int, message: str
) -> None:
    with pytest.raises((InputError, SettingsError), match=message):
        normalised_weights(weights, n_styles)
