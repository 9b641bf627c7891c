"""The loss of a batch: terms, weights, and what applies to which kind of example."""

from typing import NamedTuple

from torch import Tensor

from estilo.models.bands import Bands
from estilo.models.network import Network
from estilo.models.style_encoder import StyleCode
from estilo.training import losses
from estilo.training.batches import UNPAIRED, Batch
from estilo.training.recipe import LossPart


class Made(NamedTuple):
    """What a network made of a batch.

    Args:
        levels: of the outputs, ``(batch, n_frames, n_bands)``.
        code: of the styles.
        notes: logits of the notes that were heard, see `Batch.notes`.
    """

    levels: Tensor
    code: StyleCode
    notes: Tensor


def make(network: Network, batch: Batch) -> Made:
    """Outputs for a batch, each from an empty state."""
    code = network.encode_style(batch.style)
    state = network.generator.initial_state(len(batch.kind))
    played, _ = network.generator.encode(batch.content, state)
    levels, _ = network.generator.decode(played, code, state)
    return Made(levels.float(), code, network.generator.hear_notes(played).float())


def objective(
    made: Made, batch: Batch, weights: LossPart, *, bands: Bands, n_examples: int
) -> tuple[Tensor, dict[str, float]]:
    """Weighted sum of all terms, and each term's mean over the examples that have it.

    Args:
        made: outputs.
        batch: what they were made from, and the true answers.
        weights: of the terms.
        bands: of the network.
        n_examples: by which the sum is divided: in the whole batch, of which these may be a part.
    """
    paired, free = batch.kind != UNPAIRED, batch.kind == UNPAIRED
    terms: dict[str, Tensor] = {}
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
