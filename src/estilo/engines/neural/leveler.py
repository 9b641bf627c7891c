"""The level at which a network hears the content: that of its training, whatever its own.

A stream does not know how loud its content will be, so it follows what it has heard, slowly.
"""

import math

import torch
from torch import Tensor, nn

from estilo.errors import SettingsError
from estilo.nn import State

LEVEL_DB = -20.0
"""Root mean square that contents and styles were heard at in training, in dBFS."""

_MEMORY_S = 3.0
_DOUBT = 0.25 / _MEMORY_S  # what the level at the start is worth, as a share of the memory
_PACE = 1.0  # units of 20 dB per second
_SILENCE, _FULL_SCALE = 1e-8, 1.0  # mean squares
_LEAST = 1e-6  # mean square, as a share of training's
_LOWEST_DB, _HIGHEST_DB = -80.0, 0.0  # that a level is looked for in: of `_LEAST`, of full scale


def hop_powers(samples: Tensor, hop_length: int) -> Tensor:
    """Mean square of every hop, over all channels.

    Args:
        samples: ``(batch, channels, n_hops * hop_length)``.
        hop_length: distance from frame to frame, in samples.

    **Shape**: result ``(batch, n_hops)``.
    """
    return samples.unflatten(-1, (-1, hop_length)).square().mean((1, 3))


def soundness(powers: Tensor) -> Tensor:
    """How far hops count: 1 from a mean square of -70 dBFS on, 0 below -80, of any shape.

    >>> soundness(torch.tensor([0.0, 1e-8, 1e-7, 0.01])).tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    return torch.log10((powers / _SILENCE).clamp(min=1.0)).clamp(max=1.0)


def start_at(level_db: float) -> dict[str, float]:
    """What differs in a `Leveler`'s state where another level than training's is expected.

    Args:
        level_db: root mean square, in dBFS; what is below -80 counts as -80, the -inf of silence
            too, and what is above 0 as 0.

    Raises:
        SettingsError: it is NaN.
    """
    if math.isnan(level_db):
        raise SettingsError(
            "expected a level in dBFS, got nan; give the root mean square of the content, or leave "
            "it out"
        )
    level_db = min(max(level_db, _LOWEST_DB), _HIGHEST_DB)
    gain = (LEVEL_DB - level_db) / 20.0
    return {"level.excess": 10.0 ** (-2.0 * gain) - 1.0, "level.gain": gain}


class Leveler(nn.Module):
    """Follows the level of what sounds, and says what takes it to that of training.

    The level is a running mean square; what it began with soon counts no more. The gain moves by
    20 dB per second at most.

    **Shape**: mean squares of hops ``(batch, frames)`` to gains of the same shape, in units of
    20 dB. State, each ``(batch, 1)``, all 0 for a content signal at training's level:
    ``level.excess``, the mean square over training's, less 1; ``level.weight``, how much has been
    heard, up to 1; ``level.gain``; ``level.held``, 1 where all that stays as it is.

    Args:
        sample_rate: sample rate in Hz.
        hop_length: distance from frame to frame, in samples.
    """

    zero: Tensor

    def __init__(self, *, sample_rate: int, hop_length: int) -> None:
        super().__init__()
        self.rate = 1.0 - math.exp(-hop_length / (_MEMORY_S * sample_rate))
        self.pace = _PACE * hop_length / sample_rate
        self.register_buffer("zero", torch.zeros(1, 1), persistent=False)

    def initial_state(self, batch: int) -> dict[str, Tensor]:
        """Training's level is expected."""
        names = ("level.excess", "level.weight", "level.gain", "level.held")
        return {name: self.zero.expand(batch, 1).clone() for name in names}

    def forward(self, powers: Tensor, state: State) -> tuple[Tensor, dict[str, Tensor]]:
        """Gains that take the content to the level of training, in units of 20 dB.

        Args:
            powers: mean squares of the content's hops, ``(batch, frames)``.
            state: state of the frames before, or the initial one.
        """
        excess, weight, gain = (state[f"level.{name}"] for name in ("excess", "weight", "gain"))
        rates = self.rate * (1.0 - state["level.held"]) * soundness(powers)
        heard = powers.clamp(max=_FULL_SCALE) * 10.0 ** (-LEVEL_DB / 10.0) - 1.0
        gains = []
        for now, rate in zip(heard.split(1, 1), rates.split(1, 1), strict=True):
            weight = weight + rate * (1.0 - weight)
            excess = excess + rate / (_DOUBT + (1.0 - _DOUBT) * weight) * (now - excess)
            wanted = -0.5 * torch.log10((1.0 + excess).clamp(min=_LEAST))
            gain = gain + (wanted - gain).clamp(-self.pace, self.pace)
            gains.append(gain)
        after = {"level.excess": excess, "level.weight": weight, "level.gain": gain}
        return torch.cat(gains, 1), {**after, "level.held": state["level.held"]}
