"""Recipes of earlier versions, and recipes that somebody has damaged."""

import json

import pytest

from estilo.errors import InputError
from estilo.pipeline.recipes import upgraded
from estilo.pipeline.report import read_report

INPUT = {"path": "/a.wav", "sha256": "0", "sample_rate": 8000, "n_channels": 1, "n_samples": 9}
OUTPUT = {"sample_rate": 8000, "n_channels": 1, "n_samples": 9, "samples_sha256": "0"}
# What version 0.1.0 wrote, of which only what decides about the samples stands here.
OLD = {
    "format": 1,
    "job": "transfer",
    "created": "2026-11-30T05:20:00+00:00",
    "content": INPUT,
    "styles": [{**INPUT, "weight": 1.0}],
    "engine": "neural",
    "preset": "neural-practised",
    "settings": {"strength": 0.9, "fit": 0.8, "practice": 10},
    "match": ["key"],
    "mix": 0.5,
    "raw": False,
    "seed": 3,
    "device": "cpu",
    "threads": 2,
    "output": OUTPUT,
    "losses": {},
    "loss_curve": [],
    "timings_s": {},
    "versions": {},
}


def written(tmp_path, recipe):
    path = tmp_path / "out.wav.json"
    path.write_text(recipe if isinstance(recipe, str) else json.dumps(recipe))
    return path


def test_an_old_recipe_is_read_with_the_names_of_today(tmp_path):
    plan = read_report(str(written(tmp_path, OLD))).plan
    assert (plan.engine, plan.preset) == ("neural", "neural-adapted")
    assert (plan.settings.level_matching, plan.settings.adapt) == (0.8, 10)
    assert (plan.match, plan.mix, plan.seed, plan.threads) == (("key",), 0.5, 3, 2)
    assert plan.raw is None


def test_an_old_raw_recipe_takes_what_its_preset_cuts_and_writes(tmp_path):
    recipe = OLD | {"engine": "optimise", "settings": {}, "preset": "dipani", "raw": True}
    plan = read_report(written(tmp_path, recipe | {"match": [], "mix": 1.0})).plan
    assert plan.raw is not None
    assert plan.raw.duration_s == 58.04


def test_a_recipe_of_today_stays_as_it_is():
    recipe = {"format": 2, "plan": {"engine": "eq"}}
    assert upgraded(recipe) == recipe
    assert upgraded([]) == []


def test_a_newer_recipe_says_so(tmp_path):
    with pytest.raises(InputError, match="is of format 99, and this version reads 1 to 2; update"):
        read_report(written(tmp_path, OLD | {"format": 99}))


@pytest.mark.parametrize(
    "change",
    [
        {"engine": 5},
        {"engine": None},
        {"engine": "nowhere"},
        {"settings": None},
        {"settings": [1]},
        {"settings": "x"},
        {"preset": ["a"]},
        {"raw": True, "preset": None},
        {"raw": True, "preset": "neural-plain"},
        {"content": None},
        {"styles": []},
        {"job": "texture"},
        {"job": "texture", "content": None},
        {"seconds": 3.0},
        {"format": "1"},
        {"device": "abacus"},
    ],
    ids=str,
)
def test_a_damaged_recipe_is_refused_in_words(tmp_path, change):
    with pytest.raises(InputError, match=r"recipe"):
        read_report(written(tmp_path, OLD | change))
    today = upgraded(OLD)
    for plan in ({**today["plan"], **change}, None, 5, []):
        with pytest.raises(InputError, match="recipe"):
            read_report(written(tmp_path, today | {"plan": plan, "colour": 1}))


def test_a_pit_of_brackets_is_no_recipe(tmp_path):
    with pytest.raises(InputError, match="is not a recipe of estilo"):
        read_report(written(tmp_path, "[" * 100_000))
