import json
import os
import signal
from dataclasses import replace

import pytest
import torch
from networks import SMALL, small_card, small_network, write_small
from tiny_training import QuickValidation, make_dataset, tiny

from estilo.datasets.manifest import read_manifest, write_manifest
from estilo.engines.neural.weights import read_weights, write_weights
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
    assert "begun with another recipe (optimiser.warmup 0 then, 5 now)" in said.err


def test_what_is_done_is_said_to_be_and_less_is_refused(run, recipe, tmp_path):
    out = tmp_path / "out"
    run("train", recipe(2), "-o", out, "-q")
    done = run("train", recipe(2), "-o", out, "--resume")
    assert (done.code, done.out) == (0, f"{out / 'best.safetensors'}\n")
    assert "the training was finished already, at step 2; give n_steps more to go on" in done.err
    fewer = run("train", recipe(1), "-o", out, "--resume")
    assert (fewer.code, fewer.out) == (2, "")
    assert "is at step 2, and the recipe ends at step 1; give n_steps more" in fewer.err


@pytest.mark.parametrize("options", [[], ["--resume"]])
@pytest.mark.parametrize("name", ["best.safetensors", "log.jsonl"])
def test_what_a_training_left_is_not_written_over(run, recipe, tmp_path, name, options):
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_bytes(b"{}\n")
    said = run("train", recipe(1), "-o", out, *options)
    assert (said.code, said.out) == (2, "")
    assert f"{name} is there already, and no checkpoint.pt to go on from; name another" in said.err
    assert [each.read_bytes() for each in out.iterdir()] == [b"{}\n"]


def test_killed_before_the_first_checkpoint_it_begins_anew(run, recipe, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "log.jsonl").write_bytes(b"")
    assert run("train", recipe(1), "-o", out, "--resume", "-q").code == 0


HEARD = "rain (CC-BY-NC-4.0): 9 h"
OWN = "estilo's synthesiser (CC0-1.0): 0.0033 h"


def write_parent(path, **changes):
    card = small_card(name="Parent", data=(HEARD,))
    return write_weights(path, small_network(**changes), card)


def without_model(path):
    """The recipe as one that goes on from weights: sizes are theirs."""
    before, _, rest = path.read_text().partition("[model]")
    path.write_text(before + rest[rest.index("[batch]") :])
    return path


def test_what_the_weights_begun_from_had_heard_stays_on_the_card(run, recipe, tmp_path):
    out, parent = tmp_path / "out", write_parent(tmp_path / "parent.safetensors")
    begun = run("train", without_model(recipe(2)), "--weights", parent, "-o", out)
    assert begun.code == 0, begun.err
    assert read_weights(out / "best.safetensors")[1].data == (HEARD, OWN)
    for n_steps, options in ((4, []), (6, ["--weights", parent])):
        (out / "best.safetensors").unlink()
        forget_the_best(out / "checkpoint.pt")
        again = run("train", without_model(recipe(n_steps)), "-o", out, "--resume", *options)
        assert again.code == 0, again.err
        network, card = read_weights(out / "best.safetensors")
        assert card.data == (HEARD, OWN)
        assert network.generator.settings == SMALL


def forget_the_best(path):
    """The next weights are written, whatever their score is."""
    parts = torch.load(path, weights_only=True)
    torch.save(parts | {"best": float("inf")}, path)


def test_other_weights_beside_a_checkpoint_are_refused(run, recipe, tmp_path):
    out, parent = tmp_path / "out", write_parent(tmp_path / "parent.safetensors")
    other = write_small(tmp_path / "other.safetensors", seed=1)
    run("train", without_model(recipe(1)), "--weights", parent, "-o", out, "-q")
    before = (out / "checkpoint.pt").read_bytes()
    path = without_model(recipe(2))
    said = run("train", path, "--weights", other, "-o", out, "--resume")
    assert (said.code, said.out) == (2, "")
    assert "checkpoint.pt was begun from the weights Parent (" in said.err
    assert "not from the weights Small (" in said.err
    assert "leave the weights out, or name another folder" in said.err
    assert (out / "checkpoint.pt").read_bytes() == before
    # The parent need not be there any more.
    parent.unlink()
    assert run("train", path, "-o", out, "--resume", "-q").code == 0


def test_sizes_in_a_recipe_must_be_those_of_the_weights(run, recipe, tmp_path):
    out, parent = tmp_path / "out", write_parent(tmp_path / "parent.safetensors")
    path = recipe(1)
    said = run("train", path, "--weights", parent, "-o", out)
    assert said.code == 2
    assert f"[model] in the recipe is not that of {parent} (" in said.err
    assert "n_channels 16, there 8" in said.err
    assert "dilations" not in said.err
    assert not out.exists()
    small = SMALL.model_dump(mode="json")
    lines = "".join(f"{name} = {json.dumps(small[name])}\n" for name in ("n_channels", "n_key"))
    path = without_model(path)
    path.write_text(f"{path.read_text()}[model]\n{lines}")
    assert run("train", path, "--weights", parent, "-o", out, "-q").code == 0
    path.write_text(path.read_text().replace("n_channels = 8", "n_channels = 12"))
    again = run("train", path, "-o", out, "--resume")
    assert again.code == 2
    assert "n_channels 12, there 8" in again.err


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
        (["nothing.toml"], "nothing.toml does not exist"),
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
    assert "no/such/folder/manifest.jsonl does not exist" in said.err
    assert "make a dataset with 'estilo data synth'" in said.err
    assert not (tmp_path / "out").exists()


def test_a_file_in_place_of_the_folder(run, recipe, tmp_path):
    (tmp_path / "out").write_text("mine")
    said = run("train", recipe(), "-o", tmp_path / "out")
    assert said.code == 2
    assert "out cannot be written" in said.err
    assert (tmp_path / "out").read_text() == "mine"
