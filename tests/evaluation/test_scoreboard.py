import csv
import io
import multiprocessing
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from tiny_set import QUICK, Dying, Slow, TinyPairs, TinyTextures

from estilo.errors import EstiloError, OutputError, SettingsError
from estilo.evaluation import scoreboard
from estilo.evaluation.entries import Entry
from estilo.evaluation.ledger import Ledger
from estilo.evaluation.makers import TransferMaker
from estilo.evaluation.measuring import Bench
from estilo.evaluation.scoreboard import LEDGER, pairs_csv, plan, run, write


def inline(tasks, *, test_set, n_jobs):
    """In this process, which saves the start of another."""
    bench = Bench(test_set)
    for place, task in enumerate(tasks):
        yield place, bench.measure(*task)


@pytest.fixture
def here(monkeypatch):
    monkeypatch.setattr(scoreboard, "measure_all", inline)


@pytest.fixture
def blank(monkeypatch):
    """Pictures have tests of their own, and take their time."""
    for name in ("speed_picture", "tradeoff_picture"):
        monkeypatch.setattr(f"estilo.evaluation.pictures.{name}", lambda board: Figure((1, 1)))


def tiny(folder: Path, *, items=("a-0", "b-1"), entries=QUICK, set_name="synthetic"):
    made = plan(set_name, folder=folder, engines=[], test_set=TinyPairs(items))
    return replace(made, entries=tuple(entries))


def timeless(text: str) -> str:
    """Without columns that hold times, which differ from run to run."""
    rows = [
        {name: value for name, value in row.items() if not name.endswith(("wall_s", "processor_s"))}
        for row in csv.DictReader(io.StringIO(text))
    ]
    return repr(rows)


class InterruptedTestError(Exception):
    pass


def interrupt_after(n):
    def on_step(step):
        if step.n_done == n:
            raise InterruptedTestError

    return on_step


@pytest.mark.usefixtures("here")
def test_a_stopped_run_goes_on_and_ends_as_if_it_had_not_stopped(tmp_path):
    whole = run(tiny(tmp_path / "whole"))
    chosen = tiny(tmp_path / "stopped")
    with pytest.raises(InterruptedTestError):
        run(chosen, on_result=interrupt_after(3))
    before = chosen.ledger.path.read_bytes()
    assert before.count(b"\n") == 3
    steps = []
    board = run(chosen, on_result=steps.append)
    assert [(s.n_kept, s.n_done, s.n_total) for s in steps] == [(3, i, 8) for i in range(1, 6)]
    assert chosen.ledger.path.read_bytes().startswith(before)
    assert timeless(pairs_csv(board)) == timeless(pairs_csv(whole))


@pytest.mark.usefixtures("here")
def test_what_is_done_is_not_done_again(tmp_path):
    run(tiny(tmp_path))
    text = (tmp_path / LEDGER).read_bytes()
    steps = []
    again = run(tiny(tmp_path), on_result=steps.append)
    assert steps == []
    assert (tmp_path / LEDGER).read_bytes() == text
    # More items and another name of a row need only what is new.
    renamed = (*QUICK[:3], replace(QUICK[3], name="all of it"))
    more = run(tiny(tmp_path, items=("a-0", "b-1", "a-2"), entries=renamed), on_result=steps.append)
    assert len(steps) == 4
    assert {step.item.item for step in steps} == {"a-2"}
    for entry, other in zip(QUICK, renamed, strict=True):
        lsd = again.column("lsd")
        assert list(again.values(entry, lsd)) == list(more.values(other, lsd)[:2])


@pytest.mark.usefixtures("here", "blank")
def test_what_failed_is_told_kept_apart_and_tried_again(tmp_path):
    board = run(tiny(tmp_path, items=("a-0", "bad", "b-1")))
    assert {failure.item for failure in board.failures} == {"bad"}
    assert len(board.failures) == len(QUICK)
    assert "there is no such recording" in (tmp_path / LEDGER).read_text()
    page = write(board, tmp_path)[0].read_text()
    assert "- mix 0.5, bad: InputError: there is no such recording; make one" in page
    steps = []
    run(tiny(tmp_path, items=("a-0", "bad", "b-1")), on_result=steps.append)
    assert {step.item.item for step in steps} == {"bad"}


@pytest.mark.usefixtures("here")
def test_every_file_is_written(tmp_path):
    board = run(tiny(tmp_path))
    files = write(board, tmp_path)
    names = ["scoreboard.md", "pairs.csv", "timbre-pitch.png", "quality-speed.png"]
    assert [path.name for path in files] == names
    rows = list(csv.DictReader(io.StringIO((tmp_path / "pairs.csv").read_text())))
    assert len(rows) == len(QUICK) * 2
    for row in rows:
        result = board.results[row["entry"], row["item"]]
        assert row["set"] == "synthetic"
        assert row["group"] == row["item"][0]
        for name, value in result.measured.scores.items():
            assert (float(row[name]) if row[name] else None) == (None if value != value else value)
        assert float(row["duration_s"]) == 1.0
    assert [row["strength"] for row in rows[::2]] == ["", "", "0.5", "1.0"]
    page = (tmp_path / "scoreboard.md").read_text()
    assert "2 items (1 a, 1 b)" in page
    for path in files:
        if path.suffix == ".png":
            assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("here", "blank")
def test_what_was_written_before_is_replaced(tmp_path):
    made = tiny(tmp_path, items=("a-0",))
    files = write(run(made), tmp_path)
    before = [path.read_bytes() for path in files]
    assert write(run(tiny(tmp_path, items=("a-0",))), tmp_path) == files
    assert [path.read_bytes() for path in files] == before


@pytest.mark.usefixtures("here", "blank")
def test_textures(tmp_path):
    made = plan("textures", folder=tmp_path, test_set=TinyTextures())
    quick = [entry for entry in made.entries if entry.series in ("target", "style", "granular")]
    board = run(replace(made, entries=tuple(quick)))
    copied = board.column("copy_score")
    values = {entry.name: board.values(entry, copied).mean() for entry in quick}
    # As the halves of a noise have nothing in common, a copy has all, and a shuffle grains.
    assert values["second half"] < values["granular shuffle"] < 0.3
    assert values["first half copied"] == pytest.approx(1.0)
    names = [path.name for path in write(board, tmp_path)]
    assert names == ["scoreboard.md", "pairs.csv", "timbre-copying.png", "quality-speed.png"]
    with pytest.raises(SettingsError, match="leave the strengths out"):
        plan("textures", folder=tmp_path, strengths=[0.5], test_set=TinyTextures())


def test_folders_that_hold_something_else_are_refused(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="is a file; give the name of a folder"):
        tiny(tmp_path / "file")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "scoreboard.md").write_text("my own notes")
    with pytest.raises(OutputError, match=r"scoreboard\.md already exists"):
        tiny(tmp_path / "mine")
    monkeypatch.setattr(scoreboard, "measure_all", inline)
    run(tiny(tmp_path / "other", items=("a-0",), entries=QUICK[:1], set_name="real"))
    with pytest.raises(OutputError, match="holds results of the real set; name another folder"):
        tiny(tmp_path / "other")


@pytest.mark.slow
def test_processes_measure_what_this_one_does(tmp_path):
    """Spawned workers: same values, a thread each, failures told, none left behind."""
    before = dict(os.environ)
    children = set(multiprocessing.active_children())
    said = tmp_path / "said.txt"
    entries = (*QUICK[1:3], Entry("slow", "slow", Slow(0.3, str(said))))
    items = ("a-0", "bad", "b-1")
    board = run(tiny(tmp_path / "two", items=items, entries=entries), n_jobs=2)
    assert dict(os.environ) == before
    assert set(multiprocessing.active_children()) == children
    assert {failure.item for failure in board.failures} == {"bad"}
    made = [line.split() for line in said.read_text().splitlines()]
    assert sorted(name for name, _ in made) == ["a-0", "b-1"]
    assert str(os.getpid()) not in {pid for _, pid in made}
    bench = Bench(TinyPairs(items))
    for entry in QUICK[1:3]:
        for item in ("a-0", "b-1"):
            ours = board.results[entry.name, item].measured.scores
            assert ours == pytest.approx(bench.measure(item, entry.maker).scores, nan_ok=True)


@pytest.mark.slow
def test_a_process_that_dies_is_told_and_what_was_measured_is_kept(tmp_path):
    entries = (QUICK[1], Entry("dying", "dying", Dying()))
    chosen = tiny(tmp_path, items=("a-0",), entries=entries)
    with pytest.raises(EstiloError, match=r"most likely because memory ran out.*fewer --jobs"):
        run(chosen, n_jobs=1)
    assert len(Ledger(tmp_path / LEDGER).read()) == 1


def test_results_say_what_made_them(tmp_path, monkeypatch):
    monkeypatch.setattr(scoreboard, "measure_all", inline)
    board = run(tiny(tmp_path, items=("a-0",), entries=QUICK[1:2]))
    (created,), (versions,) = board.made("created"), board.made("versions")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", created)
    assert "torch" in versions
    assert os.uname().nodename not in board.made("machine")[0].split(", ")


def test_settings_are_checked_before_anything_is_made(tmp_path):
    with pytest.raises(SettingsError, match="strength"):
        plan("synthetic", folder=tmp_path / "x", strengths=[2.0], test_set=TinyPairs())
    assert not (tmp_path / "x").exists()
    with pytest.raises(SettingsError, match="unknown test set 'syntetic'"):
        plan("syntetic", folder=tmp_path)


def test_makers_that_cannot_run_fail_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(scoreboard, "measure_all", inline)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    maker = TransferMaker({"engine": "optimise", "n_steps": 1, "device": "cuda"})
    entries = (QUICK[1], Entry("broken", "broken", maker))
    board = run(tiny(tmp_path, items=("a-0",), entries=entries))
    (failure,) = board.failures
    assert failure.entry == "broken"
    assert "no CUDA GPU is at hand" in failure.measured.error
