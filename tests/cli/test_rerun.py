import json
import os

import numpy as np
import pytest
import torch
from matplotlib.image import imsave

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
    assert (said.code, "style.wav does not exist" in " ".join(said.err.split())) == (2, True)
    (folder / "style.wav").write_bytes(original)
    assert run("rerun", recipe, "-o", folder / "again.wav").code == 0


@pytest.fixture
def moved(recipe, folder):
    """The folder with another name, so that no absolute path in the recipe leads anywhere."""
    return folder.rename(folder.with_name(f"{folder.name}-moved"))


def test_a_folder_that_was_moved_renders_again(run, moved):
    (moved / "deeper").mkdir()
    for name in ("out.wav", "out.wav.json"):
        (moved / name).rename(moved / "deeper" / name)
    said = run("rerun", moved / "deeper" / "out.wav.json", "-o", moved / "again.wav")
    assert (said.code, "does not exist any more" in said.err) == (2, True), said.err
    for name in ("content.wav", "style.wav"):  # beside the recipe, where they were not before
        (moved / name).rename(moved / "deeper" / name)
    said = run("rerun", moved / "deeper" / "out.wav.json", "-o", moved / "again.wav")
    assert "identical" in said.err, said.err


def test_inputs_are_found_as_seen_from_the_recipe(run, folder, rng):
    for name in ("in", "made"):
        (folder / name).mkdir()
    for name in ("content.wav", "style.wav"):
        (folder / name).rename(folder / "in" / name)
    inputs = [folder / "in" / name for name in ("content.wav", "style.wav")]
    picture = folder / "in" / "mask.png"
    imsave(picture, rng.random((4, 4)))
    options = ("--mask", picture, "--set", "n_steps=1", "--no-scores")
    assert run("transfer", *inputs, "-o", folder / "made" / "out.wav", *options).code == 0
    new = folder.rename(folder.with_name(f"{folder.name}-moved"))
    said = run("rerun", new / "made" / "out.wav.json", "-o", new / "again.wav")
    assert "identical" in said.err, said.err
    assert run("plot", new / "made" / "out.wav.json").code == 0


def test_inputs_are_found_by_what_they_are_in_a_folder(run, moved):
    (moved / "deep" / "down").mkdir(parents=True)
    (moved / "content.wav").rename(moved / "deep" / "a.wav")
    (moved / "style.wav").rename(moved / "deep" / "down" / "b.wav")
    (moved / "other.wav").rename(moved / "deep" / "style.wav")  # of the name, but not the same
    os.mkfifo(moved / "deep" / "pipe.wav")
    recipe = moved / "out.wav.json"
    assert run("rerun", recipe, "-o", moved / "again.wav").code == 2
    said = run("rerun", recipe, "-o", moved / "again.wav", "--inputs", moved / "deep")
    assert "identical" in said.err, said.err
    again = estilo.rerun(recipe, inputs=moved / "deep").report
    assert again.content.path == str(moved / "deep" / "a.wav")
    said = run("rerun", recipe, "-o", moved / "b.wav", "--inputs", moved / "content.txt")
    assert (said.code, "is no folder" in said.err) == (2, True)


def test_a_file_of_the_old_name_does_not_take_the_place_of_the_one_that_moved(run, folder, recipe):
    (folder / "far").mkdir()
    for name in ("out.wav", "out.wav.json", "style.wav"):
        (folder / name).rename(folder / "far" / name)
    (folder / "other.wav").rename(folder / "style.wav")
    said = run("rerun", folder / "far" / "out.wav.json", "-o", folder / "again.wav")
    assert "identical" in said.err, said.err


def test_a_recipe_does_not_choose_where_files_go(run, folder, recipe):
    report = json.loads(recipe.read_text())
    target = folder / "precious" / "out.wav"
    target.parent.mkdir()
    edit(recipe, output=report["output"] | {"path": str(target)})
    assert run("rerun", recipe, "--force").code == 0
    assert list(target.parent.iterdir()) == []
    assert read_report(recipe).output.path == str(folder / "out.wav")


def test_a_recipe_beside_another_recording_is_told_apart(run, folder, recipe):
    said = run("plot", recipe)
    assert (said.code, "is not the file that" in said.err) == (0, False)
    (folder / "out.wav").write_bytes((folder / "other.wav").read_bytes())
    said = run("plot", recipe, "--force")
    assert "out.wav is not the file that" in " ".join(said.err.split())
    said = run("rerun", recipe, "-o", folder / "again.wav")
    assert "out.wav is not the file that" in " ".join(said.err.split())


def test_nothing_that_went_in_is_overwritten(run, folder, recipe, listing, rng):
    """By no spelling of a name and through no link."""
    picture, preset = folder / "mask.png", folder / "mine.toml"
    imsave(picture, rng.random((4, 4)))
    preset.write_text('summary = "Mine."\nengine = "eq"')
    (folder / "mask").mkdir()
    links = {
        "out.wav.png": picture,
        "mine.wav.json": preset,
        "recipe.wav": recipe,
        "content.wav.json": folder / "content.wav",
    }
    for name, given in links.items():
        (folder / name).symlink_to(given)
    os.link(picture, folder / "hard.wav.png")
    before = listing()
    inputs = [folder / "content.wav", folder / "style.wav"]
    spelled = folder / "mask" / ".." / "mask.png"
    made = ("--engine", "eq", "--no-scores", "--force")
    for arguments in (
        ("transfer", *inputs, "-o", folder / "out.wav", "--plot", "--mask", spelled, *made),
        ("transfer", *inputs, "-o", folder / "hard.wav", "--plot", "--mask", picture, *made),
        ("transfer", *inputs, "-o", folder / "content.wav", *made),
        ("transfer", *inputs, "-o", folder / "mine.wav", "--preset", preset, *made[2:]),
        ("rerun", recipe, "-o", folder / "recipe.wav", "--force"),
    ):
        said = run(*arguments)
        assert (said.code, "one of the inputs" in " ".join(said.err.split())) == (2, True), said
        assert listing() == before


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
        ("nowhere.json", "nowhere.json does not exist"),
        ("broken.json", "is not a recipe of estilo: "),
        ("list.json", "is not a recipe of estilo, nor any JSON"),
        ("content.wav", "is not a recipe of estilo"),
    ]:
        said = run("rerun", folder / name, "-o", folder / "again.wav")
        assert (said.code, message in said.err) == (2, True), said.err
    edit(recipe, content=report["content"] | {"path": None})
    said = run("rerun", recipe, "-o", folder / "again.wav")
    assert (said.code, "came through a pipe or from a program" in said.err) == (2, True)
    edit(recipe, content=report["content"])
    said = run("rerun", recipe.rename(folder / "recipe.json"))
    assert (said.code, "name the output with -o" in said.err) == (2, True)
    (folder / "recipe.json").rename(recipe)
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


def test_the_bitrate_is_the_recipes_in_the_same_format(run, transfer, folder):
    made = transfer("--engine", "crossfade", "--bitrate", 32, output="out.mp3", steps=())
    assert made.code == 0, made.err
    assert run("rerun", folder / "out.mp3.json", "-o", folder / "again.mp3").code == 0
    assert (folder / "again.mp3").read_bytes() == (folder / "out.mp3").read_bytes()
    assert run("rerun", folder / "out.mp3.json", "-o", folder / "again.wav").code == 0
    refused = transfer("--bitrate", 32, output="other.wav")
    assert (refused.code, "has no bitrate to choose" in refused.err) == (2, True)
