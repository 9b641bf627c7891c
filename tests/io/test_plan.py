import os
import tempfile
from pathlib import Path

import pytest
from hostile import PLAIN

from estilo.audio import Audio
from estilo.errors import OutputError
from estilo.io import plan, plan_output, probe, save
from estilo.io.formats import CONTAINERS

SHAPE = {"sample_rate": 44_100, "n_channels": 2, "n_samples": 1000}


@pytest.mark.parametrize(
    ("name", "settings", "match"),
    [
        ("out.flac", {"bit_depth": "float"}, "flac holds a bit depth of 16 or 24, got float"),
        ("out.flac", {"bit_depth": 32}, "flac holds a bit depth of 16 or 24, got 32"),
        ("out.wav", {"bit_depth": "20"}, "must be one of 16, 24, 32, float, got '20'"),
        ("out.ogg", {"bit_depth": "24"}, "ogg is lossy and has no bit depth, got 24"),
        ("out.mp3", {"bit_depth": 16}, "mp3 is lossy and has no bit depth"),
        ("out.mp3", {"n_channels": 3}, "mp3 holds 1 to 2 channels, and the result has 3"),
        ("out.mp3", {"sample_rate": 192_000}, "mp3 holds sample rates of 8000, .* has 192000 Hz"),
        ("out.mp3", {"sample_rate": 44_056}, "mp3 holds sample rates of"),
        ("out.opus", {}, "opus holds sample rates of 8000, .*, 48000 Hz, and .* 44100 Hz"),
        ("out.wav", {"n_channels": 9}, "wav holds 1 to 8 channels, and the result has 9"),
        ("out.aiff", {"n_samples": 2**31}, "takes 8.0 GiB and aiff holds at most 4 GiB"),
        ("out.wav", {"n_samples": 0}, "the result has 0 samples"),
        ("out.wav", {"n_samples": 2**50}, r"needs about \d+ MiB and .* has \d+ MiB free"),
        ("out.m4a", {"sample_rate": 37_800}, "m4a holds sample rates of 8000, .*, and .* 37800 Hz"),
        ("out.m4a", {"n_channels": 6}, "m4a holds 1 to 2 channels, and the result has 6"),
        ("out.webm", {}, r"must end in one of \.aif, .*, got '\.webm', which is read but not"),
        ("out", {}, r"must end in one of .*, got no extension"),
        ("no/out.wav", {}, "the folder .*no does not exist; create it first"),
        ("file/out.wav", {}, "file is a file, not a folder"),
        ("dir.wav", {}, "is a folder; give the name of a file in it"),
        ("there.wav", {}, r"already exists; give another name, or force it \(--force\)"),
        ("x\0y.wav", {}, "has a null character in it"),
        ("x" * 300 + ".wav", {"n_samples": 1}, "cannot be written: File name too long"),
    ],
)
def test_refused_before_any_work(tmp_path, name, settings, match):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "there.wav").write_bytes(b"")
    (tmp_path / "dir.wav").mkdir()
    with pytest.raises(OutputError, match=match):
        plan_output(tmp_path / name, **SHAPE | settings)
    assert len(list(tmp_path.iterdir())) == 3


def test_what_the_table_promises_can_be_written(tmp_path):
    for extension, container in CONTAINERS.items():
        for depth in container.subtypes:
            made = plan_output(tmp_path / f"out.{extension}", bit_depth=depth,
                               **SHAPE | {"sample_rate": 48_000})  # fmt: skip
            assert made.bit_depth == depth
            assert made.subtype == container.subtypes[depth]


def test_depth_is_that_of_the_content(tmp_path):
    depths = {}
    for name in ("wav", "wav24", "wavfloat", "ogg"):
        source = tmp_path / f"{name}.{'ogg' if name == 'ogg' else 'wav'}"
        source.write_bytes(PLAIN[name])
        for extension in ("wav", "flac", "mp3"):
            made = plan_output(tmp_path / f"out.{extension}", like=probe(source), **SHAPE)
            depths[name, extension] = made.bit_depth
    assert depths == {
        ("wav", "wav"): "16", ("wav", "flac"): "16", ("wav", "mp3"): None,
        ("wav24", "wav"): "24", ("wav24", "flac"): "24", ("wav24", "mp3"): None,
        ("wavfloat", "wav"): "float", ("wavfloat", "flac"): "24", ("wavfloat", "mp3"): None,
        ("ogg", "wav"): "16", ("ogg", "flac"): "16", ("ogg", "mp3"): None,
    }  # fmt: skip


def test_wav_beyond_4_gib_is_rf64(tmp_path, monkeypatch):
    monkeypatch.setattr(plan.shutil, "disk_usage", lambda _: type("U", (), {"free": 2**60}))
    assert plan_output(tmp_path / "out.wav", **SHAPE | {"n_samples": 2**31}).container == "rf64"
    assert plan_output(tmp_path / "out.wav", **SHAPE | {"n_samples": 2**29}).container == "wav"


def test_an_input_is_never_overwritten(tmp_path, monkeypatch):
    content = tmp_path / "content.wav"
    content.write_bytes(PLAIN["wav"])
    (tmp_path / "linked.wav").symlink_to(content)
    os.link(content, tmp_path / "hard.wav")
    monkeypatch.chdir(tmp_path)
    for path in (content, "content.wav", "../" + tmp_path.name + "/content.wav", "linked.wav",
                 "hard.wav"):  # fmt: skip
        with pytest.raises(OutputError, match="is one of the inputs, which are never overwritten"):
            plan_output(path, inputs=[tmp_path / "style.wav", content], force=True, **SHAPE)
    assert plan_output("other.wav", inputs=[content], **SHAPE).container == "wav"


def test_force_and_case(tmp_path):
    (tmp_path / "there.WAV").write_bytes(b"")
    assert plan_output(tmp_path / "there.WAV", force=True, **SHAPE).container == "wav"


def test_folder_without_permission():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        is_root = os.geteuid() == 0
        original = os.access
        if is_root:  # to whom every folder is writable; the check asks for the real user
            os.access = lambda path, mode: Path(path) != Path(folder) and original(path, mode)
        try:
            with pytest.raises(OutputError, match="no permission in the folder"):
                plan_output(Path(folder) / "out.wav", **SHAPE)
        finally:
            os.access = original


def test_estimates_are_enough(tmp_path, rng):
    audio = Audio(rng.uniform(-1, 1, (2, 200_000)), 48_000)
    for extension in CONTAINERS:
        path = tmp_path / f"out.{extension}"
        saved = save(audio, path)
        assert path.stat().st_size < saved.encoding.estimated_bytes + 2**20
