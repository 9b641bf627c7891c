"""Looking up in a style what fits the moment."""

import math

from torch import Tensor, nn

from estilo.models.style_encoder import StyleCode


class StyleAttention(nn.Module):
    """Tokens of the style, weighted by how well they fit each frame (Vaswani et al. 2017).

    **Shape**: ``(batch, frames, n_channels)`` and a `StyleCode` to the first.

    Args:
        n_channels: of the frames.
        n_key: of a token's key, shared out among the heads.
        n_value: of a token's value, likewise.
        n_heads: that look independently.

    Reference: arXiv:1706.03762
    """

    def __init__(self, n_channels: int, *, n_key: int, n_value: int, n_heads: int = 4) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.norm = nn.LayerNorm(n_channels)
        self.query = nn.Linear(n_channels, n_key)
        self.out = nn.Linear(n_value, n_channels)

    def forward(self, x: Tensor, style: StyleCode) -> Tensor:
        """See the class."""
        query, keys, values = (
            each.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
            for each in (self.query(self.norm(x)), style.keys, style.values)
        )
        fit = query @ keys.transpose(-1, -2) / math.sqrt(query.shape[-1])
        fit = fit + style.weights[:, None, None]
        found = fit.softmax(-1) @ values
        return x + self.out(found.transpose(1, 2).flatten(2))
