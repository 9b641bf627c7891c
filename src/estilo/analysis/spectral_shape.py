"""The power spectrum that descriptors of timbre are read from, and shares and centres of it.

References: G. Peeters (2004), A large set of audio features for sound description, IRCAM;
P. Masri (1996), Computer modelling of sound for transformation and synthesis of musical signals,
University of Bristol (high-frequency content).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

FRAME_S = 0.093
"""Length of a frame in seconds, before rounding to a power of two of samples; partials 45 Hz apart
show as two."""

LOW_HZ, HIGH_HZ = 250.0, 4000.0
"""Low frequencies lie below the first, high ones above the second, in Hz."""

_FLATNESS_HZ = (50.0, 8000.0)
_FRAMES_PER_BLOCK = 256


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Power of windowed frames that overlap by half.

    Args:
        power: power, float32, from 0 Hz to half the rate. **Shape** ``(frames, bins)``.
        window: window of the frames. **Shape** ``(2 * (bins - 1),)``.
        sample_rate: sample rate in Hz.
    """

    power: np.ndarray
    window: np.ndarray
    sample_rate: int

    @property
    def bin_hz(self) -> float:
        """Distance of two bins in Hz."""
        return self.sample_rate / len(self.window)

    @property
    def frequency_hz(self) -> np.ndarray:
        """Frequency of each bin in Hz; **shape** ``(bins,)``."""
        return np.arange(self.power.shape[1]) * self.bin_hz

    @cached_property
    def window_acf(self) -> np.ndarray:
        """Autocorrelation of the window, 1 at lag 0; **shape** of the window."""
        size = len(self.window)
        acf = np.fft.irfft(np.abs(np.fft.rfft(self.window, 2 * size)) ** 2)[:size]
        return acf / acf[0]

    @cached_property
    def mean_power(self) -> np.ndarray:
        """Mean over frames; **shape** ``(bins,)``."""
        return self.power.mean(0, dtype=np.float64)


def spectrum_of(waveform: np.ndarray, sample_rate: int, *, frame_s: float = FRAME_S) -> Spectrum:
    """Spectrum of Blackman frames that overlap by half; the ends are filled with zeros.

    The waveform is scaled to a peak of 1 first, so that nothing depends on its level.

    Args:
        waveform: samples, at least one of them not zero. **Shape** ``(time,)``.
        sample_rate: sample rate in Hz.
        frame_s: length of a frame in seconds, before rounding to a power of two of samples.

    Example:
        >>> spectrum_of(np.ones(44_100), 44_100).power.shape
        (22, 2049)
    """
    size = 2 ** max(round(np.log2(frame_s * sample_rate)), 4)
    hop = size // 2
    window = np.blackman(size + 1)[:-1].astype(np.float32)
    n_frames = -(-len(waveform) // hop)
    # Centred frames, so that the first and last samples count as much as the others.
    padded = np.zeros((n_frames + 1) * hop, dtype=np.float32)
    start = (len(padded) - len(waveform)) // 2
    padded[start : start + len(waveform)] = waveform / np.abs(waveform).max()
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    power = np.empty((n_frames, hop + 1), dtype=np.float32)
    for first in range(0, n_frames, _FRAMES_PER_BLOCK):
        block = np.fft.rfft(frames[first : first + _FRAMES_PER_BLOCK] * window, axis=1)
        power[first : first + _FRAMES_PER_BLOCK] = block.real**2 + block.imag**2
    return Spectrum(power, window, sample_rate)


def centroid_hz(spectrum: Spectrum) -> float:
    r"""Centre of the magnitude, :math:`\sum f |X| / \sum |X|` over all bins and frames, in Hz.

    Loud frames count for more than soft ones, so that pauses do not count.

    Args:
        spectrum: spectrum that is not all zeros.

    Example:
        >>> time_s = np.arange(16_000) / 16_000
        >>> tone = np.sin(2 * np.pi * 1000 * time_s) * np.hanning(16_000)
        >>> round(centroid_hz(spectrum_of(tone, 16_000)))
        1000
    """
    magnitude = np.sqrt(spectrum.power).sum(0, dtype=np.float64)
    return float(magnitude @ spectrum.frequency_hz / magnitude.sum())


def low_share(spectrum: Spectrum) -> float:
    """Share of the energy that lies below 250 Hz, 0 to 1.

    Args:
        spectrum: spectrum that is not all zeros.

    Example:
        >>> time_s = np.arange(16_000) / 16_000
        >>> both = np.sin(2 * np.pi * 100 * time_s) + np.sin(2 * np.pi * 1000 * time_s)
        >>> round(low_share(spectrum_of(both, 16_000)), 2)
        0.5
    """
    is_low = spectrum.frequency_hz < LOW_HZ
    return float(spectrum.mean_power[is_low].sum() / spectrum.mean_power.sum())


def high_share(spectrum: Spectrum) -> float:
    r"""Share of the high-frequency content :math:`\sum f |X|^2` that lies above 4 kHz, 0 to 1.

    The weighting by frequency is Masri's; as a share it depends neither on the level nor on the
    sample rate.

    Args:
        spectrum: spectrum that is not all zeros.

    Example:
        >>> time_s = np.arange(16_000) / 16_000
        >>> both = 5 * np.sin(2 * np.pi * 200 * time_s) + np.sin(2 * np.pi * 5000 * time_s)
        >>> round(high_share(spectrum_of(both, 16_000)), 2)
        0.5
    """
    content = spectrum.mean_power * spectrum.frequency_hz
    return float(content[spectrum.frequency_hz > HIGH_HZ].sum() / content.sum())


def flatness(spectrum: Spectrum) -> float:
    """Geometric over arithmetic mean of the power from 50 Hz to 8 kHz, 0 to 1.

    White noise gives 0.56 (exp of minus Euler's constant), a tone next to nothing. Mean over
    frames, weighed by their amplitude.

    Args:
        spectrum: spectrum that is not all zeros.

    Example:
        >>> noise = np.random.default_rng(0).standard_normal(32_000)
        >>> round(flatness(spectrum_of(noise, 16_000)), 2)
        0.56
    """
    low, high = np.searchsorted(spectrum.frequency_hz, _FLATNESS_HZ)
    power = spectrum.power[:, low:high]
    arithmetic = power.mean(1, dtype=np.float64)
    floor = np.finfo(np.float32).tiny
    geometric = np.exp(np.log(np.maximum(power, floor)).mean(1, dtype=np.float64))
    weights = np.sqrt(arithmetic)
    if not weights.any():
        return 0.0
    return float(np.average(geometric / np.maximum(arithmetic, floor), weights=weights))
