"""Conversions between the units that audio is spoken of in; numpy arrays or plain numbers.

**Shape**: every function returns the shape it was given.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

LONGEST_S = 1e9
"""More than any recording lasts, in seconds: 30 years, whose samples can be counted still."""
AXIS_LOW_HZ = 40.0
"""Lower end of the logarithmic frequency axis of pictures and painted masks, in Hz."""
AXIS_HIGH_HZ = 20_000.0
"""Upper end of that axis, in Hz; half the sample rate where that is lower."""


def hz_to_midi(frequency_hz: ArrayLike) -> NDArray[np.float64]:
    """Frequency in Hz as a MIDI note number (A4 = 440 Hz = 69).

    >>> float(hz_to_midi(880.0))
    81.0
    """
    return 69.0 + 12.0 * np.log2(np.asarray(frequency_hz, dtype=np.float64) / 440.0)


def midi_to_hz(note: ArrayLike) -> NDArray[np.float64]:
    """MIDI note number as a frequency in Hz.

    >>> float(midi_to_hz(57))
    220.0
    """
    return 440.0 * 2.0 ** ((np.asarray(note, dtype=np.float64) - 69.0) / 12.0)


def hz_to_mel(frequency_hz: ArrayLike) -> NDArray[np.float64]:
    """Frequency in Hz on the mel scale of O'Shaughnessy (1987), as in HTK.

    >>> round(float(hz_to_mel(1000.0)))
    1000
    """
    return 2595.0 * np.log10(1.0 + np.asarray(frequency_hz, dtype=np.float64) / 700.0)


def mel_to_hz(mel: ArrayLike) -> NDArray[np.float64]:
    """Mels (HTK) as a frequency in Hz.

    >>> round(float(mel_to_hz(hz_to_mel(440.0))), 6)
    440.0
    """
    return 700.0 * (10.0 ** (np.asarray(mel, dtype=np.float64) / 2595.0) - 1.0)


def hz_to_erb_number(frequency_hz: ArrayLike) -> NDArray[np.float64]:
    """Frequency in Hz as an ERB-rate number (Glasberg & Moore 1990).

    >>> round(float(hz_to_erb_number(1000.0)), 2)
    15.62
    """
    return 21.4 * np.log10(1.0 + 0.00437 * np.asarray(frequency_hz, dtype=np.float64))


def erb_number_to_hz(erb_number: ArrayLike) -> NDArray[np.float64]:
    """ERB-rate number as a frequency in Hz (Glasberg & Moore 1990).

    >>> round(float(erb_number_to_hz(hz_to_erb_number(1000.0))), 6)
    1000.0
    """
    return (10.0 ** (np.asarray(erb_number, dtype=np.float64) / 21.4) - 1.0) / 0.00437
