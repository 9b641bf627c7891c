"""Layers with memory: causal convolution and LSTM."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

State = Mapping[str, Tensor]
"""Names to tensors, batch first."""

CELL = ".cell"
"""How the name of an LSTM's cell ends."""


class CausalTaps(nn.Module):
    """A causal convolution over frames, as one matrix product over the taps.

    **Shape**: ``(batch, frames, n_in)`` to ``(batch, frames, n_out)``; state ``{name}.past``
    ``(batch, (n_taps - 1) * dilation, n_in)``.

    Args:
        n_in: channels of the input.
        n_out: channels of the output.
        name: name of the layer in the state.
        n_taps: frames that are looked at, this one the last.
        dilation: frames from tap to tap.
    """

    def __init__(
        self, n_in: int, n_out: int, *, name: str, n_taps: int = 3, dilation: int = 1
    ) -> None:
        super().__init__()
        self.name = f"{name}.past"
        self.n_in, self.n_taps, self.dilation = n_in, n_taps, dilation
        self.linear = nn.Linear(n_taps * n_in, n_out)

    def initial_state(self, batch: int) -> dict[str, Tensor]:
        """Nothing heard yet."""
        past = self.linear.weight.new_zeros(batch, (self.n_taps - 1) * self.dilation, self.n_in)
        return {self.name: past}

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, dict[str, Tensor]]:
        """Output frames, and the next state.

        Args:
            x: frames, ``(batch, frames, n_in)``.
            state: state of the frames before, or the initial one.
        """
        heard = torch.cat((state[self.name], x), 1)
        n_frames, step = x.shape[1], self.dilation
        taps = [heard[:, tap * step : tap * step + n_frames] for tap in range(self.n_taps)]
        past = heard[:, heard.shape[1] - (self.n_taps - 1) * step :]
        return self.linear(torch.cat(taps, -1)), {self.name: past}


class Lstm(nn.Module):
    """One layer of long short-term memory (Hochreiter & Schmidhuber 1997).

    **Shape**: ``(batch, frames, n_channels)`` to the same; state ``{name}.hidden`` and
    ``{name}.cell``, each ``(batch, n_channels)``.

    Args:
        n_channels: number of channels of input, output and cell.
        name: name of the layer in the state.

    Reference: doi:10.1162/neco.1997.9.8.1735
    """

    def __init__(self, n_channels: int, *, name: str) -> None:
        super().__init__()
        self.names = (f"{name}.hidden", f"{name}{CELL}")
        self.n_channels = n_channels
        self.lstm = nn.LSTM(n_channels, n_channels, batch_first=True)

    def initial_state(self, batch: int) -> dict[str, Tensor]:
        """An empty cell."""
        # Two tensors: an exporter would take one for both.
        like = next(self.lstm.parameters())
        return {name: like.new_zeros(batch, self.n_channels) for name in self.names}

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, dict[str, Tensor]]:
        """Output frames, and the next state.

        Args:
            x: frames, ``(batch, frames, n_channels)``.
            state: state of the frames before, or the initial one.
        """
        hidden, cell = (state[name][None] for name in self.names)
        out, (hidden, cell) = self.lstm(x, (hidden, cell))
        return out, {self.names[0]: hidden[0], self.names[1]: cell[0]}
