"""Change of sample rate block by block, with a delay that is known to a fraction of a sample.

Every output sample is a windowed-sinc sum over the input around its place there (Kaiser window,
100 dB); for two whole rates the places repeat, so that the weights are a table. Unlike a
resampler library's stream, the state is a tensor, and the caller chooses the position of output n.

Reference: J. F. Kaiser, R. W. Schafer 1980, doi:10.1109/TASSP.1980.1163349
"""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor, nn

_HALF_WIDTH = 64  # samples at the lower rate
_ATTENUATION_DB = 100.0
_BETA = 0.1102 * (_ATTENUATION_DB - 8.7)
_TRANSITION = (_ATTENUATION_DB - 8.0) / (2.285 * 2.0 * np.pi * (2 * _HALF_WIDTH - 1))


class Polyphase(nn.Module):
    """Samples at another rate; flat to 0.45 of the lower one, and 100 dB down from half of it.

    Output ``n`` is the input at ``n * from_rate / to_rate + offset``, in input samples, which
    takes the inputs up to `reach` beyond it.

    **Shape**: ``(batch, channels, n)`` to ``(batch, channels, any)``; state ``buffer``
    ``(batch, channels, any)``, ``phase`` ``(batch,)``.

    Args:
        from_rate: sample rate before the change, in Hz.
        to_rate: sample rate after the change, in Hz.
        offset: position of the first output, in input samples; at most 0.
    """

    taps: Tensor
    starts: Tensor

    def __init__(self, from_rate: int, to_rate: int, *, offset: Fraction) -> None:
        super().__init__()
        ratio = Fraction(from_rate, to_rate)
        self.period_in, self.period_out = ratio.numerator, ratio.denominator
        self.reach = reach(from_rate, to_rate)
        scale = self.period_out * offset.denominator
        places = np.arange(self.period_out, dtype=np.int64) * (self.period_in * offset.denominator)
        whole, part = np.divmod(places + offset.numerator * self.period_out, scale)
        self.n_before = self.reach - 1 - int(whole[0])
        distances = part[:, None] / scale + self.reach - 1 - np.arange(2 * self.reach)
        taps = np.sinc((1.0 - _TRANSITION) * min(1.0, to_rate / from_rate) * distances)
        taps *= np.i0(_BETA * np.sqrt(np.clip(1.0 - (distances / self.reach) ** 2, 0.0, None)))
        taps /= taps.sum(1, keepdims=True)
        self.register_buffer("taps", torch.from_numpy(taps).float(), persistent=False)
        self.register_buffer("starts", torch.from_numpy(whole - whole[0]), persistent=False)

    def initial_state(self, channels: int) -> dict[str, Tensor]:
        """State before the first sample: silence."""
        return {
            "buffer": self.taps.new_zeros(1, channels, self.n_before),
            "phase": torch.zeros(1, dtype=torch.int64, device=self.taps.device),
        }

    def forward(
        self, block: Tensor, state: Mapping[str, Tensor], *, at_most: int | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The next output samples: all whose inputs have come, or the first of them.

        Args:
            block: next input samples, ``(batch, channels, n)``.
            state: state after the samples before them.
            at_most: largest number of output samples; all that can be computed when None.
        """
        buffer = torch.cat((state["buffer"], block), -1)
        phase, n_ready = int(state["phase"][0]), buffer.shape[-1] - 2 * self.reach + 1
        n_most = max(0, n_ready) * self.period_out // self.period_in + 2
        steps = torch.arange(phase, phase + n_most, device=block.device)
        around, steps = steps // self.period_out, steps % self.period_out
        places = self.starts[steps] + around * self.period_in - self.starts[phase]
        n_new = int((places < n_ready).sum())
        n_new = n_new if at_most is None else min(n_new, at_most)
        after = {"buffer": buffer[..., int(places[n_new]) :], "phase": steps[n_new : n_new + 1]}
        if n_new == 0:
            return block[..., :0], after
        windows = buffer.unfold(-1, 2 * self.reach, 1).index_select(2, places[:n_new])
        return (windows * self.taps.index_select(0, steps[:n_new])).sum(-1), after


def reach(from_rate: int, to_rate: int) -> int:
    """Number of input samples after its position that an output needs, at most.

    Args:
        from_rate: sample rate before the change, in Hz.
        to_rate: sample rate after the change, in Hz.
    """
    return -(-_HALF_WIDTH * max(from_rate, to_rate) // to_rate)
