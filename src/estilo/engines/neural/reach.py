"""How far the content may be raised: a note that dies away goes on, a pause stays one."""

import torch
from torch import Tensor, nn

from estilo.engines.neural.leveler import LEVEL_DB, soundness
from estilo.models.network import SILENCE
from estilo.nn import State

_PAUSE_DB = 50.0  # below the content's level
_SOFTNESS_DB = 10.0
_RINGS_S = 0.5
_ANYWHERE = 5.0  # units of 20 dB: from silence to full scale
_PER_LEVEL, _MOST = 2.0, 3.0  # a band 10 dB above silence is raised by 20, and none by more than 60


class Reach(nn.Module):
    """Limits what bands are raised by.

    While the content sounds, and for half a second after it, bands may be brought to any level:
    the carrier has noise for what the content has not. In its pauses (50 dB below its level, or
    below -80 dBFS), and where no carrier is brought in, only what is well above silence is raised:
    the noise of a quiet room is not played.

    **Shape**: levels of the content ``(batch, frames, n_bands)``, mean squares of its hops
    ``(batch, frames)``, the gains that take it to training's level ``(batch, frames, 1)``, in units
    of 20 dB, and the carrier's share, likewise; to the greatest change, in the first shape. State
    ``reach.open`` ``(batch, 1)``: 1 while the content sounds, 0 at the start.

    Args:
        sample_rate: sample rate in Hz.
        hop_length: distance from frame to frame, in samples.
    """

    def __init__(self, *, sample_rate: int, hop_length: int) -> None:
        super().__init__()
        self.pace = hop_length / (_RINGS_S * sample_rate)

    def initial_state(self, batch: int, *, like: Tensor) -> dict[str, Tensor]:
        """The state in which nothing sounds.

        Args:
            batch: number of examples.
            like: tensor whose type and device the state takes.
        """
        return {"reach.open": like.new_zeros(batch, 1)}

    def forward(
        self, levels: Tensor, powers: Tensor, gains: Tensor, share: Tensor, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Greatest change of every level, in units of 20 dB.

        Args:
            levels: levels of the content, ``(batch, frames, n_bands)``, in units of 20 dB.
            powers: mean squares of its hops, ``(batch, frames)``.
            gains: gains that take it to the level of training, ``(batch, frames, 1)``, in units of
                20 dB.
            share: share of the carrier, 0 to 1, ``(batch, frames, 1)``.
            state: state of the frames before, or the initial one.
        """
        above_db = 10.0 * torch.log10(powers.clamp(min=1e-12)) + 20.0 * gains[..., 0] - LEVEL_DB
        sounds = ((above_db + _PAUSE_DB) / _SOFTNESS_DB + 0.5).clamp(0.0, 1.0) * soundness(powers)
        last, course = state["reach.open"], []
        for now in sounds.split(1, 1):
            last = torch.maximum(now, last - self.pace)
            course.append(last)
        free = torch.cat(course, 1)[..., None] * share
        faint = (_PER_LEVEL * (levels - SILENCE)).clamp(max=_MOST)
        return free * _ANYWHERE + (1.0 - free) * faint, {"reach.open": last}
