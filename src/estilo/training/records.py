"""The files that a training writes: log, checkpoints, and the weights with the best score."""

import math
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from estilo.engines.neural.weights import MAX_BYTES, ModelCard, write_weights
from estilo.errors import SettingsError
from estilo.io.hidden import sweep
from estilo.io.tensor_headers import make_header, parse_header
from estilo.models.network import SAMPLE_RATE, Network
from estilo.training.logs import Log
from estilo.training.recipe import Recipe
from estilo.training.state import CHECKPOINT, TrainState, save_checkpoint
from estilo.training.validation import validation

BEST = "best.safetensors"
_N_SOUNDS = 4  # triplets that are heard in TensorBoard


class Records:
    """Write the log, the checkpoints and the best weights, in the first of the processes.

    Args:
        recipe: recipe of the training.
        folder: folder of the files.
        card: card of the weights. Steps, hours and scores are filled in, and what was heard before.
        state: state that the training starts from.

    Raises:
        SettingsError: such weights could not be kept.
        OutputError: the log cannot be written.
    """

    def __init__(self, recipe: Recipe, folder: Path, *, card: ModelCard, state: TrainState) -> None:
        if state.origin is not None:
            card = card.model_copy(update={"data": (*state.origin.data, *card.data)})
        _check(card, state.network)
        sweep(folder)
        self._recipe, self._folder, self._card = recipe, folder, card
        self._validation = validation(recipe.data)
        if self._validation is None:
            warnings.warn(
                "there are no pairs in a validation split, by which weights could be judged: the "
                f"last ones will be written to {folder / BEST}",
                stacklevel=2,
            )
        self._log = Log(folder, step=state.step)
        if self._validation is not None and state.step == 0:
            for place, triplet in enumerate(self._validation.triplets[:_N_SOUNDS]):
                for name, waveform in triplet._asdict().items():
                    self._log.sound(0, f"{name}/{place}", waveform, sample_rate=SAMPLE_RATE)

    def __enter__(self) -> Self:
        self._log.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._log.__exit__(*error)

    def keep(self, state: TrainState) -> None:
        """Write a checkpoint, unless steps have just failed: going back to it would not help."""
        if state.n_bad == 0:
            save_checkpoint(state, self._folder / CHECKPOINT, recipe=self._recipe)

    def take(self, state: TrainState, figures: Mapping[str, Any]) -> dict[str, Any]:
        """Do what is due after a step: log, validate, write a checkpoint.

        Args:
            state: state after the step.
            figures: figures of the step.

        Returns:
            The figures, and what the validation said.
        """
        figures = dict(figures)
        was_rolled_back = "rolled_back_from" in figures
        is_last = state.step == self._recipe.n_steps
        if not was_rolled_back and (is_last or state.step % self._recipe.validate_every == 0):
            figures |= self._validate(state)
        self._log.write(state.step, figures)
        if was_rolled_back or is_last or state.step % self._recipe.checkpoint_every == 0:
            self.keep(state)
        return figures

    def _validate(self, state: TrainState) -> dict[str, Any]:
        """The table of the averaged weights, which are kept if they are the best so far."""
        network = state.averaged()
        if self._validation is None:
            self._keep_weights(state, network, {})
            return {}
        table, outputs = self._validation.table(network)
        score, had_none = table["score"], not math.isfinite(state.best)
        if score < state.best or had_none:  # as long as there is no score the last are kept
            state.best = state.best if math.isnan(score) else score
            self._keep_weights(state, network, table)
        for place, output in enumerate(outputs[:_N_SOUNDS]):
            self._log.sound(state.step, f"output/{place}", output, sample_rate=SAMPLE_RATE)
        return {"validation": table}

    def _keep_weights(
        self, state: TrainState, network: Network, table: Mapping[str, float]
    ) -> None:
        update = {
            "steps": state.step,
            "hours": round(state.seconds / 3600.0, 4),
            "table": {name: round(each, 4) for name, each in table.items() if math.isfinite(each)},
        }
        card = self._card.model_copy(update=update)
        write_weights(self._folder / BEST, network, card, force=True)


def _check(card: ModelCard, network: Network) -> None:
    """Refuse at once what would be refused when the first weights are written."""
    n_bytes = 2 * sum(each.numel() for each in network.parameters())
    if n_bytes > 0.99 * MAX_BYTES:
        raise SettingsError(
            f"weights of this network would take {n_bytes / 2**20:.1f} MiB, and files up to "
            f"{MAX_BYTES / 2**20:.0f} MiB are read; give [model] smaller sizes"
        )
    try:
        parse_header(make_header({}, card.model_dump(mode="json")), 0)
    except ValueError as error:
        raise SettingsError(f"name, licence or command cannot be kept: {error}") from error
