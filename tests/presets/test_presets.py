"""Presets: TOML files in, validated settings out, and words where they are wrong."""

from pathlib import Path

import pytest

from estilo.errors import SettingsError
from estilo.presets import build_settings, load_preset, preset_names


def _written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_seeds_are_there_with_their_settings() -> None:
    ordiales = {"ordiales-stft", "ordiales-sms", "ordiales-sines"}
    assert {"lebedev-ulyanov", "dipani", "dipani-fixed", *ordiales} <= set(preset_names())
    seeds = {name: load_preset(name).settings for name in preset_names()}
    assert seeds["lebedev-ulyanov"]["n_steps"] == 300
    assert seeds["lebedev-ulyanov"]["content_weight"] == 1e-2
    assert seeds["lebedev-ulyanov"]["network"] == {"n_filters": 4096, "kernel": 11}
    assert seeds["ordiales-sines"]["optimise"] == seeds["ordiales-stft"]
    assert any("gives noise" in fault for fault in load_preset("ordiales-sms").faults)
    assert seeds["dipani"]["clamp_frames"] == [0.0, 1.0]
    assert seeds["dipani"]["network"]["activation"] == "none"
    raw = load_preset("lebedev-ulyanov").raw
    assert raw is not None
    assert raw.sample_rate_hz == 22_050
    # 430 frames of 512 samples: 9.96 s span the frames' centres
    assert raw.duration_s == pytest.approx(429 * 512 / 22_050, abs=0.01)


def test_the_fixed_dipani_has_none_of_its_faults() -> None:
    settings = build_settings("optimise", load_preset("dipani-fixed").settings)
    assert settings.clamp_frames is None
    assert settings.network.activation == "relu"
    assert settings.content_weight is None
    assert settings.network.kernel == 3


def test_a_file_is_a_preset(tmp_path: Path) -> None:
    path = _written(tmp_path, 'summary = "mine"\n[settings]\nn_steps = 3\nstart = "content"\n')
    preset = load_preset(path)
    assert preset.summary == "mine"
    assert build_settings(preset.engine, preset.settings).n_steps == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("summary = ", "is not TOML"),
        ("[settings]\nn_steps = 3\n", "summary: Field required"),
        (
            'summary = "a"\n[settings]\nn_step = 3\n',
            "unknown setting 'n_step'; did you mean 'n_steps'",
        ),
        (
            'summary = "a"\n[settings]\nn_steps = 0\n',
            "n_steps must lie between 1 and 100000, got 0",
        ),
        (
            'summary = "a"\nengine = "optimize"\n',
            "unknown engine 'optimize'; did you mean 'optimise'",
        ),
        ('summary = "a"\ncolour = "red"\n', "unknown setting 'colour'"),
        ('summary = "a"\n[raw]\nduration_s = 1.0\n', "raw.sample_rate_hz: Field required"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_preset(_written(tmp_path, text))


def test_unknown_names_and_missing_files_are_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="unknown preset 'dipanni'; did you mean 'dipani'"):
        load_preset("dipanni")
    with pytest.raises(SettingsError, match=r"the preset .*none.toml does not exist"):
        load_preset(str(tmp_path / "none.toml"))
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="UTF-8"):
        load_preset(str(path))
