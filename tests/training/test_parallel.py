import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny_training import CARD, tiny

from estilo.models.network import Network
from estilo.training.batches import Batches
from estilo.training.features import LevelStore
from estilo.training.loading import Loader
from estilo.training.logs import read_log
from estilo.training.loop import train
from estilo.training.parallel import Team, team
from estilo.training.recipe import AdversarialPart, BatchPart, OptimiserPart
from estilo.training.state import load_checkpoint

PROGRAM = """
import math, sys
from pathlib import Path
sys.path.append({helpers!r})
import torch
from tiny_training import CARD, SMALL_JUDGE, QuickValidation
from estilo.training import logs, records, state, step
from estilo.training.loop import train
from estilo.training.parallel import team
from estilo.training.recipe import Recipe

torch.set_num_threads(1)
state.MultiScaleDiscriminator = SMALL_JUDGE
records.validation = lambda folders: QuickValidation()
logs._board = lambda folder, step: None
real, n = step.objective, 0

def poisoned(*args, **settings):
    global n
    loss, figures = real(*args, **settings)
    n += 1
    return (loss * math.nan if own.rank == 1 and n in poison else loss), figures

step.objective = poisoned
with team("cpu") as (own, device):
    for recipe, folder, poison in {trainings!r}:
        recipe, folder, n = Recipe.model_validate_json(recipe), Path(folder), 0
        end = train(recipe, folder, card=CARD, team=own, device=device)
        torch.save(end.network.state_dict(), folder / f"rank{{own.rank}}.pt")
        assert end.step == recipe.n_steps
"""


@pytest.fixture(scope="module")
def recipes(dataset):
    """Trainings, and the steps at which the loss of the second process is no number."""
    # Three examples, of which the first process has two; weights go some 1e-3.
    uneven = tiny(
        dataset,
        n_steps=3,
        checkpoint_every=1,
        batch=BatchPart(size=3, n_frames=32, n_style_frames=48, paired=0.4, unpaired=0.4),
        optimiser=OptimiserPart(name="adam", warmup=0, rate=3e-4),
        adversarial=AdversarialPart(from_step=0, matching=0.0),
    )
    return {"uneven": (uneven, ()), "failing": (tiny(dataset, n_steps=5), (3, 4, 5))}


@pytest.fixture(scope="module")
def by_two(recipes, tmp_path_factory):
    """Folders of the trainings, done by two processes that are started once."""
    folder = tmp_path_factory.mktemp("two")
    trainings = []
    for name, (recipe, poison) in recipes.items():
        (folder / name).mkdir()
        trainings.append((recipe.model_dump_json(), str(folder / name), poison))
    program = folder / "program.py"
    helpers = str(Path(__file__).parents[1] / "helpers")
    program.write_text(PROGRAM.format(helpers=helpers, trainings=trainings))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", str(program)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return {name: folder / name for name in recipes}


def weights_of_both(folder):
    return [torch.load(folder / f"rank{rank}.pt", weights_only=True) for rank in range(2)]


# Sums in another order round otherwise, and Adam divides by them: 1.2e-5 on some processors.
_ROUNDING = 2e-5
_WITHOUT_GRADIENT = {"generator.style_encoder.keys.bias", "generator.style_encoder.attention.bias"}


@pytest.mark.slow
@pytest.mark.usefixtures("quick", "no_board")
def test_two_processes_learn_what_one_does(recipes, by_two, tmp_path):
    recipe, together = recipes["uneven"][0], by_two["uneven"]
    alone = train(recipe, tmp_path, card=CARD)
    first, second = weights_of_both(together)
    for name, each in alone.network.state_dict().items():
        assert torch.equal(first[name], second[name]), name
        # A bias before a softmax has no gradient but rounding, which Adam makes steps of.
        if name not in _WITHOUT_GRADIENT:
            torch.testing.assert_close(first[name], each, atol=_ROUNDING, rtol=0)
    judge = load_checkpoint(together / "checkpoint.pt", recipe).judge.state_dict()
    for name, each in alone.judge.state_dict().items():
        torch.testing.assert_close(judge[name], each, atol=_ROUNDING, rtol=0)
    for mine, theirs in zip(read_log(tmp_path), read_log(together), strict=True):
        for name in ("loss", "gradient", "judge_gradient"):
            assert mine[name] == pytest.approx(theirs[name], rel=1e-4)


@pytest.mark.slow
def test_what_fails_in_one_process_is_taken_back_in_all(by_two):
    first, second = weights_of_both(by_two["failing"])
    assert all(torch.equal(each, second[name]) for name, each in first.items())
    lines = read_log(by_two["failing"])
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 2, 3, 4, 5]
    assert lines[4]["rolled_back_from"] == 5


def test_alone_there_is_nothing_to_share():
    with team("cpu") as (own, device):
        assert (own, device) == (Team(0, 1), "cpu")
    module = torch.nn.Linear(2, 2)
    own.add_gradients(module)
    assert module.weight.grad is None
    assert own.total(3.5, device="cpu") == 3.5


@pytest.fixture
def batches(dataset):
    recipe = tiny(dataset)
    return Batches(
        recipe.data,
        split="train",
        settings=recipe.batch,
        seed=1,
        store=LevelStore(Network(recipe.model)),
    )


@pytest.mark.parametrize("n_ahead", [0, 3])
def test_batches_come_by_their_steps_wherever_a_training_goes(batches, n_ahead):
    with Loader(batches, n_steps=9, device="cpu", team=Team(1, 2), n_ahead=n_ahead) as loader:
        for step in (0, 1, 2, 3, 1, 2, 6, 7, 8, 0):
            expected = batches.batch(step, rank=1, n_ranks=2)
            for one, other in zip(loader.batch(step), expected, strict=True):
                assert torch.equal(one, other)


def test_batches_are_read_ahead_but_not_beyond_the_end(batches, monkeypatch):
    asked, real = set(), batches.batch

    def batch(step, **share):
        asked.add(step)
        return real(step, **share)

    monkeypatch.setattr(batches, "batch", batch)
    with Loader(batches, n_steps=4, device="cpu", team=Team(), n_ahead=8) as loader:
        for step in range(4):
            loader.batch(step)
    assert asked == {0, 1, 2, 3}


def test_what_fails_while_reading_ahead_comes_out(batches, monkeypatch):
    def batch(step, **share):
        raise OSError("the disk is gone")

    monkeypatch.setattr(batches, "batch", batch)
    with (
        Loader(batches, n_steps=4, device="cpu", team=Team(), n_ahead=2) as loader,
        pytest.raises(OSError, match="the disk is gone"),
    ):
        loader.batch(0)
