"""A change of levels taken apart into EQ, dynamics, timbre and noise, and put together again."""

import math

import numpy as np
import torch
from torch import Tensor, nn

from estilo.engines.neural.controls import NAMES
from estilo.nn import State
from estilo.units import hz_to_erb_number

_MEMORY_S = 2.0  # of the EQ
_SMOOTHING_ERB = 1.0  # half-width of the EQ's bands
_NEIGHBOURS = 8  # bands to each side that a band is compared with
_STANDS_OUT, _SOFTNESS = 0.25, 0.1  # in units of 20 dB
_LOUDNESS = 0.6 * math.log(10.0)  # twice as loud for 10 dB more (Stevens): half a unit

RAMP_FRAMES = 2
"""Number of frames in which a control goes from 0 to 1: 21 ms."""


def ramp(current: Tensor, target: Tensor, n_steps: int, *, slope: float) -> Tensor:
    """Values on the way to a target, at a constant pace; a negative start means no value yet.

    Args:
        current: where the values are, ``(batch, n)``; negative where they have not begun.
        target: where they go, likewise.
        n_steps: number of steps.
        slope: the most that a value changes in a step.

    **Shape**: result ``(batch, n_steps, n)``.

    >>> ramp(torch.tensor([[0.0]]), torch.tensor([[1.0]]), 3, slope=0.5).flatten().tolist()
    [0.5, 1.0, 1.0]
    """
    start = torch.where(current < 0.0, target, current)[:, None]
    reach = slope * torch.arange(1, n_steps + 1, dtype=start.dtype, device=start.device)[:, None]
    return start + torch.minimum(torch.maximum(target[:, None] - start, -reach), reach)


class Parts(nn.Module):
    """Weighs the parts of a change of levels, causally.

    - EQ: the average of the change over the last seconds and over neighbouring bands, where louder
      moments and bands count for more. Earlier averages are of less than 2 s, never towards 0.
    - dynamics: of what remains, the loudness-weighted mean over all bands, frame by frame.
    - noise: of what then remains, the share of bands that do not stand out from their neighbours in
      the louder of content and output. Wide bands cannot show that: they take the share that the
      narrow ones have on average.
    - timbre: the remainder.

    **Shape**: change and levels of the content ``(batch, frames, n_bands)``, in units of 20 dB, and
    controls ``(batch, frames, 7)`` in the order of `NAMES` to the weighed change; state
    ``eq.sum`` and ``eq.weight``, each ``(batch, n_bands)``.

    Args:
        centres_hz: centres of the bands, in Hz.
        n_lines: how many of them are narrow, from the lowest on.
        sample_rate: sample rate in Hz.
        hop_length: distance from frame to frame, in samples.
    """

    smoothing: Tensor
    neighbours: Tensor
    width: Tensor

    def __init__(
        self, *, centres_hz: np.ndarray, n_lines: int, sample_rate: int, hop_length: int
    ) -> None:
        super().__init__()
        self.n_lines, self.n_bands = n_lines, len(centres_hz)
        self.decay = math.exp(-hop_length / (_MEMORY_S * sample_rate))
        centres = hz_to_erb_number(centres_hz)
        distance = (centres[:, None] - centres) / _SMOOTHING_ERB
        smoothing = np.exp(-0.5 * distance**2)
        place = np.arange(n_lines)
        near = (np.abs(place[:, None] - place) <= _NEIGHBOURS).astype(float)
        self.register_buffer("smoothing", _buffer(smoothing), persistent=False)
        self.register_buffer("neighbours", _buffer(near / near.sum(0)), persistent=False)
        self.register_buffer("width", _buffer(np.gradient(centres)), persistent=False)

    def initial_state(self, batch: int) -> dict[str, Tensor]:
        """Nothing averaged yet."""
        names = ("eq.sum", "eq.weight")
        return {name: self.width.new_zeros(batch, self.n_bands) for name in names}

    def forward(
        self, change: Tensor, levels: Tensor, controls: Tensor, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Weigh the parts of a change of levels.

        Args:
            change: change of levels, ``(batch, frames, n_bands)``, in units of 20 dB.
            levels: levels of the content, of the same shape and units.
            controls: weights in the order of `NAMES`, ``(batch, frames, 7)``.
            state: state of the frames before, or the initial one.
        """
        parts, state = self.take_apart(change, levels, state)
        factor = dict(zip(NAMES, controls.unbind(-1), strict=True))
        for name, part in parts.items():
            # Only what differs from 1 is touched: with all at 1 the change comes out as it went in.
            change = change + (factor[name] - 1.0)[..., None] * part
        return factor["strength"][..., None] * change, state

    def take_apart(
        self, change: Tensor, levels: Tensor, state: State
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The parts by name, each in the shape of the change, which they sum up to.

        Args:
            change: change of levels, ``(batch, frames, n_bands)``, in units of 20 dB.
            levels: levels of the content signal, likewise.
            state: state from `initial_state`, or of the frames before.
        """
        weight = self.width * torch.exp(_LOUDNESS * levels)
        sums, weights = [state["eq.sum"]], [state["eq.weight"]]
        for now, by in zip((weight * change).unbind(1), weight.unbind(1), strict=True):
            sums.append(self.decay * sums[-1] + now)
            weights.append(self.decay * weights[-1] + by)
        after = {"eq.sum": sums[-1], "eq.weight": weights[-1]}
        eq = (
            torch.stack(sums[1:], 1)
            @ self.smoothing
            / (torch.stack(weights[1:], 1) @ self.smoothing)
        )
        residual = change - eq
        dynamics = ((weight * residual).sum(-1) / weight.sum(-1))[..., None]
        residual = residual - dynamics
        timbre = self._tonality(torch.maximum(levels, levels + change), weight) * residual
        noise = residual - timbre
        dynamics = dynamics.expand_as(residual)
        return {"timbre": timbre, "eq": eq, "dynamics": dynamics, "noise": noise}, after

    def _tonality(self, levels: Tensor, weight: Tensor) -> Tensor:
        """Share of each band that stands out, 0 to 1."""
        lines, by = levels[..., : self.n_lines], weight[..., : self.n_lines]
        outstanding = lines - lines @ self.neighbours
        narrow = torch.sigmoid((outstanding - _STANDS_OUT) / _SOFTNESS)
        mean = (by * narrow).sum(-1, keepdim=True) / by.sum(-1, keepdim=True)
        n_wide = self.n_bands - self.n_lines
        return torch.cat((narrow, mean.expand(*mean.shape[:-1], n_wide)), -1)


def _buffer(values: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values)).float()
