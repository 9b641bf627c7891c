"""The loss of a batch: terms, weights, and what applies to which kind of example."""

from typing import NamedTuple

from torch import Tensor

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
    """

    levels: Tensor
    code: StyleCode


def make(network: Network, batch: Batch) -> Made:
    """Outputs for a batch, each from an empty state."""
    code = network.encode_style(batch.style)
    state = network.generator.initial_state(len(batch.kind))
    levels, _ = network(batch.content, code, state)
    return Made(levels.float(), code)


def objective(
    made: Made, batch: Batch, weights: LossPart, *, n_lines: int, n_examples: int
) -> tuple[Tensor, dict[str, float]]:
    """Weighted sum of all terms, and each term's mean over the examples that have it.

    Args:
        made: outputs.
        batch: what they were made from, and the true answers.
        weights: of the terms.
        n_lines: bands that are narrow enough to show partials.
        n_examples: by which the sum is divided: in the whole batch, of which these may be a part.
    """
    paired, free = batch.kind != UNPAIRED, batch.kind == UNPAIRED
    terms: dict[str, Tensor] = {}
    if paired.any():
        ours, target = made.levels[paired], batch.target[paired]
        terms["level"] = losses.level(ours, target)
        terms["spectral"] = losses.spectral(ours, target)
        terms["statistics"] = losses.statistics(ours, target)
    if free.any():
        ours = made.levels[free]
        terms["style"] = losses.statistics(ours, batch.style[free])
        terms["structure"] = losses.structure(ours, batch.content[free], n_lines=n_lines)
    total = made.levels.new_zeros(())
    for name, values in terms.items():
        total = total + getattr(weights, name) * values.sum() / n_examples
    return total, {name: float(values.detach().mean()) for name, values in terms.items()}
