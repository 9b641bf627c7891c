"""Cross-attention from the frames of the content signal to the tokens of the style."""

import math

from torch import Tensor, nn

from estilo.models.style_encoder import StyleCode


class StyleAttention(nn.Module):
    """Cross-attention: tokens of the style, weighted by how well they suit each frame.

    **Shape**: ``(batch, frames, n_channels)`` and a `StyleCode` to the first.

    Args:
        n_channels: number of channels of the frames.
        n_key: length of a token's key, shared out among the heads.
        n_value: length of a token's value, likewise.
        n_heads: number of heads, which attend independently.

    Reference: A. Vaswani et al. 2017, "Attention is all you need", arXiv:1706.03762
    """

    def __init__(self, n_channels: int, *, n_key: int, n_value: int, n_heads: int = 4) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.norm = nn.LayerNorm(n_channels)
        self.query = nn.Linear(n_channels, n_key)
        self.out = nn.Linear(n_value, n_channels)

    def forward(self, x: Tensor, style: StyleCode) -> Tensor:
        """Add to each frame what it finds in the style.

        Args:
            x: frames, ``(batch, frames, n_channels)``.
            style: code of the style.
        """
        query, keys, values = (
            each.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
            for each in (self.query(self.norm(x)), style.keys, style.values)
        )
        scores = query @ keys.transpose(-1, -2) / math.sqrt(query.shape[-1])
        scores = scores + style.weights[:, None, None]
        found = scores.softmax(-1) @ values
        return x + self.out(found.transpose(1, 2).flatten(2))
