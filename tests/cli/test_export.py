"""The command that writes the trained engine for other programs; tests/export has the writing."""

from pathlib import Path

import pytest
from networks import write_small

from estilo.cli.app import COMMANDS
from estilo.export import onnx as module
from estilo.export.base import Exported
from estilo.io.atomic import write_atomic


@pytest.fixture
def weights(tmp_path) -> Path:
    return write_small(tmp_path / "small.safetensors")


@pytest.fixture(autouse=True)
def asked(monkeypatch, tmp_path) -> list[dict]:
    """What the exporter was asked for, which takes a moment here; in a folder of its own."""
    asked, real = [], module.export_onnx

    def write(network, path, *, channels, n_hops, force) -> Exported:
        if channels < 1:
            return real(network, path, channels=channels, n_hops=n_hops)
        asked.append({"channels": channels, "n_hops": n_hops})
        return Exported(write_atomic(path, b"a graph", force=force), 7, 1e-6)

    monkeypatch.setattr(module, "export_onnx", write)
    monkeypatch.chdir(tmp_path)
    return asked


def test_what_is_written_is_named_and_described(run, weights, asked):
    said = run("export", "--weights", weights, "--channels", 2, "--hops", 4)
    assert said.code == 0, said.err
    assert said.out == "estilo.onnx\n"
    assert "the network 'Small' as onnx: " in said.err
    assert "1.0e-06 of full scale away" in said.err
    assert Path("estilo.onnx").read_bytes() == b"a graph"
    assert asked == [{"channels": 2, "n_hops": 4}]


def test_nothing_is_overwritten_without_force(run, weights, tmp_path):
    there = tmp_path / "mine.onnx"
    there.write_bytes(b"mine")
    said = run("export", "--weights", weights, "-o", there)
    assert said.code == 2
    assert "mine.onnx" in said.err
    assert "--force" in said.err
    assert there.read_bytes() == b"mine"
    assert run("export", "--weights", weights, "-o", there, "--force", "-q") == (
        type(said)(0, "", "")
    )
    assert there.read_bytes() != b"mine"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--format", "onx"], "unknown exporter 'onx'; did you mean 'onnx'"),
        (["-o", "mine.pt"], "mine.pt must end in .onnx, as the form is onnx; got '.pt'"),
        (["-o", "mine"], "got no ending"),
        (["-o", "nowhere/mine.onnx"], "the folder nowhere does not exist"),
        (["--weights", "none.safetensors"], "none.safetensors"),
        (["--channels", "0"], "expected at least 1 channel and 1 hop"),
    ],
)
def test_bad_input_is_refused(run, tmp_path, options, said):
    got = run("export", *options)
    assert got.code == 2
    assert said in " ".join(got.err.split())
    assert not list(tmp_path.glob("*.onnx"))


def test_help_is_in_sentences(run):
    said = run("export", "--help")
    assert said.code == 0
    assert COMMANDS["export"].summary in " ".join(run("--help").out.split())
    for option in ("--format", "--output", "--weights", "--channels", "--hops", "--force"):
        assert option in said.out
