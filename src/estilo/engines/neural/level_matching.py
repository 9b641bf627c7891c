r"""Bringing the levels of what a network plays to those that the style itself has.

A network that has never heard an instrument stops short of it. In each band the levels of its
output are carried to those of the style in their order, the loudest to the loudest (the optimal
transport in one dimension, Peyré & Cuturi 2019, arXiv:1803.00567, remark 2.30); the gains are
smoothed over bands, so that partials stay where they are.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn

from estilo.nn import State
from estilo.units import hz_to_erb_number

_WIDTH_ERB = 0.7
_MEMORY_S = 20.0
_DOUBT = 1.0 / _MEMORY_S  # what the levels at the start are worth, as a share of the memory
_LOWEST, _HIGHEST, _N_BINS = -3.2, 1.8, 64  # in units of 20 dB
_LEAST_RANK = 1e-5
_AT_ONCE = 256  # frames: bounds the memory
# Hosts of exported graphs know the state by these names.
_COUNTS, _HELD = "fit.counts", "fit.held"


def quantile_ranks(n_levels: int) -> Tensor:
    """Ranks of a style's quantiles: close together at both ends, where levels lie far apart.

    >>> quantile_ranks(3).tolist()
    [0.0, 0.5, 1.0]
    """
    return 0.5 - 0.5 * torch.linspace(0.0, math.pi, n_levels).double().cos().float()


class LevelMatching(nn.Module):
    """A monotone map of levels for each band, learnt while the network plays.

    How the network's levels are distributed is kept in a histogram for each band, from which
    earlier levels fade within 20 s; a level's rank in it is looked up in the style's quantiles.
    In the beginning levels stay as they are, as if a second had been heard in which the network's
    were the style's own.

    **Shape**: levels ``(batch, frames, n_bands)``, the style's quantiles at `quantile_ranks`
    ``(batch, n_bands, n_levels)``, and ``(batch, frames)`` twice: how far each frame counts (0
    where the content is silent; such a frame is not changed either), and how far along the way its
    levels are carried, 0 to 1; to levels. State, all 0 at the start: ``fit.counts`` ``(batch,
    n_bands, 64)``, whose sum over bins tells how much was heard, up to 1; and ``fit.held``
    ``(batch, 1)``, 1 where nothing more is learnt.

    Args:
        centres_hz: centres of the bands, in Hz.
        sample_rate: sample rate in Hz.
        hop_length: distance from frame to frame, in samples.
    """

    smoothing: Tensor
    bins: Tensor

    def __init__(self, *, centres_hz: np.ndarray, sample_rate: int, hop_length: int) -> None:
        super().__init__()
        self.rate = 1.0 - math.exp(-hop_length / (_MEMORY_S * sample_rate))
        place = hz_to_erb_number(centres_hz)
        near = np.exp(-0.5 * ((place[:, None] - place) / _WIDTH_ERB) ** 2) * np.gradient(place)
        near = np.ascontiguousarray((near / near.sum(1, keepdims=True)).T)
        self.register_buffer("smoothing", torch.from_numpy(near).float(), persistent=False)
        self.register_buffer("bins", torch.arange(float(_N_BINS)), persistent=False)

    def initial_state(self, batch: int) -> dict[str, Tensor]:
        """Nothing learnt yet."""
        counts = self.bins.new_zeros(batch, self.smoothing.shape[0], _N_BINS)
        return {_COUNTS: counts, _HELD: self.bins.new_zeros(batch, 1)}

    def primed_state(self, levels: Tensor, counting: Tensor) -> dict[str, Tensor]:
        """The state after all is learnt, and nothing more is to be.

        Args:
            levels: levels of the network's output, ``(batch, frames, n_bands)``, in units of 20 dB.
            counting: how far each frame counts, 0 to 1, ``(batch, frames)``.
        """
        state = self.initial_state(levels.shape[0])
        total = counting.sum(1)[:, None, None].clamp(min=1.0)
        pairs = zip(levels.split(_AT_ONCE, 1), counting.split(_AT_ONCE, 1), strict=True)
        for some, by in pairs:
            found = _triangle(self._distances(some)) * by[..., None, None]
            state[_COUNTS] += found.sum(1) / total
        return {**state, _HELD: torch.ones_like(state[_HELD])}

    def forward(
        self, levels: Tensor, style: Tensor, counting: Tensor, amount: Tensor, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Carry levels towards the style's distribution.

        Args:
            levels: levels of the network's output, ``(batch, frames, n_bands)``, in units of 20 dB.
            style: the style's quantiles, ``(batch, n_bands, n_levels)``.
            counting: how far each frame counts, 0 to 1, ``(batch, frames)``.
            amount: how far along the way levels are carried, 0 to 1, ``(batch, frames)``.
            state: state of the frames before, or the initial one.
        """
        counts, held = state[_COUNTS], state[_HELD]
        rates = self.rate * (1.0 - held) * counting
        ranks, heard = [], []
        for frame, rate in zip(levels.unbind(1), rates.unbind(1), strict=True):
            distances = self._distances(frame)
            counts = counts + rate[:, None, None] * (_triangle(distances) - counts)
            ranks.append((counts * (distances + 0.5).clamp(0.0, 1.0)).sum(-1))
            heard.append(counts[:, 0].sum(-1))  # the same in all bands
        share = torch.stack(heard, 1)
        rank = torch.stack(ranks, 1) / share[..., None].clamp(min=1e-9)
        gains = (_looked_up(style, rank) - levels) @ self.smoothing
        trust = share / (share + _DOUBT * (1.0 - share))
        after = {_COUNTS: counts, _HELD: held}
        return levels + (amount * counting * trust)[..., None] * gains, after

    def _distances(self, levels: Tensor) -> Tensor:
        """Distances of levels from each bin, in bins, along a new last axis."""
        place = (levels - _LOWEST) * ((_N_BINS - 1) / (_HIGHEST - _LOWEST))
        return place.clamp(0.0, _N_BINS - 1.0)[..., None] - self.bins


def _triangle(distances: Tensor) -> Tensor:
    return (1.0 - distances.abs()).clamp(min=0.0)


def _looked_up(quantiles: Tensor, ranks: Tensor) -> Tensor:
    """Levels at ranks from 0 to 1, ``(batch, frames, n_bands)``."""
    last = quantiles.shape[-1] - 1
    inner = ranks.mT.clamp(_LEAST_RANK, 1.0 - _LEAST_RANK)  # where the cosine's inverse is smooth
    place = torch.acos(1.0 - 2.0 * inner) * (last / math.pi)
    below = place.floor().clamp(max=last - 1.0)
    low, high = (quantiles.gather(-1, below.long() + step) for step in (0, 1))
    return (low + (place - below) * (high - low)).mT
