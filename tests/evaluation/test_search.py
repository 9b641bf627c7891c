import csv
import io
import json
import math
import sys
import tomllib

import numpy as np
import pytest
from tiny_set import TinyPairs, TinyTextures

from estilo.errors import EstiloError, InputError, OutputError, SettingsError
from estilo.evaluation import search
from estilo.evaluation.measuring import Bench, Measured
from estilo.evaluation.search import run
from estilo.evaluation.search_page import comparison, to_toml, trials_csv, write
from estilo.evaluation.search_plan import LEDGER, SOUNDFONT, halves, plan
from estilo.presets import load_preset
from estilo.registry import Registry

pytest.importorskip("optuna")
ITEMS = tuple(f"{'ba'[i % 2]}-{i}" for i in range(8))
BEST_STRENGTH = 0.8


def scores_at(strength: float, item: str) -> dict[str, float]:
    """A world in which the best strength is known, and items differ more than strengths do."""
    hard = 1.0 + int(item[2:])
    missed = (strength - BEST_STRENGTH) ** 2
    return {
        "lsd": 10.0 * hard * (0.9 + missed),
        "timbre_mfcc": 0.1 * hard * (0.7 + missed),
        "chroma": 1.0 - 0.05 - missed,
    }


CONTENT = {"lsd": 10.0, "timbre_mfcc": 0.1}


class World:
    """Stands for the processes: measures by formula, in any order; counts."""

    def __init__(self):
        self.measured = []
        self.stop_after = math.inf
        self.failing = set()
        self.backwards = False

    def __call__(self, tasks, *, test_set, n_jobs):
        places = list(enumerate(tasks))
        for place, (item, maker) in reversed(places) if self.backwards else places:
            if len(self.measured) >= self.stop_after:
                raise KeyboardInterrupt
            recipe = maker.recipe()
            strength = recipe["settings"].get("strength")
            self.measured.append((strength, item))
            yield place, self.measure(item, strength)

    def measure(self, item, strength):
        if (strength, item) in self.failing or strength in self.failing:
            return Measured(error="EstiloError: no luck")
        if strength is None:
            hard = 1.0 + int(item[2:])
            scores = {name: value * hard for name, value in CONTENT.items()} | {"chroma": 1.0}
        else:
            scores = scores_at(strength, item)
        return Measured(
            group=item[0], duration_s=1.0, wall_s=1.0, processor_s=0.5, scores=scores, error=None
        )


@pytest.fixture
def world(monkeypatch):
    world = World()
    monkeypatch.setattr(search, "measure_all", world)
    monkeypatch.setattr(
        "estilo.evaluation.search_plan.columns_of",
        lambda item: [c for c in _columns(item) if c.name in scores_at(0, "a-0")],
    )
    return world


def _columns(item):
    from estilo.evaluation.measuring import Column, columns_of

    chroma = Column("chroma", "chroma", "higher", "content", "harmony")
    return [*(c for c in columns_of(item) if c.name != "chroma"), chroma]


def tiny(folder, *, name="crossfade", over=("strength=0:1",), n_trials=12, items=ITEMS, **options):
    options = {"n": len(items), "test_set": TinyPairs(items), **options}
    return plan(name, over=over, folder=folder, n_trials=n_trials, **options)


def test_halves_are_as_mixed_as_the_whole():
    tuning, held_out = halves(ITEMS)
    assert tuning == ["b-0", "a-1", "b-4", "a-5"]
    assert held_out == ["b-2", "a-3", "b-6", "a-7"]


def test_the_best_is_found_on_the_tuning_half_and_judged_on_the_other(world, tmp_path):
    chosen = tiny(tmp_path, n_trials=30)
    found = run(chosen)
    own, *others = found.trials
    assert own.values == {"strength": 0.5}  # crossfade's default
    assert found.best.values["strength"] == pytest.approx(BEST_STRENGTH, abs=0.05)
    assert found.best.objective <= min(
        each.objective for each in others if each.state == "complete"
    )
    tried = {strength for strength, item in world.measured if item in chosen.held_out}
    assert tried == {None, 0.5, found.best.values["strength"]}
    # By hand, from the formula: ratios and the difference do not depend on the items.
    missed = (found.best.values["strength"] - BEST_STRENGTH) ** 2
    expected = (0.9 + missed - 0.86) / 0.14 + (0.7 + missed - 0.55) / 0.45
    expected += 0.1 * (0.05 + missed - 0.1) / 0.1
    assert found.best.objective == pytest.approx(expected)


def test_nothing_better_leaves_the_preset(world, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('summary = "mine"\nengine = "crossfade"\n[settings]\nstrength = 0.8\n')
    found = run(tiny(tmp_path / "out", name=str(path), over=["strength=0:.3"], n_trials=5))
    assert found.best.number == 0
    write(found)
    again = load_preset(str(tmp_path / "out" / "best.toml"))
    assert (again.engine, again.settings) == ("crossfade", {"strength": 0.8})
    page = (tmp_path / "out" / "search.md").read_text()
    assert "No trial has a lower objective than the preset itself" in page


def test_a_stopped_search_goes_on_as_if_it_had_not_stopped(world, tmp_path):
    whole = run(tiny(tmp_path / "whole", n_trials=20))
    n_whole = len(world.measured)
    world.measured.clear()
    world.stop_after = 30
    with pytest.raises(KeyboardInterrupt):
        run(tiny(tmp_path / "stopped", n_trials=20))
    before = (tmp_path / "stopped" / LEDGER).read_bytes()
    assert before.count(b"\n") == 30
    world.stop_after = math.inf
    again = run(tiny(tmp_path / "stopped", n_trials=20))
    assert trials_csv(again) == trials_csv(whole)
    assert len(world.measured) == n_whole
    assert (tmp_path / "stopped" / LEDGER).read_bytes().startswith(before)
    # More trials begin with the same ones, fewer are the first of them.
    more = run(tiny(tmp_path / "stopped", n_trials=25))
    assert more.trials[:20] == again.trials
    n_more = len(world.measured)
    fewer = run(tiny(tmp_path / "stopped", n_trials=4))
    assert fewer.trials == again.trials[:4]
    held_out = set(fewer.plan.held_out)
    assert {item for _, item in world.measured[n_more:]} <= held_out


def test_the_order_in_which_processes_are_done_makes_no_difference(world, tmp_path):
    one = run(tiny(tmp_path / "one", n_trials=15))
    world.backwards = True
    other = run(tiny(tmp_path / "other", n_trials=15))
    assert trials_csv(one) == trials_csv(other)


def test_seeds_draw_differently(world, tmp_path):
    one, other = (run(tiny(tmp_path / str(s), n_trials=3, seed=s)) for s in (0, 1))
    assert one.trials[0] == other.trials[0]
    assert one.trials[1].values != other.trials[1].values


def test_bad_trials_are_given_up_early_and_good_ones_are_not(world, tmp_path):
    found = run(tiny(tmp_path, n_trials=30))
    pruned = [each for each in found.trials if each.state == "pruned"]
    assert pruned
    for trial in pruned:
        assert 2 <= trial.n_items < len(found.plan.tuning)
        complete = [
            each.objective for each in found.trials[: trial.number] if each.state == "complete"
        ]
        # Objectives of this world do not depend on the items.
        assert len(complete) >= 5
        assert trial.objective > np.median(complete)
        strength = trial.values["strength"]
        measured = [item for at, item in world.measured if at == strength]
        assert measured == list(found.plan.tuning[: trial.n_items])
    rows = list(csv.DictReader(io.StringIO(trials_csv(found))))
    assert [row["state"] for row in rows] == [each.state for each in found.trials]


def test_failing_trials_are_told_and_the_others_go_on(world, tmp_path, monkeypatch):
    first = run(tiny(tmp_path / "first", n_trials=4)).trials
    world.failing.add((first[2].values["strength"], "b-4"))
    found = run(tiny(tmp_path / "second", n_trials=4))
    assert found.trials[:2] == first[:2]
    assert found.trials[2].state == "failed"
    assert found.trials[2].error == "b-4: EstiloError: no luck"
    assert found.trials[3].state == "complete"
    assert "1 failed" in write(found)[0].read_text()


def test_a_failing_preset_ends_the_search(world, tmp_path):
    world.failing.add((0.5, "a-1"))
    with pytest.raises(EstiloError, match="preset, a-1: EstiloError: no luck; nothing can be"):
        run(tiny(tmp_path))
    world.failing.clear()
    assert run(tiny(tmp_path, n_trials=2)).trials[0].state == "complete"


def test_what_the_engine_refuses_together_goes_back_to_the_presets_own(world, tmp_path):
    over = ["optimiser=lbfgs,adam", "learning_rate=1e-3:.1:log", "strength=.5:.9"]
    chosen = tiny(tmp_path, name="optimise", over=over, n_trials=12)
    values = {"optimiser": "adam", "learning_rate": 0.01, "strength": 0.6}
    assert chosen.possible(values) == values
    back = {**values, "optimiser": "lbfgs", "learning_rate": None}
    assert chosen.possible({**values, "optimiser": "lbfgs"}) == back
    found = run(chosen)
    assert {each.values["optimiser"] for each in found.trials} == {"lbfgs", "adam"}
    assert not any(each.state == "failed" for each in found.trials)
    write(found)
    again = load_preset(str(tmp_path / "best.toml"))
    assert again.settings["strength"] == found.best.values["strength"]


def test_files(world, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'summary = "mine"\n[settings]\nrhythm = 0.5\nn_steps = 7\n[settings.stft]\nn_bands = 20\n'
    )
    over = ["stft.n_bands=16:64", "widths=1/1,8", "strength=.2:.9"]
    found = run(tiny(tmp_path / "out", name=str(path), over=over, n_trials=8))
    files = write(found)
    assert [each.name for each in files] == ["search.md", "best.toml", "trials.csv"]
    best = load_preset(str(files[1]))
    values = found.best.values
    expected = {"rhythm": 0.5, "n_steps": 7, "stft": {"n_bands": values["stft.n_bands"]}}
    expected |= {"strength": values["strength"], "widths": list(values["widths"])}
    assert best.settings == expected
    assert best.engine == "optimise"
    page = files[0].read_text()
    assert "| `stft.n_bands` | 16 to 64 | 20 |" in page
    assert "| `widths` | 1/1,8 | 1,8 |" in page
    assert "--over widths=1/1,8" in page
    rows = list(csv.DictReader(io.StringIO(files[2].read_text())))
    assert len(rows) == 8
    assert float(rows[0]["objective"]) == found.trials[0].objective
    assert float(rows[0]["lsd"]) == pytest.approx(found.trials[0].scores["lsd"])
    # What was there is replaced.
    assert write(found) == files


def test_gains_are_shown_with_their_intervals(world, tmp_path):
    found = run(tiny(tmp_path, n_trials=20))
    table = comparison(found, found.held_out)
    assert table.heading == ["", "content copied", "preset", "best", "best − preset"]
    rows = {row[0]: row[1:] for row in table.rows}
    lsd_row = rows[f"{found.held_out.column('lsd').label} ↓"]
    # Means by hand over items 2, 3, 6 and 7, which are 3, 4, 7 and 8 times as hard as item 0.
    assert lsd_row[0].startswith("55.000 [")
    assert rows["objective ↓"][0] == "1.900"
    missed = [0.09, (found.best.values["strength"] - BEST_STRENGTH) ** 2]
    lsd = [55.0 * (0.9 + each) for each in missed]
    assert lsd_row[1].startswith(f"{lsd[0]:.3f} [")
    assert lsd_row[3].startswith(f"−{lsd[0] - lsd[1]:.3f} [")
    # The chroma is the same for all items: an interval of no width.
    assert rows["chroma ↑"][3] == f"+{missed[0] - missed[1]:.3f}"
    assert rows["× real time"][:3] == ["0.5", "0.5", "0.5"]


def test_steps_tell_how_far_it_is(world, tmp_path):
    steps = []
    found = run(tiny(tmp_path, n_trials=6), on_progress=steps.append)
    ends = [step for step in steps if step.trial is not None]
    assert [step.trial for step in ends] == found.trials
    assert [step.n_trials for step in ends] == list(range(1, 7))
    assert ends[-1].best == found.best
    assert all(step.is_new for step in ends)
    again = []
    run(tiny(tmp_path, n_trials=7), on_progress=again.append)
    ends = [step for step in again if step.trial is not None]
    assert [step.is_new for step in ends] == [False] * 6 + [True]
    assert ends[2].remaining_s is None


def test_the_tuning_soundfont_is_not_that_of_the_scoreboard(monkeypatch, tmp_path):
    given = []

    class Font(TinyPairs):
        def __init__(self, soundfont):
            given.append(soundfont)
            super().__init__()

    sets = Registry("test set", parts={"synthetic": lambda: Font})
    monkeypatch.setattr("estilo.evaluation.search_plan.TEST_SETS", sets)
    chosen = plan("eq", over=["strength=0:1"], folder=tmp_path, n=4)
    assert given == [SOUNDFONT] == ["MuseScore_General"]
    assert chosen.set_name == "synthetic (MuseScore_General)"
    other = plan("eq", over=["strength=0:1"], folder=tmp_path, n=4, soundfont="a/b.sf2")
    assert given[1] == "a/b.sf2"
    assert other.set_name == "synthetic (b.sf2)"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "optimize"}, "'optimize' is neither an engine"),
        ({"name": "content"}, "unknown setting 'strength'"),
        ({"n": 3}, "n must be 4 or more, got 3"),
        ({"n_trials": 1}, "2 trials or more are needed, got 1"),
        ({"seed": -1}, "seed must lie between 0"),
        ({"set_name": "texture"}, "unknown test set 'texture'; did you mean 'textures'"),
        (
            {"test_set": TinyTextures()},
            "items with a content signal, and those of the set 'synthetic'",
        ),
        ({"set_name": "real", "soundfont": "TimGM6mb"}, "leave it out"),
        ({"set_name": "recorded", "test_set": None}, "nothing is tuned on it.*recorded-dev"),
        ({"over": ["limit_db=1:2"]}, "unknown setting 'limit_db'"),
    ],
)
def test_bad_plans_are_refused_before_anything_is_made(tmp_path, options, message):
    with pytest.raises(SettingsError, match=message):
        tiny(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_folders_that_hold_something_else_are_refused(world, tmp_path):
    run(tiny(tmp_path / "one", n_trials=2))
    with pytest.raises(OutputError, match=r"holds another search \(over, seed: not the same\)"):
        tiny(tmp_path / "one", over=["strength=0:.5"], seed=3)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "best.toml").write_text("")
    with pytest.raises(OutputError, match=r"best\.toml already exists"):
        tiny(tmp_path / "mine")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file; give the name of a folder"):
        tiny(tmp_path / "file")


def test_optuna_is_missing(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InputError, match=r"needs Optuna.*pip install 'estilo\[eval\]'"):
        tiny(tmp_path)


def test_real_outputs_are_measured(monkeypatch, tmp_path):
    """No formula: mixes of tones, by all metrics, in this process."""

    def inline(tasks, *, test_set, n_jobs):
        bench = Bench(test_set)
        for place, task in enumerate(tasks):
            yield place, bench.measure(*task)

    monkeypatch.setattr(search, "measure_all", inline)
    found = run(tiny(tmp_path, items=ITEMS[:4], n_trials=2))
    assert all(each.state == "complete" for each in found.trials)
    assert found.held_out.failures == []
    assert write(found)[0].is_file()


@pytest.mark.parametrize(
    "values",
    [
        {"text": 'quote " \\ \n tab\t ü 😀 \x7f \x1f', "small": 1e-07, "big": 1e22, "whole": -3},
        {"a": {"b": {"c": 1}}, "rows": [{"x": 1.5, "y": [1, 2]}, {"x": False}]},
        {"with space": 1, "empty": {}, "list": []},
    ],
)
def test_toml_says_what_it_was_given(values):
    assert tomllib.loads(to_toml(values)) == json.loads(json.dumps(values))
