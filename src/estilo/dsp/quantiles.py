"""Distributions of values row by row: their quantiles, and the map from one to another.

The monotone map between quantile functions is the optimal transport between two distributions in
one dimension (Peyré & Cuturi 2019, arXiv:1803.00567, remark 2.30).
"""

import torch
from torch import Tensor

_N_LEVELS = 129


def quantiles(values: Tensor) -> Tensor:
    """Evenly spaced quantiles of each row, from its least to its greatest value.

    **Shape**: ``(rows, n)``, result ``(rows, 129)``.

    >>> quantiles(torch.tensor([[3.0, 1.0, 2.0]]))[0, [0, 64, 128]]
    tensor([1., 2., 3.])
    """
    ranked = values.sort(-1).values
    last = values.shape[-1] - 1
    places = torch.linspace(0.0, last, _N_LEVELS).to(values)
    below = places.floor().long().clamp_max(last)
    above = (below + 1).clamp_max(last)
    return torch.lerp(ranked[:, below], ranked[:, above], places - below)


def carried(values: Tensor, source: Tensor, target: Tensor) -> Tensor:
    """The monotone map that takes one distribution to another, row by row.

    What lies outside the source's range is shifted as its end is.

    Args:
        values: values to map, ``(rows, n)``.
        source: quantiles of the distribution that they come from, ``(rows, n_levels)``.
        target: quantiles of the distribution that they go to, of the same shape.

    **Shape**: result ``(rows, n)``.

    >>> carried(torch.tensor([[0.5, 3.0]]), torch.tensor([[0.0, 1.0]]), torch.tensor([[0.0, 2.0]]))
    tensor([[1., 4.]])
    """
    inside = values.clamp(source[:, :1], source[:, -1:])
    above = torch.searchsorted(source.contiguous(), inside).clamp(1, source.shape[-1] - 1)
    low, high = (source.gather(-1, place) for place in (above - 1, above))
    place = (inside - low) / (high - low).clamp_min(1e-6)
    moved = torch.lerp(target.gather(-1, above - 1), target.gather(-1, above), place)
    return moved + (values - inside)
