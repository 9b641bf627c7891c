"""Musaicing as it was published: every grain for every frame; slow, and simple enough to trust.

J. Driedger, T. Prätzlich & M. Müller, Let it Bee: towards NMF-inspired audio mosaicing, ISMIR 2015.
Columns are grains and frames there, as here; grains that follow each other are columns that do.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Restrictions:
    """What makes a mosaic of a factorisation.

    Args:
        repetition: frames before and after in which no grain comes again.
        polyphony: grains at once.
        continuity: frames before and after over which activations are summed along diagonals.
    """

    repetition: int = 3
    polyphony: int = 10
    continuity: int = 3


def musaicing(
    magnitude: Tensor, grains: Tensor, *, n_updates: int, restrictions: Restrictions | None
) -> Iterator[Tensor]:
    """Activations ``(grains, frames)`` after every update; plain KL-NMF without restrictions.

    Args:
        magnitude: of the content, ``(bins, frames)``.
        grains: their magnitudes, each summing to 1: ``(bins, grains)``.
        n_updates: of the activations.
        restrictions: are enforced more and more until the last update.
    """
    n_grains, n_frames = grains.shape[1], magnitude.shape[1]
    activations = (magnitude.sum(0) / n_grains).expand(n_grains, n_frames).clone()
    for update in range(n_updates):
        if restrictions is not None:
            left = 1.0 - (update + 1) / n_updates
            activations = restricted(activations, restrictions, left=left)
        activations = updated(activations, magnitude, grains)
        yield activations


def updated(activations: Tensor, magnitude: Tensor, grains: Tensor) -> Tensor:
    """One multiplicative update.

    Args:
        activations: activations before it, ``(grains, frames)``.
        magnitude: magnitudes of the content, ``(bins, frames)``.
        grains: magnitudes of the grains, each summing to 1: ``(bins, grains)``.
    """
    return activations * (grains.T @ (magnitude / (grains @ activations + 1e-12)))


def restricted(activations: Tensor, restrictions: Restrictions, *, left: float) -> Tensor:
    """Activations with what breaks a restriction multiplied by what is left of it.

    Args:
        activations: activations before it, ``(grains, frames)``.
        restrictions: what is not to be broken.
        left: share that is left, 0 to 1.
    """
    reach = restrictions.repetition
    nearby = torch.nn.functional.max_pool1d(activations[None], 2 * reach + 1, 1, reach)[0]
    activations = torch.where(activations < nearby, left * activations, activations)
    n_kept = min(restrictions.polyphony, len(activations))
    least = activations.T.contiguous().topk(n_kept, sorted=True).values[:, -1]
    activations = torch.where(activations < least, left * activations, activations)
    total = activations.clone()
    for step in range(1, restrictions.continuity + 1):
        total[:-step, :-step] += activations[step:, step:]
        total[step:, step:] += activations[:-step, :-step]
    return total
