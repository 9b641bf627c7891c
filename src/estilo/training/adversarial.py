"""The terms of adversarial training: hinge and feature matching.

Reference: J. H. Lim, J. C. Ye 2017, "Geometric GAN", arXiv:1705.02894 (hinge); A. Larsen et al.
2016, arXiv:1512.09300 (feature matching).
"""

import torch.nn.functional as F
from torch import Tensor

Judged = list[tuple[Tensor, list[Tensor]]]
"""Scores and activations of the discriminators, scale by scale."""


def discriminator_loss(true: Judged, made: Judged) -> Tensor:
    """How badly the discriminators tell targets (above 1) from outputs (below -1).

    Args:
        true: what the discriminators say of targets.
        made: what they say of outputs.
    """
    pairs = zip(true, made, strict=True)
    losses = [F.relu(1.0 - good).mean() + F.relu(1.0 + bad).mean() for (good, _), (bad, _) in pairs]
    return sum(losses, start=losses[0].new_zeros(())) / len(losses)


def generator_loss(made: Judged) -> Tensor:
    """How little the discriminators take outputs for targets."""
    losses = [-scores.mean() for scores, _ in made]
    return sum(losses, start=losses[0].new_zeros(())) / len(losses)


def matching_loss(true: Judged, made: Judged) -> Tensor:
    """Mean absolute difference of the discriminators' activations, relative to those for targets.

    Args:
        true: what the discriminators say of targets.
        made: what they say of outputs.
    """
    losses = [
        (theirs.detach() - ours).abs().mean() / theirs.detach().abs().mean().clamp(min=1e-6)
        for (_, one), (_, other) in zip(true, made, strict=True)
        for theirs, ours in zip(one, other, strict=True)
    ]
    return sum(losses, start=losses[0].new_zeros(())) / len(losses)
