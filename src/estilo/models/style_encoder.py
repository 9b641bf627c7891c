"""What a network knows of a style: a vector, and tokens that the decoder attends to."""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class StyleCode(NamedTuple):
    """A style as the decoder takes it, batch first.

    Args:
        vector: vector of the whole, ``(batch, n_vector)``.
        keys: key of each token, ``(batch, n_tokens, n_key)``.
        values: value of each token, ``(batch, n_tokens, n_value)``.
        weights: logarithm of each token's share, ``(batch, n_tokens)``; 0 for a single style.
        levels: quantiles of each band's levels, from the least to the greatest, ``(batch, n_bands,
            n_levels)``. The network does not need them, and its encoder gives none (``n_levels``
            0).
    """

    vector: Tensor
    keys: Tensor
    values: Tensor
    weights: Tensor
    levels: Tensor


class StyleEncoder(nn.Module):
    """Levels of bands over time to a code of the style.

    Three convolutions, of which two take every other frame; then means and standard deviations
    over time, weighted by an attention of the encoder's own (Okabe et al. 2018), beside the same
    of the bands themselves; and a token for every eight frames.

    **Shape**: ``(batch, frames, n_bands)`` to a `StyleCode`; at least 8 frames.

    Args:
        n_bands: number of bands of the input.
        n_vector: length of the vector.
        n_key: length of a key.
        n_value: length of a value.
        n_channels: inside.

    Reference: arXiv:1803.10963
    """

    def __init__(
        self, n_bands: int, *, n_vector: int, n_key: int, n_value: int, n_channels: int = 192
    ) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(n_bands, n_channels, 5, stride=2, padding=2),
            nn.SiLU(),
            nn.Conv1d(n_channels, n_channels, 5, stride=2, padding=2),
            nn.SiLU(),
            nn.Conv1d(n_channels, n_channels, 3, padding=1),
            nn.SiLU(),
        )
        self.attention = nn.Conv1d(n_channels, n_channels, 1)
        self.vector = nn.Sequential(
            nn.Linear(2 * n_channels + 2 * n_bands, n_vector),
            nn.SiLU(),
            nn.Linear(n_vector, n_vector),
        )
        self.keys = nn.Linear(n_channels, n_key)
        self.values = nn.Linear(n_channels + n_bands, n_value)

    def forward(self, bands: Tensor) -> StyleCode:
        """See the class."""
        seen = bands.transpose(1, 2)
        heard = self.layers(seen)
        weight = self.attention(heard).softmax(-1)
        pooled = torch.cat((*_moments(heard, weight), *_moments(seen, 1.0 / seen.shape[-1])), -1)
        tokens = nn.functional.avg_pool1d(heard, 2).transpose(1, 2)
        raw = nn.functional.avg_pool1d(seen, 8).transpose(1, 2)
        n_tokens = min(tokens.shape[1], raw.shape[1])
        tokens, raw = tokens[:, :n_tokens], raw[:, :n_tokens]
        return StyleCode(
            self.vector(pooled),
            self.keys(tokens),
            self.values(torch.cat((tokens, raw), -1)),
            tokens.new_zeros(tokens.shape[:2]),
            bands.new_zeros(*seen.shape[:2], 0),
        )


def _moments(x: Tensor, weight: Tensor | float) -> tuple[Tensor, Tensor]:
    mean = (x * weight).sum(-1)
    variance = (x * x * weight).sum(-1) - mean * mean
    return mean, variance.clamp(min=1e-6).sqrt()
