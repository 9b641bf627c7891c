"""A copy of the sound that comes late and sways in pitch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.shaping import signal_time


@dataclass(frozen=True)
class Chorus:
    """The sound and a moving copy of it.

    Args:
        level: level of the copy, the sound's own at 1.
        rate_hz: rate of its motion, in Hz.
        depth_s: how much its delay moves to either side, in seconds.
        delay_s: its delay on average, in seconds.

    Example:
        >>> click = np.eye(1, 100)[0]
        >>> Chorus(0.5, 1.0, 0.0, delay_s=0.01).apply(click, 1000).nonzero()[0].tolist()
        [0, 10]
    """

    level: float
    rate_hz: float
    depth_s: float
    delay_s: float = 0.012

    def apply(self, waveform: NDArray, sample_rate: int) -> NDArray:
        """The sound with its copy.

        Args:
            waveform: samples, ``(time,)``, full scale at 1.
            sample_rate: sample rate in Hz.

        **Shape**: result ``(time,)``.
        """
        sway = np.sin(2.0 * np.pi * self.rate_hz * signal_time(len(waveform), sample_rate))
        places = np.arange(len(waveform))
        late = places - (self.delay_s + self.depth_s * sway) * sample_rate
        return waveform + self.level * np.interp(late, places, waveform, left=0.0)
