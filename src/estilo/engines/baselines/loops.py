"""A recording that goes on for as long as it is wanted."""

import torch
from torch import Tensor

from estilo.dsp.crossfade import crossfade

_SEAM_S = 0.1


class Loop:
    """A recording repeated without end; every repetition fades into the next over 0.1 s.

    Args:
        waveform: ``(channels, time)``, at least one sample; not copied.
        sample_rate: sample rate in Hz.

    Example:
        >>> loop = Loop(torch.arange(8.0)[None], sample_rate=10)
        >>> loop.read(0, 10)
        tensor([[0., 1., 2., 3., 4., 5., 6., 7., 1., 2.]])
    """

    def __init__(self, waveform: Tensor, *, sample_rate: int) -> None:
        self.waveform = waveform
        length = waveform.shape[-1]
        n_seam = min(round(_SEAM_S * sample_rate), length // 4)
        self._period = length - n_seam
        self._seam = crossfade(waveform[:, self._period :], waveform[:, :n_seam])

    def read(self, start: int, stop: int) -> Tensor:
        """A stretch of the endless recording, ``(channels, stop - start)``.

        Args:
            start: first sample.
            stop: sample after the last.
        """
        if stop <= self._period:
            return self.waveform[:, start:stop]
        time = torch.arange(start, stop, device=self.waveform.device)
        place = time % self._period
        samples = self.waveform[:, place]
        is_seam = (time >= self._period) & (place < self._seam.shape[-1])
        samples[:, is_seam] = self._seam[:, place[is_seam]]
        return samples
