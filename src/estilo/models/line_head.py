"""What each band sounds like next to its own partials: the fine structure of the output."""

import numpy as np
import torch
from torch import Tensor, nn

from estilo.nn import State

_RATIOS = (1.0 / 4.0, 1.0 / 3.0, 1.0 / 2.0, 2.0 / 3.0, 3.0 / 2.0, 2.0, 3.0, 4.0)
_NEIGHBOURS = (-2, -1, 1, 2)
_DELAYS = (1, 4)  # frames
_DECAYS = (0.01, 0.05)  # units of 20 dB per frame: 19 and 94 dB/s
_AROUND = 8  # bands to each side, of the average
_SILENCE = -3.0


class LineHead(nn.Module):
    """The same small network for every band, which looks where partials are.

    A band sees its own level, its neighbours', that of its surroundings, those at simple ratios of
    its frequency (is it the third partial of something?), its own a little before, and how loud it
    was lately. What the rest of the network makes of the moment and the style comes in as an offset
    of its own for each band.

    **Shape**: context ``(batch, frames, n_channels)`` and levels ``(batch, frames, n_bands)`` to a
    change of levels of the latter shape; state ``head.past`` ``(batch, 4, n_bands)`` and
    ``head.peaks`` ``(batch, 2, n_bands)``.

    Args:
        n_channels: of the context.
        centres_hz: of the bands.
        n_hidden: units per band.
    """

    below: Tensor
    share: Tensor

    def __init__(self, n_channels: int, centres_hz: np.ndarray, *, n_hidden: int) -> None:
        super().__init__()
        self.n_bands, self.n_hidden = len(centres_hz), n_hidden
        places = [
            np.interp(ratio * centres_hz, centres_hz, np.arange(self.n_bands)) for ratio in _RATIOS
        ]
        below = np.floor(np.stack(places)).clip(0, self.n_bands - 2)
        self.register_buffer("below", torch.from_numpy(below).long(), persistent=False)
        share = torch.from_numpy(np.stack(places) - below).float()
        self.register_buffer("share", share, persistent=False)
        n_seen = 2 + len(_RATIOS) + len(_NEIGHBOURS) + len(_DELAYS) + len(_DECAYS)
        self.local = nn.Linear(n_seen, n_hidden)
        self.context = nn.Linear(n_channels, self.n_bands * n_hidden)
        self.mix = nn.Linear(n_hidden, n_hidden)
        self.exit = nn.Linear(n_hidden, 1)
        self.activation = nn.SiLU()
        nn.init.normal_(self.exit.weight, std=0.01)
        nn.init.zeros_(self.exit.bias)

    def initial_state(self, batch: int) -> dict[str, Tensor]:
        """Silence before."""
        like = self.local.weight
        return {
            "head.past": like.new_full((batch, max(_DELAYS), self.n_bands), _SILENCE),
            "head.peaks": like.new_full((batch, len(_DECAYS), self.n_bands), _SILENCE),
        }

    def forward(
        self, context: Tensor, levels: Tensor, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """See the class."""
        seen, after = self._see(levels, state)
        offset = self.context(context).unflatten(-1, (self.n_bands, self.n_hidden))
        x = self.activation(self.local(seen) + offset)
        x = x + self.activation(self.mix(x))
        return self.exit(x)[..., 0], after

    def _see(self, levels: Tensor, state: State) -> tuple[Tensor, dict[str, Tensor]]:
        """Everything that a band looks at, ``(batch, frames, n_bands, n_seen)``."""
        n_frames, n = levels.shape[1], self.n_bands
        heard = torch.cat((state["head.past"], levels), 1)
        delayed = [heard[:, max(_DELAYS) - delay :][:, :n_frames] for delay in _DELAYS]
        peaks, last = self._peaks(levels, state["head.peaks"])
        padded = nn.functional.pad(levels, (_AROUND, _AROUND), mode="replicate")
        near = [padded[..., _AROUND + step : _AROUND + step + n] for step in _NEIGHBOURS]
        around = nn.functional.avg_pool1d(padded, 2 * _AROUND + 1, stride=1)
        ratios = torch.lerp(levels[..., self.below], levels[..., self.below + 1], self.share)
        parts = torch.stack((levels, around, *near, *delayed, *peaks), -1)
        seen = torch.cat((parts, ratios.mT), -1)
        return seen, {"head.past": heard[:, n_frames:], "head.peaks": last}

    def _peaks(self, levels: Tensor, before: Tensor) -> tuple[list[Tensor], Tensor]:
        """How loud a band was lately: at once up, and down at a constant pace."""
        time = torch.arange(levels.shape[1] + 1, device=levels.device, dtype=levels.dtype)[:, None]
        out = []
        for place, decay in enumerate(_DECAYS):
            rising = torch.cat((before[:, place, None], levels), 1) + decay * time
            out.append((torch.cummax(rising, 1).values - decay * time)[:, 1:])
        return out, torch.stack([each[:, -1] for each in out], 1)
