"""An equaliser of shelves and peaks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.filters import Resonance, filtered


@dataclass(frozen=True)
class Equaliser:
    """Two shelves and any number of peaks; all causal.

    Args:
        low_hz: corner of the low shelf, in Hz.
        low_db: gain of the low shelf, in dB.
        high_hz: corner of the high shelf, in Hz.
        high_db: gain of the high shelf, in dB.
        peaks: peaks and dips.
    """

    low_hz: float = 200.0
    low_db: float = 0.0
    high_hz: float = 4000.0
    high_db: float = 0.0
    peaks: tuple[Resonance, ...] = ()

    def response(self, frequency_hz: NDArray) -> NDArray[np.complex128]:
        """Complex gain at some frequencies in Hz, of the same shape."""
        low, high = 10.0 ** (self.low_db / 20.0), 10.0 ** (self.high_db / 20.0)
        jf = 1j * frequency_hz
        response = (jf + low * self.low_hz) / (jf + self.low_hz)
        response *= (high * jf + self.high_hz) / (jf + self.high_hz)
        for peak in self.peaks:
            response *= peak.response(frequency_hz)
        return response

    def apply(self, waveform: NDArray, sample_rate: int) -> NDArray:
        """The equalised sound.

        Args:
            waveform: samples, ``(time,)``, full scale at 1.
            sample_rate: sample rate in Hz.

        **Shape**: result ``(time,)``.
        """
        return filtered(waveform, self.response, sample_rate=sample_rate)
