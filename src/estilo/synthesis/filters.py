"""Filters given by their magnitude: still ones, moving ones, and noise shaped by them.

Magnitudes are applied to spectra without a phase of their own. That keeps every filter stable at
every setting, costs two transforms, and lets cutoffs move freely.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_FRAME_S = 0.023


@dataclass(frozen=True)
class Resonance:
    """One peak or dip of a response.

    Args:
        centre_hz: centre frequency in Hz.
        bandwidth_hz: distance of the half-gain points, in Hz.
        gain_db: gain at the centre, in dB.

    Example:
        >>> peak = Resonance(centre_hz=1000.0, bandwidth_hz=100.0, gain_db=20.0)
        >>> round(float(peak.gain(np.array([1000.0]))[0]), 6)
        10.0
    """

    centre_hz: float
    bandwidth_hz: float
    gain_db: float

    def gain(self, frequency_hz: NDArray) -> NDArray:
        """Amplitude gain at some frequencies in Hz, 1 far away; of the same shape."""
        distance = (frequency_hz - self.centre_hz) / (0.5 * self.bandwidth_hz)
        return 10.0 ** (self.gain_db / 20.0 / (1.0 + distance * distance))

    def response(self, frequency_hz: NDArray) -> NDArray[np.complex128]:
        """Causal response with the same gain at the centre: an analogue two-pole equaliser.

        Where a magnitude alone would ring before a click, this one rings after it.

        **Shape**: that of the frequencies (in Hz).
        """
        gain = 10.0 ** (self.gain_db / 20.0)
        # Peaks narrow as they rise and dips as they fall, so that both keep their skirts.
        width = 1j * frequency_hz * self.bandwidth_hz
        swing = self.centre_hz**2 - frequency_hz**2
        root = np.sqrt(gain)
        return (swing + width * root) / (swing + width / root)


def resonances_gain(resonances: tuple[Resonance, ...], frequency_hz: NDArray) -> NDArray:
    """Product of the gains of all resonances.

    Args:
        resonances: peaks and dips.
        frequency_hz: frequencies in Hz, of any shape.

    **Shape**: that of the frequencies.

    >>> resonances_gain((), np.array([100.0, 200.0]))
    array([1., 1.])
    """
    gain = np.ones_like(frequency_hz)
    for resonance in resonances:
        gain = gain * resonance.gain(frequency_hz)
    return gain


def lowpass(frequency_hz: NDArray, cutoff_hz: NDArray | float, *, q: float = 0.707) -> NDArray:
    """Magnitude of a two-pole low-pass; square it for four poles.

    Args:
        frequency_hz: frequencies in Hz.
        cutoff_hz: cutoff frequency in Hz.
        q: gain at the cutoff; above 0.707 it rings.

    **Shape**: the common shape of frequencies and cutoff.

    >>> lowpass(np.array([0.0, 1000.0]), 1000.0, q=3.0)
    array([1., 3.])
    """
    x = frequency_hz / cutoff_hz
    return 1.0 / np.sqrt((1.0 - x * x) ** 2 + (x / q) ** 2)


def highpass(frequency_hz: NDArray, cutoff_hz: NDArray | float, *, q: float = 0.707) -> NDArray:
    """Magnitude of a two-pole high-pass; square it for four poles.

    Args:
        frequency_hz: frequencies in Hz.
        cutoff_hz: cutoff frequency in Hz.
        q: gain at the cutoff; above 0.707 it rings.

    >>> highpass(np.array([0.0, 1000.0]), 1000.0, q=3.0)
    array([0., 3.])
    """
    x = frequency_hz / cutoff_hz
    return x * x / np.sqrt((1.0 - x * x) ** 2 + (x / q) ** 2)


def bandpass(frequency_hz: NDArray, centre_hz: NDArray | float, *, q: float) -> NDArray:
    """Magnitude of a two-pole band-pass with unit gain at its centre.

    Args:
        frequency_hz: frequencies in Hz.
        centre_hz: centre frequency in Hz.
        q: centre frequency over bandwidth; the higher, the narrower.

    >>> bandpass(np.array([0.0, 1000.0]), 1000.0, q=3.0)
    array([0., 1.])
    """
    x = frequency_hz / cutoff_safe(centre_hz)
    return (x / q) / np.sqrt((1.0 - x * x) ** 2 + (x / q) ** 2)


def cutoff_safe(frequency_hz: NDArray | float) -> NDArray:
    """A frequency in Hz kept above 1 Hz, so that it can be divided by."""
    return np.maximum(frequency_hz, 1.0)


def fast_length(n_samples: int) -> int:
    """The next length from there on that has no prime factor above 5: quick to transform.

    >>> fast_length(1021)
    1024
    """
    best = 1 << (n_samples - 1).bit_length()
    fives = 1
    while fives < best:
        threes = fives
        while threes < best:
            twos = -(-n_samples // threes)
            best = min(best, threes << (twos - 1).bit_length())
            threes *= 3
        fives *= 5
    return best


Response = Callable[[NDArray], NDArray]


def shaped_noise(
    rng: np.random.Generator, n_samples: int, response: Response, *, sample_rate: int
) -> NDArray:
    """Stationary Gaussian noise of unit RMS with a given magnitude response.

    Args:
        rng: random generator of the noise.
        n_samples: length in samples.
        response: function from frequencies in Hz to amplitude gains.
        sample_rate: sample rate in Hz.

    **Shape**: result ``(n_samples,)``.

    Example:
        >>> white = shaped_noise(np.random.default_rng(0), 8, np.ones_like, sample_rate=8000)
        >>> white.shape, white.dtype
        ((8,), dtype('float32'))
    """
    n_fft = fast_length(n_samples)
    frequency_hz = np.fft.rfftfreq(n_fft, 1.0 / sample_rate).astype(np.float32)
    gain = response(frequency_hz).astype(np.float32)
    gain[0] = 0.0
    gain = gain / np.sqrt(np.mean(np.square(gain)) + 1e-20)
    white = rng.standard_normal(n_fft, dtype=np.float32)
    return np.fft.irfft(np.fft.rfft(white) * gain, n_fft)[:n_samples]


def filtered(waveform: NDArray, response: Response, *, sample_rate: int) -> NDArray:
    """Filter a waveform with a response that does not move.

    Args:
        waveform: ``(time,)``.
        response: function from frequencies in Hz to gains, real ones of no delay or complex ones.
        sample_rate: sample rate in Hz.

    **Shape**: result ``(time,)``, of the same dtype.

    Example:
        >>> np.allclose(filtered(np.arange(5.0), np.ones_like, sample_rate=8000), np.arange(5.0))
        True
    """
    n_fft = fast_length(len(waveform) + round(0.05 * sample_rate))
    gain = response(np.fft.rfftfreq(n_fft, 1.0 / sample_rate))
    out = np.fft.irfft(np.fft.rfft(waveform, n_fft) * gain, n_fft)[: len(waveform)]
    return out.astype(waveform.dtype)


def swept(
    waveform: NDArray, response: Callable[[NDArray, NDArray], NDArray], *, sample_rate: int
) -> NDArray[np.float32]:
    """Filter a waveform with a moving magnitude response, in half-overlapping frames of 23 ms.

    Args:
        waveform: ``(time,)``.
        response: function from times in seconds ``(frames, 1)`` and frequencies in Hz ``(1, bins)``
            to amplitude gains ``(frames, bins)``.
        sample_rate: sample rate in Hz.

    **Shape**: result ``(time,)``.

    Example:
        >>> tone = np.sin(np.arange(4000.0))
        >>> same = swept(tone, lambda t, f: np.ones((len(t), f.shape[1])), sample_rate=8000)
        >>> float(np.abs(same - tone).max()) < 1e-5
        True
    """
    n_fft = 2 ** round(np.log2(_FRAME_S * sample_rate))
    hop = n_fft // 2
    n_frames = -(-len(waveform) // hop) + 1
    padded = np.zeros((n_frames + 1) * hop, dtype=np.float32)
    padded[hop : hop + len(waveform)] = waveform
    window = np.sin(np.pi * (np.arange(n_fft, dtype=np.float32) + 0.5) / n_fft)
    halves = padded.reshape(-1, hop)
    frames = np.concatenate([halves[:-1], halves[1:]], axis=1) * window
    time_s = (np.arange(n_frames) * hop / sample_rate)[:, None].astype(np.float32)
    frequency_hz = np.fft.rfftfreq(n_fft, 1.0 / sample_rate)[None, :].astype(np.float32)
    gain = response(time_s, frequency_hz).astype(np.float32)
    frames = np.fft.irfft(np.fft.rfft(frames) * gain, n_fft) * window
    out = np.zeros((n_frames + 1, hop), dtype=np.float32)
    out[:-1] += frames[:, :hop]
    out[1:] += frames[:, hop:]
    return out.reshape(-1)[hop : hop + len(waveform)]
