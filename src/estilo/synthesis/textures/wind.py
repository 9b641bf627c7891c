"""Wind around a house or through trees."""

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.filters import bandpass, lowpass, swept
from estilo.synthesis.shaping import log_uniform
from estilo.synthesis.textures.scatter import settled, silence, weather


def wind(duration_s: float, sample_rate: int, rng: np.random.Generator) -> NDArray:
    """Gusts: noise whose band rises and swells with the speed, and edges that whistle.

    The pitch of an edge is proportional to the speed of the air (Strouhal), the level to a
    higher power of it, so both follow one random gust curve.

    Args:
        duration_s: duration in seconds.
        sample_rate: sample rate in Hz.
        rng: random generator of the place and its gusts.

    **Shape**: result ``(time,)``, float32.

    Example:
        >>> wind(0.5, 8000, np.random.default_rng(0)).shape
        (4000,)
    """
    n_samples = len(silence(duration_s, sample_rate))
    gust = weather(rng, n_samples, sample_rate=sample_rate, rate_hz=rng.uniform(0.8, 1.6))
    eddies = weather(rng, n_samples, sample_rate=sample_rate, rate_hz=rng.uniform(4.0, 8.0))
    speed = np.exp(0.24 * np.clip(gust, -1.7, 1.7) + 0.07 * eddies)
    base_hz = log_uniform(rng, 180.0, 450.0)
    q = rng.uniform(0.6, 1.6)
    whistles = [
        (log_uniform(rng, 450.0, 1600.0), rng.uniform(12.0, 35.0), rng.uniform(0.15, 0.6))
        for _ in range(rng.integers(1, 4))
    ]
    leaves = rng.uniform(0.01, 0.06)

    def response(time_s: NDArray, frequency_hz: NDArray) -> NDArray:
        places = np.minimum((time_s * sample_rate).astype(int), n_samples - 1)
        v = speed[places]
        gain = v**1.5 * (
            bandpass(frequency_hz, base_hz * v, q=q) + 0.5 * lowpass(frequency_hz, 90.0) ** 2
        )
        for whistle_hz, sharpness, level in whistles:
            gain += level * v**2 * bandpass(frequency_hz, whistle_hz * v, q=sharpness) ** 2
        return gain + leaves * v**2 * bandpass(frequency_hz, 3500.0, q=0.5)

    noise = rng.standard_normal(n_samples)
    return settled(swept(noise, response, sample_rate=sample_rate))
