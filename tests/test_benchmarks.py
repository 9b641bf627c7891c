"""The runner of the benchmarks: nothing that is missing, slow or broken stops the others."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from estilo.errors import InputError

FOLDER = Path(__file__).parents[1] / "benchmarks"

# Stands for `python benchmarks NAME`: says what it leaves out, fails, or never ends.
PROGRAM = """
import sys, time
name = sys.argv[1]
print("options", sys.argv[2:])
if name == "fails":
    raise SystemExit(3)
print("left out: rows of recordings: there are none", flush=True)
if name == "lasts":
    time.sleep(600)
"""


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    spec = importlib.util.spec_from_file_location("benchmarks_runner", FOLDER / "__main__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "benchmarks_runner", module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def pretended(runner: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    (folder / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    monkeypatch.setattr(runner, "HERE", folder)
    return runner


def test_all_short_benchmarks_are_there_and_no_study_is_among_them(runner: ModuleType) -> None:
    known = runner.modules()
    names = [short.name for short in runner.SHORT]
    assert len(set(names)) == len(names)
    assert not [name for name in names if known[name].startswith("studies.")]
    assert set(names) == {name for name, module in known.items() if "." not in module}
    assert runner.LIMIT_S < 20 * 60


def test_what_is_left_out_is_collected_and_told(
    pretended: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    shorts = [pretended.Short("works", 60.0, ("--pairs", "3")), pretended.Short("fails", 60.0)]
    works, fails = outcomes = pretended.run_all(shorts, limit_s=120.0)
    assert works.ending == ""
    assert works.left_out == ["rows of recordings: there are none"]
    assert "options ['--pairs', '3']" in capsys.readouterr().out
    assert fails.ending.startswith("failed with exit code 3")
    told = "\n".join(pretended.summary(outcomes))
    assert "left out: rows of recordings: there are none" in told
    assert "failed with exit code 3" in told
    assert "2 benchmarks in" in told


def test_what_takes_too_long_is_stopped_and_the_rest_is_not_begun(pretended: ModuleType) -> None:
    shorts = [pretended.Short("lasts", 1.0), pretended.Short("works", 60.0)]
    lasts, works = pretended.run_all(shorts, limit_s=5.9)
    assert lasts.ending.startswith("stopped after its 1 s")
    assert works.ending == "not begun: the time for all was over"


def test_a_missing_input_leaves_a_benchmark_out(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = ModuleType("bench_pretended")

    def main() -> None:
        assert sys.argv == ["python benchmarks pretended", "--fast"]
        raise InputError("FluidSynth is missing; install it")

    module.main = main  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bench_pretended", module)
    monkeypatch.setattr(runner, "modules", lambda: {"pretended": "bench_pretended"})
    monkeypatch.setattr(sys, "argv", [])
    runner.run_one("pretended", ["--fast"])
    assert capsys.readouterr().out == "left out: all of it: FluidSynth is missing; install it\n"


def test_documents_are_written_by_name_only(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ESTILO_BENCHMARKS_WRITE", "")
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--write"])
    with pytest.raises(SystemExit, match="2"):
        runner.main()
    assert "--write needs the name of a benchmark" in capsys.readouterr().err
