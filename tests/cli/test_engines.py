"""Engines by name on the command line."""

import numpy as np
import pytest

import estilo
from estilo.engines import ENGINES
from estilo.fields import description, leaves
from estilo.pipeline.report import read_report
from estilo.settings import Eq

BASELINES = [name for name in ENGINES if name != "optimise"]


@pytest.mark.parametrize("engine", BASELINES)
def test_writes_and_renders_again(run, folder, transfer, engine):
    # Pictures differ by what an engine reports: a curve, grains, or neither.
    picture = ["--plot"] if engine in ("auto", "mosaic", "eq") else []
    said = transfer("--engine", engine, "--no-scores", *picture, steps=())
    assert said.code == 0, said.err
    if engine == "auto":
        assert "engine optimise" in said.err
    assert read_report(folder / "out.wav.json").plan.engine == engine.replace("auto", "optimise")
    before, after = estilo.load(folder / "content.wav"), estilo.load(folder / "out.wav")
    assert before.samples.shape == after.samples.shape
    assert np.array_equal(before.samples, after.samples) == (engine == "content")
    said = run("rerun", folder / "out.wav.json", "-o", folder / "again.wav")
    assert said.code == 0, said.err
    assert "identical" in said.err


def test_options_of_the_engine_arrive(transfer, folder):
    options = (
        "--strength",
        0.5,
        "--set",
        "smoothing_erb=2",
        "--set",
        "limit_db=12",
        "--set=filter_phase=minimum",
    )
    said = transfer("--engine", "eq", *options, steps=())
    assert said.code == 0, said.err
    assert read_report(folder / "out.wav.json").plan.settings == Eq(
        strength=0.5, smoothing_erb=2.0, limit_db=12.0, filter_phase="minimum"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--engine", "content", "--strength", 0.5], "engine 'content' has no setting 'strength'"),
        (["--engine", "style", "--strength", 1], "engine 'style' has no setting 'strength'"),
        (["--engine", "eq", "--set", "n_steps=3"], "engine 'eq' has no setting 'n_steps'"),
        (["--set", "limit_db=3"], "engine 'optimise' has no setting 'limit_db'"),
        (["--engine", "eqq"], "did you mean 'eq'"),
        (["--engine", "dipani"], "'dipani' is a preset and not an engine; give it as the preset"),
        (["--engine", "eq", "--preset", "dipani"], "preset 'dipani' is of engine 'optimise'"),
    ],
)
def test_what_an_engine_does_not_have_is_refused(transfer, listing, options, message):
    before = listing()
    said = transfer(*options, steps=())
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert listing() == before


def test_the_settings_of_every_engine_are_listed(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    text = run("list", "settings").out
    for name, model in ENGINES.items():
        assert f"Settings of the engine {name}" in text
        for path, info in leaves(model):
            assert ".".join(path) in text
            assert description(info), path
    assert "how far the gains" not in run("list", "settings", "mosaic").out
    said = run("list", "settings", "mosiac")
    assert (said.code, "did you mean 'mosaic'" in said.err) == (2, True)
    said = run("list", "presets", "mosaic")
    assert (said.code, "give estilo list settings mosaic" in said.err) == (2, True)


def test_a_texture_offers_nothing_that_needs_a_content(run, folder):
    assert "--limit-db" not in run("texture", "--help").out
    files = [folder / "style.wav", "-o", folder / "out.wav", "--seconds", 1.5]
    said = run("texture", *files, "--engine", "eq")
    assert said.code == 2
    assert "a texture has none; choose another engine" in said.err
    assert run("texture", *files, "--engine", "style").code == 0
