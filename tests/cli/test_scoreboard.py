import json
import signal
import time
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from optional_programs import missing, pretend
from running import are_alive, children_of, start
from tiny_set import QUICK, Slow

from estilo.evaluation.entries import Entry
from estilo.evaluation.ledger import Ledger
from estilo.evaluation.looks import Looks
from estilo.evaluation.sets import TEST_SETS
from estilo.registry import Registry

# Ctrl-C raises, whatever the tests were started with; the set is tiny and a row slow.
PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
import tiny_set
from estilo.cli import main
from estilo.evaluation import entries
from estilo.evaluation.sets import TEST_SETS
from estilo.registry import Registry
rows = [*tiny_set.QUICK[1:3], entries.Entry("slow", "slow", tiny_set.Slow(60.0))]
entries._pair_controls = lambda has_target: list(rows)
entries.ENGINES = Registry("engine", parts={})
TEST_SETS._paths["real"] = "tiny_set:TinyPairs"
raise SystemExit(main(["scoreboard", "--test-set", "real", "--jobs", "1", "-o", sys.argv[1]]))
"""


@pytest.fixture
def board(run, monkeypatch, tmp_path):
    """`estilo scoreboard` of a tiny set with quick rows, measured in this process."""
    from estilo.evaluation import scoreboard
    from estilo.evaluation.measuring import Bench

    def inline(tasks, *, test_set, n_jobs):
        bench = Bench(test_set)
        yield from ((place, bench.measure(*task)) for place, task in enumerate(tasks))

    monkeypatch.setattr(scoreboard, "measure_all", inline)
    # Pictures have tests of their own, and take their time.
    for name in ("speed_picture", "tradeoff_picture"):
        monkeypatch.setattr(f"estilo.evaluation.pictures.{name}", lambda board: Figure((1, 1)))
    monkeypatch.setattr("estilo.evaluation.entries._pair_controls", lambda has_target: list(QUICK))
    monkeypatch.setitem(TEST_SETS._paths, "synthetic", "tiny_set:TinyPairs")
    monkeypatch.setitem(TEST_SETS._paths, "real", "tiny_set:TinyPairs")

    def board(*options, output=tmp_path / "board"):
        engines = () if "--engines" in options else ("--engines", "crossfade")
        return run("scoreboard", *engines, *options, "-o", output)

    return board


def test_names_of_files_go_to_stdout_and_the_table_to_stderr(board, tmp_path):
    said = board("--n", 2, "--strengths", ".25,.5")
    assert said.code == 0
    files = [Path(line) for line in said.out.splitlines()]
    assert files[0] == tmp_path / "board" / "scoreboard.md"
    assert all(path.is_file() for path in files)
    assert "5 rows on 2 items of the synthetic set" in said.err
    assert "crossfade 0.25" in said.err
    assert "5 of 10 measured, about " in said.err
    # 0.5 is there already as a row of another name.
    assert "crossfade 0.5" not in said.err
    assert "[" not in said.err
    assert "| crossfade 0.25 |" in files[0].read_text()


def test_quiet_says_nothing(board, tmp_path):
    said = board("--n", 1, "--quiet")
    assert (said.code, said.out, said.err) == (0, "", "")
    assert (tmp_path / "board" / "scoreboard.md").is_file()


def test_again_measures_nothing(board):
    board("--n", 1)
    said = board("--n", 1)
    assert said.code == 0
    assert "measured, about" not in said.err


def test_outputs_are_kept_if_asked_for(board, tmp_path):
    board("--n", 1)
    assert not list((tmp_path / "board").rglob("*.flac"))
    said = board("--n", 1, "--keep-outputs")
    assert "1 of 6 measured, about " in said.err
    index = json.loads((tmp_path / "board" / "outputs.json").read_text())
    assert {each["entry"] for each in index["outputs"]} >= {"target", "crossfade 0.25"}
    for each in index["outputs"]:
        assert (tmp_path / "board" / each["file"]).is_file()


def test_a_folder_that_keeps_outputs_goes_on_keeping_them(board, tmp_path, monkeypatch):
    board("--n", 1, "--keep-outputs")
    board("--n", 2)
    index = json.loads((tmp_path / "board" / "outputs.json").read_text())
    assert {each["item"] for each in index["outputs"]} == {"a-0", "b-1"}
    # What is measured again is taken from the files: nothing is made.
    monkeypatch.setattr("estilo.evaluation.measuring._made", None)
    said = board("--n", 2, "--again", "lsd, pitch")
    assert (said.code, "failed" in said.err) == (0, False)
    assert "measured, about" in said.err


def test_the_controls_alone(board):
    said = board("--n", 1, "--engines", "none")
    assert (said.code, "crossfade" in said.err) == (0, False)
    assert "4 rows on 1 items" in said.err


def test_looks_at_a_reserved_set_are_counted(board, tmp_path, monkeypatch):
    log = Looks(tmp_path / "looks.csv", most=1)
    monkeypatch.setattr("estilo.evaluation.scoreboard.looks_at", lambda name, most: log)
    monkeypatch.setattr("tiny_set.TinyPairs.looks", 1)
    assert f"look 1 of 1 at this reserved set; logged in {log.path}" in board("--n", 1).err
    assert len(log.read()) == 1
    refused = board("--n", 2)
    assert (refused.code, "all 1 looks" in refused.err) == (2, True)
    assert "look 2 of 1" in board("--n", 2, "--another-look").err


def test_each_set_has_a_folder_of_its_own(board, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = run("scoreboard", "--test-set", "real", "--n", 1, "--engines", "content")
    assert said.code == 0
    assert said.out.splitlines()[0] == str(Path("scoreboard/real/scoreboard.md"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--engines", "optimize"], "'optimize' is neither an engine"),
        (["--strengths", "a"], "--strengths must be numbers, got 'a'"),
        (["--strengths", "2"], "strength"),
        (["--jobs", "0"], "--jobs must be 1 or more, got 0"),
        (["--test-set", "all"], "synthetic"),
        (["--test-set", "textures", "--strengths", "1"], "leave the strengths out"),
    ],
)
def test_bad_input(board, tmp_path, monkeypatch, options, message):
    monkeypatch.setitem(TEST_SETS._paths, "textures", "tiny_set:TinyTextures")
    said = board(*options)
    assert said.code == 2
    assert message in said.err
    assert said.err.count("\n") == 1
    assert not (tmp_path / "board").exists()


def test_missing_recordings_are_said(run, monkeypatch, tmp_path):
    monkeypatch.setenv("ESTILO_AUDIO", str(tmp_path / "nowhere"))
    said = run("scoreboard", "--test-set", "real", "-o", tmp_path / "board")
    assert (said.code, said.out) == (2, "")
    assert "ESTILO_AUDIO" in said.err
    assert not (tmp_path / "board").exists()


@pytest.mark.parametrize("present", [(), ("fluidsynth",), ("soundfont",)])
def test_missing_programs_are_said(run, monkeypatch, tmp_path, present):
    pretend(monkeypatch, tmp_path / "programs", "mido", *present)
    monkeypatch.setenv("ESTILO_CACHE", str(tmp_path / "cache"))
    said = run("scoreboard", "-o", tmp_path / "board")
    assert (said.code, said.out) == (2, "")
    assert said.err.rstrip().endswith(missing("mido", *present))
    assert not (tmp_path / "board").exists()


def test_failures_are_told_and_the_others_go_on(board, monkeypatch, tmp_path):
    monkeypatch.setattr("tiny_set.TinyPairs.names", lambda self, n=None: ["a-0", "bad"])
    said = board()
    assert said.code == 0
    assert "warning: mix 0.5, bad: InputError: there is no such recording; make one" in said.err
    assert "outputs failed and are left out of the means" in said.err
    assert "## What failed" in (tmp_path / "board" / "scoreboard.md").read_text()


def test_results_of_several_commits_are_told(board, monkeypatch, tmp_path):
    board("--n", 1)
    ledger = tmp_path / "board" / "results.jsonl"
    lines = ledger.read_text().splitlines()
    ledger.write_text(lines[0].replace('"commit": "', '"commit": "0') + "\n" + lines[1] + "\n")
    said = board("--n", 1)
    assert "results of several commits" in said.err


def wait_for_results(folder, n, process):
    ledger = folder / "results.jsonl"
    while not ledger.exists() or ledger.read_bytes().count(b"\n") < n:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_keeps_what_it_has_and_goes_on(board, run, tmp_path, monkeypatch, number):
    folder = tmp_path / "board"
    with start(PROGRAM, folder) as process:
        wait_for_results(folder, 2, process)
        children = children_of(process.pid)
        assert children
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert out == ""
    if number != signal.SIGKILL:
        assert process.returncode == 130
        assert "cancelled; what was measured is kept in" in err
        assert "Traceback" not in err
    deadline = time.monotonic() + 30
    while are_alive(children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not are_alive(children)
    kept = (folder / "results.jsonl").read_bytes()
    assert len(Ledger(folder / "results.jsonl").read()) == 2
    assert not (folder / "scoreboard.md").exists()
    rows = [*QUICK[1:3], Entry("slow", "slow", Slow(0.0))]
    monkeypatch.setattr("estilo.evaluation.entries._pair_controls", lambda has_target: rows)
    monkeypatch.setattr("estilo.evaluation.entries.ENGINES", Registry("engine", parts={}))
    said = run("scoreboard", "--test-set", "real", "-o", folder)
    assert said.code == 0, said.err
    assert said.out.splitlines()[0] == str(folder / "scoreboard.md")
    assert (folder / "results.jsonl").read_bytes().startswith(kept)
    assert len(Ledger(folder / "results.jsonl").read()) == 12
