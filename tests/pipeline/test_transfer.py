"""Transfers from recordings to recordings, on clips of a second or two."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pyloudnorm
import pytest
import soundfile
import torch
from clips import audio, melody, rain, stereo
from scipy import signal
from threadpoolctl import threadpool_info

import estilo
from estilo.audio import Audio
from estilo.dsp.loudness import true_peak
from estilo.errors import AudioFileError, Cancelled, InputError, SettingsError
from estilo.pipeline.clips import Clip
from estilo.pipeline.report import Report
from estilo.pipeline.transfer import Transfer, transfer
from estilo.presets import build_settings, load_preset, preset_names

RATE = 16_000
QUICK: dict[str, Any] = {"n_steps": 2, "scores": False}  # scores: test_scoring.py


def _content(seconds: float = 1.0, sample_rate: int = RATE) -> Audio:
    return audio(stereo(seconds, sample_rate), sample_rate)


def _style(seconds: float = 1.0, sample_rate: int = RATE) -> Audio:
    return audio(rain(seconds, sample_rate), sample_rate)


# Nothing asked for: the content comes back.


@pytest.mark.parametrize("options", [{"strength": 0.0}, {"mix": 0.0}, {"strength": 0, "mix": 0.5}])
@pytest.mark.parametrize("sample_rate", [RATE, 96_000])
def test_strength_0_and_mix_0_return_the_content_bit_for_bit(
    options: dict[str, float], sample_rate: int
) -> None:
    content = Audio(3.0 * stereo(0.6, sample_rate), sample_rate)  # levels included, peaks too
    result = transfer(content, _style(), **options)
    np.testing.assert_array_equal(result.audio.samples, content.samples)
    assert result.audio.sample_rate == sample_rate
    assert result.report.losses == {}


def test_digital_silence_is_returned() -> None:
    silence = Audio(np.zeros((2, RATE)), RATE)
    result = transfer(silence, _style(), **QUICK)
    assert not result.audio.samples.any()
    assert result.audio.n_samples == RATE
    assert result.report.level is not None
    assert result.report.level.target_lufs is None


# Shape, level, mix.


@pytest.mark.parametrize("sample_rate", [8000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_gives_the_contents_rate_length_and_channels(sample_rate: int) -> None:
    content = _content(0.7001, sample_rate)
    result = transfer(content, _style(0.8, 22_050), **QUICK)
    assert result.audio.samples.shape == content.samples.shape
    assert result.audio.samples.dtype == np.float32
    assert result.audio.sample_rate == sample_rate
    assert np.isfinite(result.audio.samples).all()
    output = result.report.output
    assert (output.sample_rate, output.n_channels, output.n_samples) == (
        sample_rate,
        2,
        content.n_samples,
    )


def test_what_lies_above_48_khz_is_kept() -> None:
    """Working at 48 kHz, what the content holds beyond comes back at the level of the rest."""
    rate = 96_000
    time = np.arange(rate) / rate
    above = 0.01 * np.sin(2 * np.pi * 33_000 * time)
    content = Audio(melody(1.0, rate) + above, rate)
    result = transfer(content, _style(1.0, 48_000), **QUICK)
    assert result.report.level is not None
    gain = 10 ** (result.report.level.gain_db / 20)
    heard = 2 * np.abs(np.mean(result.audio.samples[0] * np.exp(-2j * np.pi * 33_000 * time)))
    assert heard == pytest.approx(0.01 * gain, rel=0.05)


@pytest.mark.parametrize("n_channels", [1, 2, 3, 6, 8])
@pytest.mark.parametrize("style_channels", [1, 2])
def test_any_channels_of_content_and_style(n_channels: int, style_channels: int) -> None:
    content = np.stack([melody(0.6, RATE, seed=i) for i in range(n_channels)])
    style = np.stack([rain(0.6, 44_100, seed=i) for i in range(style_channels)])
    result = transfer(Audio(content, RATE), Audio(style, 44_100), **QUICK)
    assert result.audio.samples.shape == content.shape


@pytest.mark.parametrize(
    ("options", "gain"),
    [
        ({}, 0.1),
        ({}, 0.5),
        ({"mix": 0.5}, 0.5),
        ({"representation": "stft", "start": "noise"}, 0.1),
    ],
)
def test_loudness_is_the_contents(options: dict[str, Any], gain: float) -> None:
    """With another implementation of BS.1770 as the judge."""
    content = Audio(gain * stereo(3.0, 48_000), 48_000)
    result = transfer(content, _style(2.0, 48_000), **QUICK, **options)
    meter = pyloudnorm.Meter(48_000, filter_class="DeMan")
    before, after = (meter.integrated_loudness(a.samples.T) for a in (content, result.audio))
    level = result.report.level
    assert level is not None
    assert after + level.shortfall_lu == pytest.approx(before, abs=0.5)
    assert level.target_lufs == pytest.approx(before, abs=0.1)
    assert level.achieved_lufs == pytest.approx(after, abs=0.1)


def test_the_true_peak_wins_and_the_report_says_by_how_much() -> None:
    """A square wave is as loud as can be; noise of that loudness has higher peaks."""
    time = np.arange(2 * RATE) / RATE
    content = Audio(0.8 * signal.square(2 * np.pi * 300 * time), RATE)
    result = transfer(content, _style(), strength=1.0, **QUICK)
    assert true_peak(result.audio.samples, RATE) <= -1.0 + 1e-3
    oversampled = signal.resample_poly(result.audio.samples, 8, 1, axis=-1)
    assert 20 * np.log10(np.abs(oversampled).max()) <= -0.8
    level = result.report.level
    assert level is not None
    assert level.shortfall_lu > 0.5
    assert level.true_peak_dbtp == pytest.approx(-1.0, abs=0.05)


def test_mix_is_a_crossfade_of_matched_levels() -> None:
    content = Audio(0.3 * stereo(1.0, RATE), RATE)
    outputs = {
        mix: transfer(content, _style(), mix=mix, **QUICK).audio.samples for mix in (0.25, 1.0)
    }
    blend = 0.25 * outputs[1.0] + 0.75 * content.samples
    gain = np.sum(outputs[0.25] * blend) / np.sum(blend**2)
    np.testing.assert_allclose(outputs[0.25], gain * blend, atol=1e-5)


# Inputs.


def test_files_and_samples_give_the_same(tmp_path: Path) -> None:
    content, style = _content(), _style()
    paths = [tmp_path / "content.wav", tmp_path / "style.wav"]
    for path, each in zip(paths, (content, style), strict=True):
        soundfile.write(path, each.samples.T, each.sample_rate, subtype="FLOAT")
    from_files = transfer(str(paths[0]), paths[1], **QUICK)
    from_samples = transfer(content, style, **QUICK)
    np.testing.assert_array_equal(from_files.audio.samples, from_samples.audio.samples)
    assert from_files.report.content is not None
    assert from_files.report.content.path == str(paths[0])


def test_offset_and_duration_take_a_part() -> None:
    content, style = _content(2.0), _style(2.0)
    clipped = transfer(Clip(content, 0.5, 1.0), Clip(style, 0.25, 0.75), **QUICK)
    parts = [
        Audio(content.samples[:, RATE // 2 : RATE // 2 + RATE], RATE),
        Audio(style.samples[:, RATE // 4 : RATE], RATE),
    ]
    np.testing.assert_array_equal(
        clipped.audio.samples, transfer(parts[0], parts[1], **QUICK).audio.samples
    )
    assert clipped.report.content is not None
    assert clipped.report.content.offset_s == 0.5
    assert clipped.report.styles[0].duration_s == 0.75


def test_several_styles_by_weight() -> None:
    bright = _style()
    dark = Audio(np.cumsum(rain(1.0, RATE) * 0.2), RATE)
    kwargs = {"style_weights": [1e-6, 1.0], "n_steps": 6}
    leaning = transfer(_content(), [bright, dark], **kwargs).audio.samples
    alone = transfer(_content(), dark, n_steps=6).audio.samples
    other = transfer(_content(), bright, n_steps=6).audio.samples
    assert np.mean((leaning - alone) ** 2) < 0.2 * np.mean((leaning - other) ** 2)


def test_inputs_are_unchanged() -> None:
    content, style = _content(), _style()
    kept = content.samples.copy(), style.samples.copy()
    transfer(content, style, **QUICK)
    np.testing.assert_array_equal(content.samples, kept[0])
    np.testing.assert_array_equal(style.samples, kept[1])


def test_read_only_samples_are_taken() -> None:
    samples = melody(0.6, RATE)
    samples.flags.writeable = False
    transfer(Audio(samples, RATE), Audio(samples, RATE), **QUICK)


@pytest.mark.parametrize("role", ["content", "style"])
def test_bad_samples_are_refused_by_name(role: str) -> None:
    bad = rain(0.6, RATE)
    bad[100] = np.nan
    pair = (Audio(bad, RATE), _style()) if role == "content" else (_content(), Audio(bad, RATE))
    with pytest.raises(AudioFileError, match=f"the {role} holds nan at sample 100"):
        transfer(*pair, **QUICK)


def test_clips_too_short_for_wide_patches_are_refused_with_both_lengths() -> None:
    wide = {"widths": (1, 64), "scores": False}
    message = r"the content is 0\.500 s long, and the shortest .* is 2\.\d+ s"
    with pytest.raises(AudioFileError, match=message):
        transfer(Audio(melody(0.01, RATE), RATE), _style(), **wide)
    long = Audio(melody(3.0, RATE), RATE)
    with pytest.raises(AudioFileError, match=message.replace("content", "style")):
        transfer(long, Audio(melody(0.01, 44_100), 44_100), **wide)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mix": 1.5}, "mix must lie between 0 and 1"),
        ({"threads": 0}, "threads must lie between 1"),
        ({"seed": -1}, "seed must lie between 0"),
        ({"strength": 2.0}, "strength must lie between 0 and 1, got 2.0"),
        ({"raw": True}, "name such a preset: dipani, lebedev-ulyanov"),
        ({"engine": "optimize"}, "unknown engine 'optimize'; did you mean 'optimise'"),
        ({"preset": "none"}, "unknown preset 'none'"),
        ({"n_step": 3}, "unknown setting 'n_step'; did you mean 'n_steps'"),
    ],
)
def test_bad_options_are_refused_at_once(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Transfer(**options)


def test_bad_devices_are_refused() -> None:
    with pytest.raises(SettingsError, match="unknown device 'gpu'; use cpu or cuda"):
        transfer(_content(), _style(), device="gpu")
    if not torch.cuda.is_available():
        with pytest.raises(SettingsError, match="no CUDA GPU is at hand; use cpu"):
            transfer(_content(), _style(), device="cuda")


def test_style_weights_that_do_not_fit_are_refused() -> None:
    with pytest.raises(SettingsError, match="1 style weights for 2 styles"):
        transfer(_content(), [_style(), _style()], style_weights=[1.0])
    with pytest.raises(InputError, match="no style was given"):
        transfer(_content(), [])


# Reports, progress, cancelling.


@pytest.mark.parametrize(
    "options",
    [
        {"seed": 7},
        {"representation": "stft", "start": "noise", "seed": 2**40},
        {"representation": "waveform", "mix": 0.6},
    ],
)
def test_a_report_renders_the_same_again(options: dict[str, Any]) -> None:
    content, styles = _content(), [_style(), _style(0.7)]
    first = transfer(content, styles, style_weights=[1.0, 2.0], **QUICK, **options)
    report = Report.model_validate_json(first.report.to_json())
    weights = [style.weight or 0.0 for style in report.styles]
    again = Transfer(report.plan)(content, styles, style_weights=weights)
    np.testing.assert_array_equal(first.audio.samples, again.audio.samples)
    assert again.report.output.samples_sha256 == first.report.output.samples_sha256
    assert again.report.plan.settings == first.report.plan.settings


def test_one_transfer_serves_many_recordings() -> None:
    working = Transfer(**QUICK)
    first, _, again = (working(_content(s), _style()) for s in (1.0, 0.8, 1.0))
    np.testing.assert_array_equal(first.audio.samples, again.audio.samples)


def test_threads_are_set_and_put_back() -> None:
    before = torch.get_num_threads()
    pools = threadpool_info()
    seen, most = [], []

    def look(_) -> None:
        seen.append(torch.get_num_threads())
        most.append(max(pool["num_threads"] for pool in threadpool_info()))

    result = transfer(_content(), _style(), threads=2, on_progress=look, **QUICK)
    assert set(seen) == {2}
    assert set(most) == {2}
    assert result.report.plan.threads == 2
    assert torch.get_num_threads() == before
    assert threadpool_info() == pools


def test_progress_reaches_the_end_and_cancel_stops() -> None:
    told: list[float] = []
    transfer(_content(), _style(), on_progress=lambda p: told.append(p.fraction), **QUICK)
    assert told == sorted(told)
    assert told[-1] == 1.0
    cancel = threading.Event()

    def stop(_progress: object) -> None:
        cancel.set()

    options: dict[str, Any] = {"on_progress": stop, "cancel": cancel, "n_steps": 40}
    with pytest.raises(Cancelled, match="nothing was written"):
        transfer(_content(), _style(), **options)
    cancel.clear()
    result = transfer(_content(), _style(), keep_best=True, **options)
    assert not result.report.is_complete
    assert result.audio.n_samples == _content().n_samples


# Presets.


def _quicker(name: str) -> dict[str, Any]:
    """What makes a preset quick."""
    preset = load_preset(name)
    if "adapt" in preset.settings:
        return {"adapt": 2}
    optimised = preset.settings.get("optimise", preset.settings)
    quick = {"n_steps": 2, "network": {"n_filters": 8}, "n_phase_iterations": 3}
    changes = {key: quick[key] for key in quick if key in optimised}
    return {"optimise": changes} if preset.engine == "sines" else changes


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_runs_at_the_contents_length(name: str) -> None:
    preset, changes = load_preset(name), _quicker(name)
    result = transfer(_content(1.0), _style(1.0), preset=name, **changes)
    assert result.audio.samples.shape == (2, RATE)
    assert result.report.plan.preset == name
    wanted, made = build_settings(preset.engine, preset.settings), result.report.plan.settings
    for key in preset.settings.keys() - changes.keys():
        assert getattr(made, key) == getattr(wanted, key)


@pytest.mark.parametrize("name", [n for n in preset_names() if load_preset(n).raw is not None])
def test_raw_is_what_the_original_method_would_have_written(name: str) -> None:
    """Mono at 22 050 Hz, cut to the shorter clip, nothing matched."""
    result = transfer(
        _content(1.5),
        _style(1.0),
        preset=name,
        raw=True,
        **_quicker(name),
    )
    assert result.audio.samples.shape == (1, 22_050)
    assert result.audio.sample_rate == 22_050
    assert result.report.plan.raw
    assert result.report.level is None


def test_a_strength_releases_a_presets_fixed_weight() -> None:
    weight = Transfer(preset="lebedev-ulyanov").plan.settings.content_weight
    assert weight == 1e-2
    released = Transfer(preset="lebedev-ulyanov", strength=0.4).plan.settings
    assert released.content_weight is None
    assert released.strength == 0.4
    both = {"preset": "lebedev-ulyanov", "strength": 0.4, "content_weight": 0.1}
    with pytest.raises(SettingsError, match="give one of them"):
        Transfer(**both)


def test_settings_on_top_of_a_preset_are_merged_in_depth() -> None:
    settings = Transfer(preset="dipani", network={"kernel": 5}).plan.settings
    assert settings.network.kernel == 5
    assert settings.network.activation == "none"


def test_the_public_names_are_these() -> None:
    assert estilo.transfer is transfer
    assert estilo.Transfer is Transfer
