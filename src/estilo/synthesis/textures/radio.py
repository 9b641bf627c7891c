"""A radio between stations."""

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.filters import filtered, highpass, lowpass
from estilo.synthesis.shaping import log_uniform, signal_time
from estilo.synthesis.textures.scatter import poisson_starts, settled, silence, strew, weather


def radio_static(duration_s: float, sample_rate: int, rng: np.random.Generator) -> NDArray:
    """Short wave between stations: fading hiss, atmospheric crackle, heterodyne whistles, hum.

    Args:
        duration_s: duration in seconds.
        sample_rate: sample rate in Hz.
        rng: random generator of the place on the dial and its noises.

    **Shape**: result ``(time,)``, float32.

    Example:
        >>> radio_static(0.5, 16_000, np.random.default_rng(0)).shape
        (8000,)
    """
    out = silence(duration_s, sample_rate)
    n_samples = len(out)
    high_hz = min(log_uniform(rng, 2500.0, 6000.0), 0.45 * sample_rate)

    def band(frequency_hz: NDArray) -> NDArray:
        return highpass(frequency_hz, 250.0) * lowpass(frequency_hz, high_hz) ** 2

    fading = weather(rng, n_samples, sample_rate=sample_rate, rate_hz=2.0)
    out += rng.standard_normal(n_samples) * np.exp(0.25 * fading)
    out = _crackle(out, rng, high_hz=high_hz, sample_rate=sample_rate)
    out = filtered(out, band, sample_rate=sample_rate)
    out /= np.sqrt(np.square(out).mean())
    for _ in range(int(rng.integers(1, 4))):
        out += _whistle(n_samples, rng, highest_hz=0.8 * high_hz, sample_rate=sample_rate)
    hum_hz = float(rng.choice((100.0, 120.0)))
    t = signal_time(n_samples, sample_rate)
    hum = sum(np.sin(2.0 * np.pi * hum_hz * k * t) / k for k in range(1, 6))
    return settled(out + rng.uniform(0.02, 0.15) * hum)


def _whistle(
    n_samples: int, rng: np.random.Generator, *, highest_hz: float, sample_rate: int
) -> NDArray:
    """The beat of two carriers: a tone that drifts and fades."""
    centre_hz = log_uniform(rng, 500.0, highest_hz)
    drift = weather(rng, n_samples, sample_rate=sample_rate, rate_hz=0.8)
    phase = np.cumsum(centre_hz * 2.0 ** (0.04 * drift)) / sample_rate
    fading = weather(rng, n_samples, sample_rate=sample_rate, rate_hz=1.2)
    return rng.uniform(0.15, 0.7) * np.sin(2.0 * np.pi * phase) * np.exp(0.4 * fading)


def _crackle(
    out: NDArray, rng: np.random.Generator, *, high_hz: float, sample_rate: int
) -> NDArray:
    """Sparks and far lightning."""
    length = round(0.02 * sample_rate)
    rate_hz = log_uniform(rng, 8.0, 50.0)
    starts = poisson_starts(rng, out, rate_hz=rate_hz, sample_rate=sample_rate, lead=length)
    t = signal_time(length, sample_rate)
    shape = (len(starts), 1)
    decay_s = np.exp(rng.uniform(np.log(0.0004), np.log(0.004), shape))
    pitch_hz = rng.uniform(0.3, 0.8, shape) * high_hz
    ring = np.sin(2.0 * np.pi * pitch_hz * t) + 0.7 * rng.standard_normal((len(starts), length))
    size = 2.5 * rng.lognormal(0.0, 0.8, shape)
    return strew(out, size * ring * np.exp(-t / decay_s), starts)
