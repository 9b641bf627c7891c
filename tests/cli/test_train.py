import os
import signal
from dataclasses import replace

import pytest
from networks import write_small
from tiny_training import QuickValidation, make_dataset, tiny

from estilo.datasets.manifest import read_manifest, write_manifest
from estilo.engines.neural.weights import read_weights
from estilo.training import recipe as recipes
from estilo.training import records, step
from estilo.training.logs import read_log
from estilo.training.state import load_checkpoint

RECIPE = """
data = ["{data}"]
n_steps = {n_steps}
checkpoint_every = 2
validate_every = 2
half_precision = false
[model]
n_channels = 16
n_vector = 8
n_key = 8
n_value = 8
dilations = [1, 2]
[batch]
size = 4
n_frames = 32
n_style_frames = 48
[optimiser]
name = "adam"
rate = 1e-3
average = 0.9
warmup = 0
[adversarial]
from_step = 2
"""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return make_dataset(tmp_path_factory.mktemp("data"))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("estilo.training.logs._board", lambda folder, step: None)
    monkeypatch.setattr(records, "validation", lambda folders: QuickValidation())


@pytest.fixture
def recipe(tmp_path, dataset):
    def recipe(n_steps=4, data=dataset):
        path = tmp_path / "tiny.toml"
        path.write_text(RECIPE.format(data=data, n_steps=n_steps))
        return path

    return recipe


def test_a_training_names_its_weights_on_stdout_and_the_rest_on_stderr(run, recipe, tmp_path):
    out = tmp_path / "out"
    said = run("train", recipe(), "-o", out, "--name", "My net", "--licence", "CC0-1.0")
    assert said.code == 0, said.err
    assert said.out == f"{out / 'best.safetensors'}\n"
    assert "step 2: validation: score " in said.err
    assert "step 4 of 4: loss " in said.err
    assert "% of it reading" in said.err
    assert "4 steps in " in said.err
    _, card = read_weights(out / "best.safetensors")
    assert (card.name, card.licence, card.seed) == ("My net", "CC0-1.0", 1)
    assert card.data == ("estilo's synthesiser (CC0-1.0): 0.0033 h",)  # 8 clips of 1.5 s
    assert card.command.startswith("estilo")
    assert "cores" in card.hardware
    assert [line["step"] for line in read_log(out)] == [1, 2, 3, 4]


def test_quiet_says_nothing(run, recipe, tmp_path):
    said = run("train", recipe(1), "-o", tmp_path / "out", "-q")
    assert (said.code, said.out, said.err) == (0, "", "")


def test_stopped_it_says_how_to_go_on_and_goes_on(run, recipe, tmp_path, dataset, monkeypatch):
    out, real, n = tmp_path / "out", step.take_step, iter(range(100))

    def stopping(*args, **settings):
        if next(n) == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return real(*args, **settings)

    with monkeypatch.context() as patch:
        patch.setattr("estilo.training.loop.take_step", stopping)
        said = run("train", recipe(), "-o", out)
    assert said.code == 130
    assert said.out == ""
    assert f"cancelled; {out / 'checkpoint.pt'} is kept: go on with --resume" in said.err
    assert load_checkpoint(out / "checkpoint.pt", tiny(dataset)).step == 3
    refused = run("train", recipe(), "-o", out)
    assert refused.code == 2
    assert "holds a training already; go on with it (--resume)" in refused.err
    again = run("train", recipe(), "-o", out, "--resume")
    assert again.code == 0, again.err
    assert "1 steps in " in again.err
    assert [line["step"] for line in read_log(out)] == [1, 2, 3, 4]


def test_another_recipe_cannot_go_on(run, recipe, tmp_path):
    out = tmp_path / "out"
    run("train", recipe(1), "-o", out, "-q")
    path = recipe(2)
    path.write_text(path.read_text().replace("warmup = 0", "warmup = 5"))
    said = run("train", path, "-o", out, "--resume")
    assert said.code == 2
    assert "begun with another recipe (optimiser.warmup 0)" in said.err


@pytest.mark.filterwarnings("default:there are no pairs")
def test_fine_tuning_on_recordings(run, tmp_path, dataset, monkeypatch):
    # As recordings of one's own are: without phrases.
    mine = tmp_path / "mine"
    mine.mkdir()
    for each in dataset.iterdir():
        if each.name != "manifest.jsonl":
            (mine / each.name).symlink_to(each)
    source = f"sha256:{'0' * 64} secret name.wav"
    clips = [replace(clip, phrase="", source=source) for clip in read_manifest(dataset)]
    write_manifest(mine, clips)
    weights = write_small(tmp_path / "small.safetensors")
    monkeypatch.setattr(records, "validation", lambda folders: None)
    short = {"n_steps": 2, "batch": tiny(dataset).batch, "half_precision": False}
    real = recipes.read_recipe
    monkeypatch.setattr(recipes, "read_recipe", lambda name: real(name).model_copy(update=short))
    out = tmp_path / "tuned"
    said = run("train", "--fine-tune", mine, "--weights", weights, "-o", out)
    assert said.code == 0, said.err
    assert "warning: there are no pairs in a validation split" in said.err
    network, card = read_weights(out / "best.safetensors")
    assert network.generator.settings == read_weights(weights)[0].generator.settings
    assert card.data == ("recordings (CC0-1.0): 0.0033 h",)
    assert "secret" not in card.model_dump_json()
    assert card.steps == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a recipe (base, half-hour, or a TOML file), or a dataset with --fine-tune"),
        (["fine-tune"], "the recipe fine-tune names no data"),
        (["nothing.toml"], "nothing.toml cannot be read (No such file"),
        (["base", "--threads", 0], "--threads must be 1 or more, got 0"),
        (
            ["--fine-tune", "mine", "--weights", "none.safetensors"],
            "none.safetensors does not exist",
        ),
        (["base", "--device", "cuda"], "no CUDA GPU is at hand; use cpu"),
    ],
)
def test_what_is_wrong_is_told(run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    said = run("train", *arguments)
    assert said.code == 2
    assert message in said.err
    assert list(tmp_path.iterdir()) == []


def test_data_that_is_not_there(run, recipe, tmp_path):
    said = run("train", recipe(data="no/such/folder"), "-o", tmp_path / "out")
    assert said.code == 2
    assert "no/such/folder/manifest.jsonl cannot be read (No such file or directory)" in said.err
    assert "make a dataset with 'estilo data synth'" in said.err
    assert not (tmp_path / "out").exists()


def test_a_file_in_place_of_the_folder(run, recipe, tmp_path):
    (tmp_path / "out").write_text("mine")
    said = run("train", recipe(), "-o", tmp_path / "out")
    assert said.code == 2
    assert "out cannot be written" in said.err
    assert (tmp_path / "out").read_text() == "mine"
