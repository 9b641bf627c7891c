"""Other packages add parts to every family, and a broken package breaks only its own parts."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from distributions import describe, install
from networks import write_small

import estilo

PLUGIN = Path(__file__).parents[1] / "helpers" / "plugin"
RATE = 8000
GROUPS = (
    "engines",
    "presets",
    "losses",
    "representations",
    "features",
    "metrics",
    "test_sets",
    "exporters",
)
ECHO = {
    "estilo.engines": {"echo": "echo_parts:EchoSettings"},
    "estilo.presets": {"echo-parts": "echo_parts:PRESET"},
    "estilo.losses": {"mean-level": "echo_engine:MeanLevel"},
    "estilo.representations": {"rooted": "echo_engine:Rooted"},
    "estilo.features": {"projection": "echo_engine:Projection"},
    "estilo.metrics": {"peak_gap": "echo_parts:PEAK_GAP"},
    "estilo.test_sets": {"hiss": "echo_parts:Hiss"},
    "estilo.exporters": {"count": "echo_engine:CountExporter"},
}
# Commands one after another in one process, as each process takes seconds to load torch. The
# scoreboard's rows are one control and the engine, as the others take minutes.
PROGRAM = """
import contextlib, io, json, sys

class Text(io.TextIOWrapper):
    def __init__(self):
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def text(self):
        return self.buffer.getvalue().decode()

def main():
    from estilo.cli import main
    from estilo.evaluation import entries

    control = entries._control("content copied", "content", {"engine": "content"})
    entries._pair_controls = lambda has_target: [control]
    said = []
    for command in json.loads(sys.argv[1]):
        out, err = Text(), Text()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main(command)
            except SystemExit as error:
                code = error.code
        said.append((code, out.text(), err.text()))
    print(json.dumps(said))

main()
"""


def call(folder: Path, packages: Path, *commands: list[str]) -> list[tuple[int, str, str]]:
    """Exit code, output and messages of every command; nothing of a wide terminal is wrapped."""
    path = os.pathsep.join([str(packages), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(commands)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path.rstrip(os.pathsep), "COLUMNS": "1000"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [(code, out, " ".join(err.split())) for code, out, err in json.loads(done.stdout)]


@pytest.fixture
def folder(tmp_path, rng) -> Path:
    """A folder with two recordings of less than a second, without what is too low to be heard."""
    for name in ("content", "style"):
        noise = 0.1 * np.diff(rng.standard_normal(RATE // 2 + 1))
        estilo.save(estilo.Audio(noise, RATE), tmp_path / f"{name}.wav")
    return tmp_path


def transfer(output: str, *options: str) -> list[str]:
    return ["transfer", "content.wav", "style.wav", "-o", output, *options]


@pytest.mark.slow
def test_every_family_is_used_through_the_command(folder, tmp_path_factory) -> None:
    packages = tmp_path_factory.mktemp("packages") / "site"
    shutil.copytree(PLUGIN, packages)
    describe(packages, "echo", ECHO)
    assert set(ECHO) == {f"estilo.{group}" for group in GROUPS}
    write_small(folder / "small.safetensors")
    said = call(
        folder,
        packages,
        ["list"],
        ["list", "settings"],
        transfer("echo.wav", "--engine", "echo", "--no-scores"),
        transfer("late.wav", "--engine", "echo", "--set", "delay_s=0.25", "--no-scores"),
        transfer("parts.wav", "--preset", "echo-parts"),
        ["evaluate", "echo.wav", "--content", "content.wav", "--json"],
        ["evaluate", "echo.wav", "--content", "content.wav"],
        ["scoreboard", "--test-set", "hiss", "--engines", "echo", "--jobs", "1", "-o", "board"],
        ["export", "--format", "count", "--weights", "small.safetensors"],
        ["rerun", "late.wav.json", "-o", "again.wav"],
    )
    for code, _, err in said:
        assert code == 0, err
    listed, settings, _, _, _, numbers, table, board, exported, _ = said
    for parts in ECHO.values():
        (name,) = parts
        (line,) = (line for line in listed[1].splitlines() if line.split()[:1] == [name])
        assert line.strip() != name
    assert listed[1].count("from the package echo 1.5") == len(ECHO)
    for setting in ("delay_s", "rooted", "projection"):
        assert setting in settings[1]
    content, echo, late, again = (
        estilo.load(folder / f"{name}.wav").samples[0]
        for name in ("content", "echo", "late", "again")
    )
    for output, delay in ((echo, 800), (late, 2000)):
        delayed = np.pad(content, (delay, 0))[: len(content)]
        expected = content + 0.5 * delayed
        assert np.corrcoef(output, expected)[0, 1] > 0.9999
    np.testing.assert_array_equal(again, late)
    recipe = json.loads((folder / "parts.wav.json").read_text())
    assert recipe["plan"]["settings"]["representation"] == "rooted"
    assert recipe["plan"]["settings"]["features"] == "projection"
    assert "extra-mean-level" in recipe["losses"]
    assert "style-projection" in recipe["losses"]
    assert recipe["scores"]["peak_gap"] >= 0.0
    assert json.loads(numbers[1])["scores"]["peak_gap"] >= 0.0
    assert "peak gap" in table[1]
    assert "echo" in board[2]
    assert "peak gap" in (folder / "board" / "scoreboard.md").read_text()
    assert exported[1].strip() == "estilo.count"
    assert int((folder / "estilo.count").read_text()) > 1000


@pytest.mark.slow
def test_a_broken_package_breaks_only_its_own_parts(folder, tmp_path_factory) -> None:
    packages = tmp_path_factory.mktemp("packages") / "site"
    missing = {f"estilo.{group}": {"broken": "broken:part"} for group in GROUPS}
    wrong = {f"estilo.{group}": {"wrong": "wrong:part"} for group in GROUPS}
    install(packages, "broken", "import a_module_that_nobody_has", missing)
    install(packages, "wrong", "part = 0.5", wrong)
    fine = (
        ["--help"],
        ["list"],
        ["transfer", "--help"],
        ["scoreboard", "--help"],
        ["evaluate", "content.wav", "--content", "content.wav", "--json"],
        transfer("eq.wav", "--engine", "eq"),
        transfer("auto.wav", "--engine", "auto", "--no-scores"),
    )
    own = (
        transfer("out.wav", "--engine", "broken"),
        transfer("out.wav", "--preset", "broken"),
        transfer("out.wav", "--preset", "uses.toml"),
        ["scoreboard", "--test-set", "broken"],
        ["export", "--format", "broken"],
    )
    (folder / "uses.toml").write_text(
        'summary = "Of broken parts"\n[settings]\nrepresentation = "broken"\n'
    )
    again = [[each.replace("broken", "wrong") for each in command] for command in own]
    said = call(folder, packages, *fine, *own, *again)
    for code, _, err in said[: len(fine)]:
        assert code == 0, err
    assert said[1][1].count("cannot be used: the entry point broken:part") == len(GROUPS)
    assert said[1][1].count("cannot be used: the entry point wrong:part") == len(GROUPS)
    assert "broken could not be measured" in said[5][2]
    for code, out, err in said[len(fine) :]:
        assert (code, out) == (2, "")
        assert "'broken' cannot be used: the entry point broken:part of the package broken 1.5" in (
            err.replace("wrong", "broken")
        )
        assert "update or remove that package" in err
    assert not (folder / "out.wav").exists()


def test_a_name_that_is_taken_is_ignored_and_said(folder, tmp_path_factory) -> None:
    packages = tmp_path_factory.mktemp("packages") / "site"
    points = {"estilo.engines": {"eq": "taken:part"}}
    install(packages, "taken", "raise RuntimeError('nobody asks for it')", points)
    ((code, _, err),) = call(folder, packages, transfer("eq.wav", "--engine", "eq", "--no-scores"))
    assert code == 0, err
    said = "the engine 'eq' of taken 1.5 is ignored, because the engine of that name comes with"
    assert err.count(said) == 1
    assert f"estilo: warning: {said}" in err
