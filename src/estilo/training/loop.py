"""The training loop."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from estilo.engines.neural.weights import ModelCard
from estilo.errors import DivergenceError, SettingsError
from estilo.models.network import Network
from estilo.progress import Cancel
from estilo.training.batches import Batches
from estilo.training.features import LevelStore
from estilo.training.loading import Loader
from estilo.training.parallel import Team
from estilo.training.recipe import Recipe
from estilo.training.records import Records
from estilo.training.state import CHECKPOINT, Origin, TrainState, begin, load_checkpoint
from estilo.training.step import take_step

_PATIENCE = 3  # steps in a row without a finite gradient, before the last checkpoint is taken back
_SMALLEST = 1.0 / 64.0  # scale of the rate; when that does not help either, nothing will
_AHEAD = 8  # batches that are read while a GPU computes

OnStep = Callable[[int, dict[str, Any]], None]


def train(
    recipe: Recipe,
    folder: Path,
    *,
    card: ModelCard,
    weights: Network | None = None,
    origin: Origin | None = None,
    device: str = "cpu",
    team: Team | None = None,
    resume: bool = False,
    on_step: OnStep | None = None,
    cancel: Cancel | None = None,
) -> TrainState:
    """Train a network by a recipe.

    Every batch follows from the seed and the number of its step, and a checkpoint holds all else:
    on a processor a training that was killed and resumed gives the same weights, bit for bit, as
    one that was not.

    Args:
        recipe: everything that decides the result.
        folder: folder for the checkpoint, the log and the best weights.
        card: card of the weights. Steps, hours and scores are filled in, and what the weights that
            the training started from had heard.
        weights: weights to start from (fine-tuning); random ones when None.
        origin: where these weights come from; kept in the checkpoint.
        device: device to compute on.
        team: the processes that share the work.
        resume: go on from the folder's checkpoint where there is one.
        on_step: function that is called after every step, in every process.
        cancel: token that is asked before every step; a checkpoint is kept.

    Raises:
        InputError: the datasets are too small, or the checkpoint is not of this recipe, of these
            weights, or is beyond the recipe's last step.
        OutputError: a file cannot be written; the last checkpoint is still there.
        DivergenceError: the gradient is not finite, however small the steps are.
    """
    team, path = team or Team(), folder / CHECKPOINT
    if recipe.batch.size < team.size:
        raise SettingsError(
            f"a batch of {recipe.batch.size} cannot be shared by {team.size} processes; give "
            "batch.size more, or start fewer"
        )
    is_resumed = resume and path.is_file()
    if is_resumed:
        state = load_checkpoint(path, recipe, origin=origin, device=device)
        if state.step > recipe.n_steps:
            raise SettingsError(
                f"{path} is at step {state.step}, and the recipe ends at step {recipe.n_steps}; "
                "give n_steps more, or name another folder"
            )
    else:
        state = begin(recipe, weights=weights, origin=origin, device=device)
    batches = Batches(
        recipe.data,
        split="train",
        settings=recipe.batch,
        seed=recipe.seed,
        store=LevelStore(state.network),
    )
    n_ahead = 0 if device == "cpu" else _AHEAD
    with ExitStack() as stack:
        loader = stack.enter_context(
            Loader(batches, n_steps=recipe.n_steps, device=device, team=team, n_ahead=n_ahead)
        )
        records = None
        if team.is_first:
            records = stack.enter_context(Records(recipe, folder, card=card, state=state))
            if not is_resumed:
                records.keep(state)
        while state.step < recipe.n_steps:
            is_cancelled = cancel is not None and cancel.is_set()
            if team.total(is_cancelled, device=device):
                if records is not None:
                    records.keep(state)
                break
            begun = time.perf_counter()
            batch = loader.batch(state.step)
            load_s = time.perf_counter() - begun
            figures: dict[str, Any] = dict(take_step(state, batch, recipe, team=team))
            step_s = time.perf_counter() - begun
            state.seconds += step_s
            figures |= {"load_s": load_s, "step_s": step_s}
            if state.n_bad >= _PATIENCE:
                figures["rolled_back_from"] = state.step
                state = _rolled_back(state, recipe, path)
            if records is not None:
                figures = records.take(state, figures)
            if on_step is not None:
                on_step(state.step, figures)
        team.wait()
    return state


def _rolled_back(state: TrainState, recipe: Recipe, path: Path) -> TrainState:
    """The last checkpoint, which from now on is left in smaller steps."""
    scale = 0.5 * state.rate_scale
    if scale < _SMALLEST:
        raise DivergenceError(
            f"the gradient was not finite at step {state.step}, though the steps were made "
            f"{1.0 / state.rate_scale:.0f} times as short; begin anew with a lower optimiser.rate, "
            "and listen to the data"
        )
    before = load_checkpoint(path, recipe, device=state.device)
    before.rate_scale = scale
    before.best, before.seconds = min(state.best, before.best), state.seconds
    return before
