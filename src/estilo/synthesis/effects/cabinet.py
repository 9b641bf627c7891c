"""The loudspeaker and the box of an amplifier."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.filters import Resonance, filtered

_LOW_Q = 0.8
_FALL_Q = (0.54, 1.31)  # two pairs of poles of a Butterworth filter of the fourth order


@dataclass(frozen=True)
class Cabinet:
    """A filter as loudspeakers of guitars have it: a resonance, a presence, and nothing beyond.

    Args:
        resonance_hz: frequency of the box, in Hz; the response falls by 12 dB per octave below it.
        resonance_db: gain there, in dB.
        presence_hz: frequency at which the cone breaks up, in Hz.
        presence_db: gain there, in dB.
        fall_hz: frequency above which the response falls by 24 dB per octave, in Hz.
    """

    resonance_hz: float = 100.0
    resonance_db: float = 4.0
    presence_hz: float = 2500.0
    presence_db: float = 4.0
    fall_hz: float = 5000.0

    def response(self, frequency_hz: NDArray) -> NDArray[np.complex128]:
        """Complex gain at some frequencies in Hz, of the same shape; causal.

        Example:
            >>> at = np.abs(Cabinet().response(np.array([800.0, 20_000.0, 40_000.0])))
            >>> [round(float(db)) for db in 20.0 * np.log10(at / at[0])]
            [0, -49, -73]
        """
        low = 1j * frequency_hz / (0.7 * self.resonance_hz)
        response = low * low / (1.0 + low / _LOW_Q + low * low)
        for centre_hz, gain_db in (
            (self.resonance_hz, self.resonance_db),
            (self.presence_hz, self.presence_db),
        ):
            response = response * Resonance(centre_hz, centre_hz, gain_db).response(frequency_hz)
        high = 1j * frequency_hz / self.fall_hz
        for q in _FALL_Q:
            response = response / (1.0 + high / q + high * high)
        return response

    def apply(self, waveform: NDArray, sample_rate: int) -> NDArray:
        """The sound in front of it.

        Args:
            waveform: samples, ``(time,)``, full scale at 1.
            sample_rate: sample rate in Hz.

        **Shape**: result ``(time,)``.
        """
        return filtered(waveform, self.response, sample_rate=sample_rate)
