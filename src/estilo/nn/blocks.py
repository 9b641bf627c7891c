"""Blocks of layers: what the networks are made of."""

from torch import Tensor, nn

from estilo.nn.layers import CausalTaps, State


class Modulation(nn.Module):
    """A gain and an offset per channel, set by a style (FiLM; Perez et al. 2018).

    **Shape**: ``(batch, frames, n_channels)`` and ``(batch, n_style)`` to the first.

    Args:
        n_style: length of the style's vector.
        n_channels: number of channels that are modulated.

    Reference: arXiv:1709.07871
    """

    def __init__(self, n_style: int, n_channels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(n_style, 2 * n_channels)
        nn.init.normal_(self.linear.weight, std=1.0 / n_style**0.5)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Scale and shift every channel.

        Args:
            x: frames, ``(batch, frames, n_channels)``.
            style: vector of the style, ``(batch, n_style)``.
        """
        gain, offset = self.linear(style)[:, None].chunk(2, -1)
        return x * (1.0 + gain) + offset


class ResidualBlock(nn.Module):
    """A causal convolution around which the input goes straight on.

    Normalises over the channels of each frame, so that nothing of the future is heard.

    **Shape**: ``(batch, frames, n_channels)`` to the same.

    Args:
        n_channels: number of channels of input and output.
        name: name of the block in the state.
        dilation: dilation of its taps, in frames.
        n_style: length of the vector that modulates it, 0 for none.
    """

    def __init__(self, n_channels: int, *, name: str, dilation: int = 1, n_style: int = 0) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(n_channels)
        self.modulation = Modulation(n_style, n_channels) if n_style else None
        self.taps = CausalTaps(n_channels, n_channels, name=name, dilation=dilation)
        self.mix = nn.Linear(n_channels, n_channels)
        self.activation = nn.SiLU()

    def initial_state(self, batch: int) -> dict[str, Tensor]:
        """Nothing heard yet."""
        return self.taps.initial_state(batch)

    def forward(
        self, x: Tensor, state: State, style: Tensor | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Frames of the same shape, and the next state.

        Args:
            x: frames, ``(batch, frames, n_channels)``.
            state: state of the frames before, or the initial one.
            style: vector of the style, ``(batch, n_style)``; None without modulation.
        """
        y = self.norm(x)
        if self.modulation is not None and style is not None:
            y = self.modulation(y, style)
        y, after = self.taps(y, state)
        return x + self.mix(self.activation(y)), after
