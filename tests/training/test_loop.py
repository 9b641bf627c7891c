import math
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import torch
from tiny_training import CARD, QuickValidation, tiny

from estilo.engines.neural.weights import read_weights
from estilo.errors import DivergenceError, InputError, OutputError, SettingsError
from estilo.models.settings import GeneratorSettings
from estilo.training import records, step
from estilo.training.batches import Batches
from estilo.training.features import LevelStore
from estilo.training.logs import read_log
from estilo.training.loop import train
from estilo.training.objective import make, objective
from estilo.training.parallel import Team
from estilo.training.recipe import AdversarialPart, BatchPart, OptimiserPart
from estilo.training.state import Origin, begin, load_checkpoint

pytestmark = pytest.mark.usefixtures("quick", "no_board")


class StopAfter:
    """A cancel token that is set after some questions."""

    def __init__(self, n):
        self.n = n

    def is_set(self):
        self.n -= 1
        return self.n < 0


def run(recipe, folder, **options):
    folder.mkdir(exist_ok=True)
    return train(recipe, folder, card=CARD, **options)


def everything(state):
    """All that a state holds but the time it took."""
    parts = [state.network.state_dict(), state.average, state.judge.state_dict()]
    parts += [each.state_dict() for each in (state.optimiser, state.judge_optimiser)]
    return [state.step, state.rate_scale, state.best, *leaves(parts)]


def leaves(tree):
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, list | tuple):
        return [leaf for each in tree for leaf in leaves(each)]
    return [tree]


def assert_same(one, other):
    for a, b in zip(everything(one), everything(other), strict=True):
        assert torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


def figures_of(folder):
    """The log without its times."""
    return [
        {name: value for name, value in line.items() if not name.endswith("_s")}
        for line in read_log(folder)
    ]


def loss_on_other_batches(network, recipe):
    store = LevelStore(network)
    settings, seed = recipe.batch, recipe.seed
    batches = Batches(recipe.data, split="train", settings=settings, seed=seed, store=store)
    batch = batches.examples(range(10_000, 10_048))
    with torch.no_grad():
        made = make(network, batch)
        return float(objective(made, batch, recipe.loss, bands=network.bands, n_examples=48)[0])


@pytest.mark.parametrize(
    ("name", "rate", "share"),
    [("adam", 8e-3, 0.8), ("rmsprop", 5e-4, 0.93), ("muon", 2e-2, 0.85)],
)
def test_the_loss_falls(dataset, tmp_path, name, rate, share):
    recipe = tiny(
        dataset,
        n_steps=30,
        validate_every=99,
        checkpoint_every=99,
        batch=BatchPart(size=8, n_frames=32, n_style_frames=48, equaliser_db=3.0),
        optimiser=OptimiserPart(name=name, rate=rate, warmup=5),
        adversarial=AdversarialPart(),
    )
    before = loss_on_other_batches(begin(recipe).network, recipe)
    state = run(recipe, tmp_path)
    assert loss_on_other_batches(state.network, recipe) < share * before
    assert len(read_log(tmp_path)) == 30


PROGRAM = """
import os, signal, sys
from pathlib import Path
sys.path.append({helpers!r})
from tiny_training import CARD, SMALL_JUDGE, QuickValidation, tiny
from estilo.io import hidden
from estilo.training import logs, records, state
from estilo.training.loop import train

publish, n = hidden.Claim.publish, 0

def dying(claim, *, force):
    global n
    n += claim._targets[0].name == "checkpoint.pt"
    if n == 3:  # the first, that of step 2, and amid that of step 4
        os.kill(os.getpid(), signal.SIGKILL)
    publish(claim, force=force)

hidden.Claim.publish = dying
state.MultiScaleDiscriminator = SMALL_JUDGE
records.validation = lambda folders: QuickValidation()
logs._board = lambda folder, step: None
train(tiny(Path({data!r})), Path({folder!r}), card=CARD)
"""


@pytest.fixture(scope="module")
def uninterrupted(dataset, tmp_path_factory):
    """A training that nothing stops, done by the first test that asks, and its folder."""
    folder = tmp_path_factory.mktemp("whole")
    return cache(lambda: (run(tiny(dataset), folder), folder))


def test_killed_amid_a_checkpoint_and_resumed_is_as_if_nothing_had_been(
    dataset, tmp_path, uninterrupted
):
    killed = tmp_path / "killed"
    killed.mkdir()
    helpers = str(Path(__file__).parents[1] / "helpers")
    program = PROGRAM.format(helpers=helpers, data=str(dataset), folder=str(killed))
    process = subprocess.run([sys.executable, "-c", program], check=False)
    assert process.returncode == -signal.SIGKILL
    assert [line["step"] for line in read_log(killed)] == [1, 2, 3, 4]
    assert list(killed.glob(".estilo-*.part"))
    assert load_checkpoint(killed / "checkpoint.pt", tiny(dataset)).step == 2
    resumed = run(tiny(dataset), killed, resume=True)
    state, whole = uninterrupted()
    assert resumed.step == 7
    assert_same(resumed, state)
    assert figures_of(killed) == figures_of(whole)
    assert not list(killed.glob(".estilo-*.part"))
    best, other = (read_weights(each / "best.safetensors") for each in (killed, whole))
    assert best[1].steps == other[1].steps
    for name, each in best[0].named_parameters():
        assert torch.equal(each, other[0].get_parameter(name))


def test_stopped_twice_and_resumed_is_as_if_nothing_had_been(dataset, tmp_path, uninterrupted):
    first = run(tiny(dataset), tmp_path / "a", cancel=StopAfter(3))
    assert first.step == 3
    assert load_checkpoint(tmp_path / "a/checkpoint.pt", tiny(dataset)).step == 3
    second = run(tiny(dataset), tmp_path / "a", resume=True, cancel=StopAfter(2))
    assert second.step == 5
    assert second.seconds > first.seconds > 0
    resumed = run(tiny(dataset), tmp_path / "a", resume=True)
    state, whole = uninterrupted()
    assert_same(resumed, state)
    assert figures_of(tmp_path / "a") == figures_of(whole)


def test_a_training_that_is_done_stays_done(dataset, tmp_path):
    done = run(tiny(dataset, n_steps=2), tmp_path)
    again = run(tiny(dataset, n_steps=2), tmp_path, resume=True)
    assert_same(done, again)
    assert len(read_log(tmp_path)) == 2
    longer = run(tiny(dataset, n_steps=3), tmp_path, resume=True)
    assert longer.step == 3
    with pytest.raises(SettingsError, match="is at step 3, and the recipe ends at step 2; give"):
        run(tiny(dataset, n_steps=2), tmp_path, resume=True)
    assert len(read_log(tmp_path)) == 3


def test_without_resume_it_begins_anew(dataset, tmp_path):
    first = run(tiny(dataset, n_steps=2), tmp_path)
    assert_same(run(tiny(dataset, n_steps=2), tmp_path), first)
    assert len(read_log(tmp_path)) == 2


def test_another_recipe_is_refused(dataset, tmp_path):
    run(tiny(dataset, n_steps=1), tmp_path)
    with pytest.raises(InputError, match=r"begun with another recipe \(seed 1 then, 2 now\)"):
        run(tiny(dataset, n_steps=1, seed=2), tmp_path, resume=True)


@pytest.fixture
def poisoned(monkeypatch):
    """A function: from now on the loss is NaN at these calls of the step (0 the first)."""

    def poisoned(calls, name="objective"):
        real, n = getattr(step, name), iter(range(10**6))

        def loss(*args, **settings):
            out = real(*args, **settings)
            if next(n) not in calls:
                return out
            return (out[0] * math.nan, out[1]) if isinstance(out, tuple) else out * math.nan

        monkeypatch.setattr(step, name, loss)

    return poisoned


def test_a_step_that_is_not_finite_changes_nothing(dataset, tmp_path, poisoned):
    kept = []
    poisoned({3})
    recipe = tiny(dataset, checkpoint_every=1)

    def keep(number, figures):
        kept.append(load_checkpoint(tmp_path / "checkpoint.pt", recipe))

    state = run(recipe, tmp_path, on_step=keep)
    assert kept[3].step == 3  # amid failures none is kept
    assert kept[4].step == 5
    lines = read_log(tmp_path)
    assert lines[3]["loss"] is None
    assert lines[3]["gradient"] is None
    assert "judge" not in lines[3]
    assert "judge" in lines[4]
    assert state.rate_scale == 1.0
    assert all(each.isfinite().all() for each in state.average.values())


def test_three_in_a_row_go_back_to_the_checkpoint_in_smaller_steps(dataset, tmp_path, poisoned):
    poisoned({3, 4, 5})
    seen = []
    state = run(tiny(dataset), tmp_path, on_step=lambda number, figures: seen.append(number))
    assert seen == [1, 2, 3, 4, 5, 2, 3, 4, 5, 6, 7]
    assert state.rate_scale == 0.5
    lines = read_log(tmp_path)
    assert [line.get("rolled_back_from") for line in lines] == [None] * 5 + [6] + [None] * 5
    assert lines[6]["rate"] == 0.5 * lines[2]["rate"]
    assert lines[6]["loss"] == lines[2]["loss"]  # the same weights and the same batch
    assert state.step == 7


def test_the_first_steps_go_back_to_the_beginning(dataset, tmp_path, poisoned):
    poisoned({0, 1, 2})
    seen = []
    state = run(tiny(dataset, n_steps=4), tmp_path, on_step=lambda *each: seen.append(each[0]))
    assert seen == [1, 2, 0, 1, 2, 3, 4]
    assert state.rate_scale == 0.5


def test_failures_across_a_checkpoint_go_back_before_them(dataset, tmp_path, poisoned):
    poisoned({2, 3, 4})  # step 4, amid them, would be kept
    seen = []
    run(tiny(dataset), tmp_path, on_step=lambda number, figures: seen.append(number))
    assert seen == [1, 2, 3, 4, 2, 3, 4, 5, 6, 7]


def test_discriminators_that_fail_are_seen(dataset, tmp_path, poisoned):
    poisoned({1, 2, 3}, "discriminator_loss")
    seen = []
    state = run(tiny(dataset), tmp_path, on_step=lambda number, figures: seen.append(number))
    assert seen == [1, 2, 3, 4, 5, 2, 3, 4, 5, 6, 7]
    assert state.rate_scale == 0.5
    assert all(each.isfinite().all() for each in state.judge.parameters())


def test_what_never_gets_better_ends(dataset, tmp_path, poisoned):
    poisoned(range(4, 10**6))
    with pytest.raises(DivergenceError, match=r"not finite at step 7, .* 64 times as short"):
        run(tiny(dataset, n_steps=20), tmp_path)
    assert load_checkpoint(tmp_path / "checkpoint.pt", tiny(dataset)).step == 4


def test_a_rollback_does_not_forget_the_best(dataset, tmp_path, poisoned):
    poisoned({3, 4, 5})
    recipe = tiny(dataset, validate_every=1, checkpoint_every=3, n_steps=7)
    scores = iter([0.9, 0.8, 0.7, 0.1, 0.6, 0.5, 0.4, 0.3, 0.2, 0.15])

    class Scores(QuickValidation):
        def table(self, network):
            return {"score": next(scores)}, []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "validation", lambda folders: Scores())
        state = run(recipe, tmp_path)
    assert state.best == 0.1
    _, card = read_weights(tmp_path / "best.safetensors")
    assert (card.steps, card.table) == (4, {"score": 0.1})


def test_the_card_says_what_was_done(dataset, tmp_path):
    state = run(tiny(dataset, n_steps=3), tmp_path)
    network, card = read_weights(tmp_path / "best.safetensors")
    assert card.steps == 3
    assert card.name == "Tiny"
    assert card.hours == pytest.approx(state.seconds / 3600, abs=1e-4)
    assert GeneratorSettings(**card.generator) == tiny(dataset).model
    for name, each in network.named_parameters():
        torch.testing.assert_close(each, state.average[name], atol=1e-3, rtol=1e-3)


def test_without_pairs_in_a_validation_split_the_last_weights_are_written(
    dataset, tmp_path, monkeypatch
):
    monkeypatch.setattr(records, "validation", lambda folders: None)
    with pytest.warns(UserWarning, match="no pairs in a validation split.*the last ones"):
        run(tiny(dataset, n_steps=4), tmp_path)
    assert read_weights(tmp_path / "best.safetensors")[1].steps == 4
    assert "validation" not in read_log(tmp_path)[-1]


def test_a_score_that_is_no_number_keeps_the_last_weights(dataset, tmp_path, monkeypatch):
    class Deaf(QuickValidation):
        def table(self, network):
            return {"score": math.nan, "lsd": 1.0}, []

    monkeypatch.setattr(records, "validation", lambda folders: Deaf())
    run(tiny(dataset, n_steps=4), tmp_path)
    _, card = read_weights(tmp_path / "best.safetensors")
    assert (card.steps, card.table) == (4, {"lsd": 1.0})


def test_a_score_that_is_no_number_does_not_replace_the_best(dataset, tmp_path, monkeypatch):
    scores = iter([math.nan, 0.5, math.nan, 0.6, 0.4, math.nan])

    class Scores(QuickValidation):
        def table(self, network):
            return {"score": next(scores)}, []

    monkeypatch.setattr(records, "validation", lambda folders: Scores())
    cards = []

    def keep(number, figures):
        cards.append(read_weights(tmp_path / "best.safetensors")[1])

    state = run(tiny(dataset, n_steps=6, validate_every=1), tmp_path, on_step=keep)
    assert state.best == 0.4
    assert [card.steps for card in cards] == [1, 2, 2, 2, 5, 5]
    assert [card.table.get("score") for card in cards] == [None, 0.5, 0.5, 0.5, 0.4, 0.4]


def test_what_the_weights_begun_from_had_heard_stays_on_the_card(dataset, tmp_path, monkeypatch):
    scores = iter([0.9, 0.8, 0.7, 0.6, 0.5])

    class Scores(QuickValidation):
        def table(self, network):
            return {"score": next(scores)}, []

    monkeypatch.setattr(records, "validation", lambda folders: Scores())
    origin = Origin("Parent", "0123456789abcdef", ("rain (CC-BY-NC-4.0): 9 h",))
    card = CARD.model_copy(update={"data": ("wind (CC0-1.0): 1 h",)})
    everything_heard = ("rain (CC-BY-NC-4.0): 9 h", "wind (CC0-1.0): 1 h")
    recipe = tiny(dataset, validate_every=1, n_steps=3)
    for n_done, given in enumerate([origin, None, origin], 1):
        train(recipe, tmp_path, card=card, origin=given, resume=True, cancel=StopAfter(1))
        _, written = read_weights(tmp_path / "best.safetensors")
        assert (written.steps, written.data) == (n_done, everything_heard)


def test_a_rollback_does_not_forget_the_origin(dataset, tmp_path, poisoned):
    poisoned({3, 4, 5})
    origin = Origin("Parent", "0123456789abcdef")
    assert run(tiny(dataset), tmp_path, origin=origin).origin == origin


def test_a_full_disk_ends_it_with_the_checkpoint_before(dataset, tmp_path, monkeypatch):
    n = iter(range(100))
    real = records.save_checkpoint

    def full(*args, **settings):
        if next(n) == 2:
            raise OutputError("the disk is full")
        real(*args, **settings)

    monkeypatch.setattr(records, "save_checkpoint", full)
    with pytest.raises(OutputError, match="the disk is full"):
        run(tiny(dataset), tmp_path)
    assert load_checkpoint(tmp_path / "checkpoint.pt", tiny(dataset)).step == 2


def test_what_could_not_be_kept_is_refused_at_once(dataset, tmp_path):
    with pytest.raises(SettingsError, match=r"would take .* MiB, and files up to 25 MiB"):
        run(tiny(dataset, model=GeneratorSettings(n_channels=640)), tmp_path)
    with pytest.raises(SettingsError, match=r"cannot be kept: .*printable"):
        train(tiny(dataset), tmp_path, card=CARD.model_copy(update={"name": "\x1b[2J"}))


def test_more_processes_than_examples_are_refused(dataset, tmp_path):
    with pytest.raises(SettingsError, match="a batch of 4 cannot be shared by 5 processes"):
        run(tiny(dataset), tmp_path, team=Team(1, 5))
