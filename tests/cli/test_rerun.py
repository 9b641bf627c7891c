import json
import os

import numpy as np
import pytest
import torch

import estilo
from estilo.engines.neural.weights import ModelCard, write_weights
from estilo.models.network import Network
from estilo.models.settings import GeneratorSettings
from estilo.pipeline.report import read_report


@pytest.fixture
def recipe(transfer, folder):
    said = transfer(
        *("--seed", 5, "--threads", 1, "--strength", 0.5, "--offset", 0.1, "--duration", 0.8),
        *("--set", "start=noise", "--mix", 0.8),
    )
    assert said.code == 0, said.err
    return folder / "out.wav.json"


def edit(recipe, **changes):
    recipe.write_text(json.dumps(json.loads(recipe.read_text()) | changes))


def test_gives_the_same_samples_bit_for_bit(run, folder, recipe):
    said = run("rerun", recipe, "-o", folder / "again.wav")
    assert said.code == 0, said.err
    assert "identical: every sample is as it was the first time" in said.err
    first, again = estilo.load(folder / "out.wav"), estilo.load(folder / "again.wav")
    assert np.array_equal(first.samples, again.samples)
    assert estilo.probe(folder / "again.wav").bit_depth == "24"
    before, after = read_report(recipe), read_report(folder / "again.wav.json")
    varying = {"created", "timings_s", "output"}
    assert before.model_dump(exclude=varying) == after.model_dump(exclude=varying)
    assert before.output.samples_sha256 == after.output.samples_sha256


def test_scores_are_the_same_or_none_where_there_were_none(run, transfer, folder, recipe):
    assert run("rerun", recipe, "-o", folder / "again.wav").code == 0
    scores = read_report(recipe).scores
    assert "content_kept" in scores
    assert read_report(folder / "again.wav.json").scores == scores
    assert transfer("--no-scores", output="bare.wav").code == 0
    assert run("rerun", folder / "bare.wav.json", "--force").code == 0
    assert read_report(folder / "bare.wav.json").scores == {}


def test_raw_presets_and_textures_too(run, transfer, folder):
    made = transfer(
        *("--preset", "lebedev-ulyanov", "--set", "raw=true"),
        *("--set", "network.n_filters=4"),
        *("--set", "n_phase_iterations=1"),
        output="raw.wav",
    )
    assert made.code == 0, made.err
    made = run(
        *("texture", folder / "style.wav", "--seconds", 1.2, "-o", folder / "tex.wav"),
        *("--set", "representation=waveform", "--set", "n_steps=1"),
    )
    assert made.code == 0, made.err
    for name in ("raw.wav", "tex.wav"):
        said = run("rerun", folder / f"{name}.json", "--force")
        assert said.code == 0, said.err
        assert "identical" in said.err
    assert read_report(folder / "raw.wav.json").plan.preset == "lebedev-ulyanov"


def test_names_that_are_not_unicode_come_back(run, folder):
    style = folder / os.fsdecode(b"caf\xe9.wav")
    style.write_bytes((folder / "style.wav").read_bytes())
    output = folder / os.fsdecode(b"caf\xe9.out.wav")
    files = [folder / "content.wav", style, "-o", output]
    assert run("transfer", *files, "--set", "n_steps=1", "--plot").code == 0
    said = run("rerun", f"{output}.json", "--force")
    assert said.code == 0, said.err
    assert "identical" in said.err


def test_its_own_output_needs_force(run, folder, recipe, listing):
    before = listing()
    said = run("rerun", recipe)
    assert said.code == 2
    assert "out.wav already exists" in said.err
    assert listing() == before
    said = run("rerun", recipe, "--force", "--plot")
    assert said.code == 0, said.err
    assert said.out.splitlines()[-1] == str(folder / "out.wav.png")


def test_another_format_takes_the_depth_that_it_holds(run, folder, recipe):
    assert run("rerun", recipe, "-o", folder / "again.mp3").code == 0
    assert run("rerun", recipe, "-o", folder / "again.flac").code == 0
    assert estilo.probe(folder / "again.flac").bit_depth == "24"


def test_inputs_that_changed_or_are_gone_are_refused(run, folder, recipe, listing):
    original = (folder / "style.wav").read_bytes()
    (folder / "style.wav").write_bytes((folder / "other.wav").read_bytes())
    before = listing()
    said = run("rerun", recipe, "-o", folder / "again.wav")
    assert said.code == 2
    assert f"style.wav has changed since {recipe} was written: its SHA-256 is" in said.err
    assert listing() == before
    (folder / "style.wav").unlink()
    said = run("rerun", recipe, "-o", folder / "again.wav")
    assert (said.code, "style.wav does not exist" in said.err) == (2, True)
    (folder / "style.wav").write_bytes(original)
    assert run("rerun", recipe, "-o", folder / "again.wav").code == 0


def test_other_samples_are_explained(run, folder, recipe):
    report = json.loads(recipe.read_text())
    output = report["output"] | {"samples_sha256": "0" * 64}
    edit(recipe, output=output)
    said = run("rerun", recipe, "-o", folder / "1.wav")
    assert said.code == 0
    assert "the samples differ from the first time: versions are the same" in said.err
    edit(recipe, versions=report["versions"] | {"torch": "1.0"})
    said = run("rerun", recipe, "-o", folder / "2.wav")
    assert "the samples differ from the first time: torch 1.0 then, " in said.err
    edit(recipe, is_complete=False)
    said = run("rerun", recipe, "-o", folder / "3.wav")
    assert "warning: the recipe is of a run that was stopped early" in said.err
    assert "one of the two runs was stopped early" in said.err


def test_recipes_that_cannot_be_rendered(run, folder, recipe):
    (folder / "broken.json").write_text('{"format": 1}')
    (folder / "list.json").write_text("[")
    report = json.loads(recipe.read_text())
    for name, message in [
        ("nowhere.json", "nowhere.json cannot be read as a recipe"),
        ("broken.json", "is not a recipe of estilo: "),
        ("list.json", "is not a recipe of estilo, nor any JSON"),
        ("content.wav", "cannot be read as a recipe"),
    ]:
        said = run("rerun", folder / name, "-o", folder / "again.wav")
        assert (said.code, message in said.err) == (2, True), said.err
    edit(recipe, content=report["content"] | {"path": None})
    said = run("rerun", recipe, "-o", folder / "again.wav")
    assert (said.code, "came from a program, not from files" in said.err) == (2, True)
    edit(recipe, content=report["content"], output=report["output"] | {"path": None})
    said = run("rerun", recipe)
    assert (said.code, "name one with -o" in said.err) == (2, True)
    settings = report["plan"]["settings"] | {"n_steps": 0}
    edit(recipe, plan=report["plan"] | {"settings": settings}, output=report["output"])
    said = run("rerun", recipe, "-o", folder / "again.wav")
    assert (said.code, "n_steps" in said.err) == (2, True)


def write_tiny(path, *, seed):
    small = GeneratorSettings(n_channels=8, n_vector=4, n_key=4, n_value=4, dilations=(1,))
    card = ModelCard(name="Tiny", licence="CC0-1.0", generator=small.model_dump(mode="json"))
    torch.manual_seed(seed)
    write_weights(path, Network(small), card, force=True)


def test_weights_are_found_from_any_folder_and_refused_when_exchanged(
    run, transfer, folder, monkeypatch
):
    monkeypatch.chdir(folder)
    write_tiny(folder / "w.safetensors", seed=1)
    assert transfer("--engine", "neural", "--set", "weights=w.safetensors", steps=()).code == 0
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    said = run("rerun", folder / "out.wav.json", "-o", folder / "again.wav")
    assert "identical" in said.err, said.err
    write_tiny(folder / "w.safetensors", seed=2)
    said = run("rerun", folder / "out.wav.json", "-o", folder / "third.wav")
    assert said.code == 2
    assert "w.safetensors holds other weights than when" in " ".join(said.err.split())
    assert not (folder / "third.wav").exists()


def test_other_weights_of_estilo_are_named_as_the_reason(run, transfer, folder):
    assert transfer("--engine", "neural", "--set", "level_matching=0", steps=()).code == 0
    recipe = folder / "out.wav.json"
    report = json.loads(recipe.read_text())
    output = report["output"] | {"samples_sha256": "0" * 64}
    edit(recipe, weights_id="0123456789abcdef", output=output)
    said = run("rerun", recipe, "-o", folder / "again.wav")
    assert said.code == 0, said.err
    told = " ".join(said.err.split())
    assert "the weights that come with estilo are others (0123456789abcdef then" in told
