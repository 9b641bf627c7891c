"""The loss of a batch: terms, weights, and what applies to which kind of example."""

from typing import NamedTuple

import torch
from torch import Tensor

from estilo.models import losses
from estilo.models.bands import Bands
from estilo.models.network import Network
from estilo.models.style_encoder import StyleCode
from estilo.nn import CELL, State
from estilo.training.batches import UNPAIRED, Batch
from estilo.training.recipe import LossPart

_MEMORY = 3.0  # standard deviation of a cell that something was played before


class Made(NamedTuple):
    """What a network made of a batch.

    Args:
        levels: levels of the outputs, ``(batch, n_frames, n_bands)``.
        code: codes of the styles.
        notes: logits of the notes that were heard, see `Batch.notes`.
        cells: cells of the LSTMs at the end, ``(batch, n_cells)``.
    """

    levels: Tensor
    code: StyleCode
    notes: Tensor
    cells: Tensor


def make(network: Network, batch: Batch) -> Made:
    """Outputs for a batch; every other example is treated as if something had been played before.

    What that was is drawn at random: nothing of it may matter for long, or an LSTM could go on
    counting in a stream of an hour what it has never seen in training.

    Args:
        network: network to apply.
        batch: examples.
    """
    code = network.encode_style(batch.style)
    state = _played_before(network.generator.initial_state(len(batch.number)), batch.number)
    played, first = network.generator.encode(batch.content, state)
    levels, second = network.generator.decode(played, code, state)
    notes = network.generator.hear_notes(played)
    return Made(levels.float(), code, notes.float(), _cells({**first, **second}, batch))


def objective(
    made: Made, batch: Batch, weights: LossPart, *, bands: Bands, n_examples: int
) -> tuple[Tensor, dict[str, float]]:
    """Weighted sum of all terms, and each term's mean over the examples that have it.

    Args:
        made: outputs of the network.
        batch: examples that they were made from, with their targets.
        weights: weights of the terms.
        bands: bands of the network.
        n_examples: number of examples in the whole batch, of which these may be a part; the sum is
            divided by it.
    """
    paired, free = batch.kind != UNPAIRED, batch.kind == UNPAIRED
    terms = {"memory": losses.memory(made.cells)}
    own = bands.importance
    known = batch.notes[:, 0, 0] >= 0.0
    if known.any():
        terms["notes"] = losses.notes(made.notes[known], batch.notes[known])
    if paired.any():
        ours, target = made.levels[paired], batch.target[paired]
        terms["level"] = losses.level(ours, target, importance=own)
        terms["spectral"] = losses.spectral(ours, target, importance=own)
        terms["statistics"] = losses.statistics(ours, target, importance=own)
    if free.any():
        ours = made.levels[free]
        terms["style"] = losses.statistics(ours, batch.style[free], importance=own)
        terms["structure"] = losses.structure(ours, batch.content[free], n_lines=bands.n_lines)
    total = made.levels.new_zeros(())
    for name, values in terms.items():
        total = total + getattr(weights, name) * values.sum() / n_examples
    return total, {name: float(values.detach().mean()) for name, values in terms.items()}


def _played_before(state: State, numbers: Tensor) -> dict[str, Tensor]:
    """A state whose cells hold something in every row of an odd number."""
    cells = {name: empty for name, empty in state.items() if name.endswith(CELL)}
    n_cells = sum(empty.shape[1] for empty in cells.values())
    seeds = (torch.Generator().manual_seed(number) for number in numbers.tolist())
    drawn = torch.stack([torch.randn(n_cells, generator=seed) for seed in seeds])
    drawn = _MEMORY * drawn.to(numbers.device) * (numbers % 2)[:, None]
    parts = drawn.split([empty.shape[1] for empty in cells.values()], 1)
    return {**state, **dict(zip(cells, parts, strict=True))}


def _cells(state: State, batch: Batch) -> Tensor:
    cells = [cell.float() for name, cell in state.items() if name.endswith(CELL)]
    return torch.cat([batch.content.new_zeros(len(batch.number), 0), *cells], 1)
