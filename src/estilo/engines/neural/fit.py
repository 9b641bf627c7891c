r"""Bringing the levels of what a network plays to those that the style itself has.

A network that has never heard an instrument stops short of it. In each band the levels of its
output are carried to those of the style in their order, the loudest to the loudest (the optimal
transport in one dimension, Peyré & Cuturi 2019, arXiv:1803.00567, remark 2.30); the gains are
smoothed over bands, so that partials stay where they are.
"""

import numpy as np
import torch
from torch import Tensor, nn

from estilo.dsp.quantiles import carried
from estilo.units import hz_to_erb_number

_WIDTH_ERB = 0.7


class LevelFit(nn.Module):
    """A monotone map of levels for each band.

    **Shape**: levels ``(batch, frames, n_bands)`` to the same.

    Args:
        source: quantiles of what the network plays, ``(n_bands, n_levels)``.
        target: quantiles of the style, in the same shape.
        centres_hz: of the bands.
        amount: how far along the way, 0 to 1.
    """

    source: Tensor
    target: Tensor
    smoothing: Tensor

    def __init__(
        self, source: Tensor, target: Tensor, *, centres_hz: np.ndarray, amount: float
    ) -> None:
        super().__init__()
        self.amount = amount
        place = hz_to_erb_number(centres_hz)
        near = np.exp(-0.5 * ((place[:, None] - place) / _WIDTH_ERB) ** 2) * np.gradient(place)
        near = torch.from_numpy(near / near.sum(1, keepdims=True)).to(source)
        self.register_buffer("source", source.contiguous())
        self.register_buffer("target", target.contiguous())
        self.register_buffer("smoothing", near.T.contiguous())

    def forward(self, levels: Tensor) -> Tensor:
        """See the class."""
        rows = levels.flatten(0, 1).T.contiguous()
        gains = (carried(rows, self.source, self.target) - rows).T @ self.smoothing
        return levels + self.amount * gains.unflatten(0, levels.shape[:2])
