from dataclasses import replace

import pytest
from tiny_set import TinyPairs

from estilo.errors import InputError, SettingsError
from estilo.evaluation import looks, scoreboard
from estilo.evaluation.looks import Look, Looks, looks_at
from estilo.evaluation.measuring import Bench
from estilo.evaluation.scoreboard import plan, run
from estilo.evaluation.sets import TEST_SETS

LOOK = Look("2026-11-30", "ab12", "40", "eq 1; sines 1", "lsd; pitch")


class Reserved(TinyPairs):
    """A test set that may be looked at twice."""

    looks = 2


def test_each_look_is_logged_once(tmp_path):
    log = Looks(tmp_path / "docs" / "looks.csv", most=2)
    assert (log.read(), log.check(LOOK, is_allowed=False)) == ([], 1)
    log.add(LOOK)
    # What goes on tomorrow shows nothing new.
    again = replace(LOOK, date="2026-12-01")
    assert log.check(again, is_allowed=False) == 1
    log.add(again)
    assert log.read() == [LOOK]


@pytest.mark.parametrize("name", ["commit", "items", "engines", "columns"])
def test_whatever_shows_something_else_is_another_look(tmp_path, name):
    log = Looks(tmp_path / "looks.csv", most=2)
    log.add(LOOK)
    other = replace(LOOK, **{name: 'other, "new"'})
    assert log.check(other, is_allowed=False) == 2
    log.add(other)
    assert log.read() == [LOOK, other]


def test_the_look_too_many_is_refused_unless_asked_for(tmp_path):
    log = Looks(tmp_path / "looks.csv", most=2)
    for commit in ("a", "b"):
        log.add(replace(LOOK, commit=commit))
    with pytest.raises(SettingsError, match=r"all 2 looks .*looks\.csv.*--another-look"):
        log.check(LOOK, is_allowed=False)
    assert log.check(LOOK, is_allowed=True) == 3
    assert log.check(replace(LOOK, commit="b"), is_allowed=False) == 2


def test_another_file_is_no_log(tmp_path):
    (tmp_path / "looks.csv").write_text("when,what\n1,2\n")
    with pytest.raises(InputError, match="no log of looks"):
        Looks(tmp_path / "looks.csv", most=2).read()


def test_it_is_logged_beside_the_tables_or_in_the_cache(tmp_path, monkeypatch, cache):
    monkeypatch.setattr(looks.version, "__file__", str(tmp_path / "src" / "estilo" / "version.py"))
    assert looks_at("recorded", most=5).path == cache / "recorded-looks.csv"
    (tmp_path / "docs" / "scoreboard").mkdir(parents=True)
    here = tmp_path / "docs" / "scoreboard" / "recorded-looks.csv"
    assert looks_at("recorded", most=5).path == here


def test_which_sets_are_reserved():
    reserved = {name: TEST_SETS[name].looks for name in TEST_SETS if TEST_SETS[name].looks}
    assert reserved == {"recorded": 5}


def test_a_scoreboard_logs_its_look_when_it_begins(tmp_path, monkeypatch):
    log = Looks(tmp_path / "looks.csv", most=2)
    monkeypatch.setattr(scoreboard, "looks_at", lambda name, most: log)

    def stopped(tasks, *, test_set, n_jobs):
        yield 0, Bench(test_set).measure(*tasks[0])
        raise KeyboardInterrupt

    monkeypatch.setattr(scoreboard, "measure_all", stopped)

    def planned(**options):
        given = {"engines": ["eq"], "strengths": [1.0], "folder": tmp_path / "board"} | options
        return plan("recorded", test_set=Reserved(), **given)

    first = planned()
    assert (first.look.number, log.read()) == (1, [])  # to plan is not to look
    with pytest.raises(KeyboardInterrupt):
        run(first)
    assert [(each.items, each.engines) for each in log.read()] == [("4", "")]  # eq 1 is a control
    assert planned().look.number == 1
    second = planned(engines=["eq"], strengths=[0.5])
    with pytest.raises(KeyboardInterrupt):
        run(second)
    assert log.read()[1].engines == "eq 0.5"
    assert "lsd; " in log.read()[1].columns
    with pytest.raises(SettingsError, match="all 2 looks"):
        planned(n=1)
    assert planned(n=1, another_look=True).look.number == 3
    assert plan("real", test_set=TinyPairs(), engines=[], folder=tmp_path / "other").look is None
