"""A compressor: what is loud becomes less loud."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CONTROL_HZ = 1000.0  # at which levels are looked at


@dataclass(frozen=True)
class Compressor:
    """Turns down what passes a threshold, by a ratio, and takes its time for it.

    D. Giannoulis, M. Massberg, J. D. Reiss 2012, "Digital dynamic range compressor design", J.
    Audio Eng. Soc. 60(6): feed-forward, the gain smoothed in decibels.

    Args:
        threshold_db: level (RMS) above which it works, in dB of full scale.
        ratio: decibels above the threshold that come in for one that goes out, 1 or more.
        attack_s: time in which a gain reduction gets to 63 %, in seconds.
        release_s: time in which it loses 63 %, in seconds.
    """

    threshold_db: float
    ratio: float
    attack_s: float = 0.01
    release_s: float = 0.15

    def apply(self, waveform: NDArray, sample_rate: int) -> NDArray:
        """The compressed sound.

        Args:
            waveform: samples, ``(time,)``, full scale at 1.
            sample_rate: sample rate in Hz.

        **Shape**: result ``(time,)``.
        """
        places = np.arange(len(waveform))
        gain_db = -self.reduction_db(waveform, sample_rate)
        centres = (np.arange(len(gain_db)) + 0.5) * sample_rate / _CONTROL_HZ
        return waveform * 10.0 ** (np.interp(places, centres, gain_db) / 20.0)

    def reduction_db(self, waveform: NDArray, sample_rate: int) -> NDArray[np.float64]:
        """How far each millisecond is turned down, in dB.

        Args:
            waveform: ``(time,)``, full scale at 1.
            sample_rate: sample rate in Hz.

        **Shape**: result ``(milliseconds,)``.

        Example:
            >>> loud = np.sqrt(2.0) * np.sin(2.0 * np.pi * np.arange(8000) / 8)  # 0 dB
            >>> round(float(Compressor(-12.0, 4.0).reduction_db(loud, 8000)[-1]), 2)
            9.0
        """
        n_parts = -(-len(waveform) * int(_CONTROL_HZ) // sample_rate)
        edges = (np.arange(n_parts) * sample_rate / _CONTROL_HZ).astype(int)
        sizes = np.diff([*edges, len(waveform)])
        power = np.add.reduceat(np.square(waveform, dtype=np.float64), edges) / sizes
        over_db = 10.0 * np.log10(np.maximum(power, 1e-12)) - self.threshold_db
        wanted_db = (1.0 - 1.0 / self.ratio) * np.maximum(over_db, 0.0)
        rise, fall = (
            1.0 - np.exp(-1.0 / (_CONTROL_HZ * s)) for s in (self.attack_s, self.release_s)
        )
        reduction_db = np.empty(n_parts)
        now_db = 0.0
        for part, goal_db in enumerate(wanted_db.tolist()):
            now_db += (goal_db - now_db) * (rise if goal_db > now_db else fall)
            reduction_db[part] = now_db
        return reduction_db
