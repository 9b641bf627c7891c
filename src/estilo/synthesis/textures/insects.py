"""A summer night's insects."""

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.filters import bandpass, shaped_noise
from estilo.synthesis.shaping import signal_time
from estilo.synthesis.textures.scatter import settled, silence, strew, weather


def insects(duration_s: float, sample_rate: int, rng: np.random.Generator) -> NDArray:
    """Crickets that chirp in groups of pulses, cicadas that buzz, and the night behind them.

    A cricket's chirp is three to five pulses of a nearly pure tone at 2.5 to 6 kHz, 20 to 35 ms
    apart, one to three times a second (Bennet-Clark 1989); a cicada is a band of noise broken
    up a hundred times a second.

    Args:
        duration_s: duration in seconds.
        sample_rate: sample rate in Hz.
        rng: random generator of the animals and their songs.

    **Shape**: result ``(time,)``, float32.

    Example:
        >>> insects(0.5, 16_000, np.random.default_rng(0)).shape
        (8000,)
    """
    out = silence(duration_s, sample_rate)
    for _ in range(int(rng.integers(4, 11))):
        out = _cricket(out, rng, sample_rate=sample_rate)
    for _ in range(int(rng.integers(1, 4))):
        out += _cicada(len(out), rng, sample_rate=sample_rate)
    night = shaped_noise(
        rng, len(out), lambda hz: 1.0 / np.maximum(hz, 100.0), sample_rate=sample_rate
    )
    return settled(out + 0.02 * night)


def _cricket(out: NDArray, rng: np.random.Generator, *, sample_rate: int) -> NDArray:
    """One animal: chirps of a few pulses at a steady pace."""
    carrier_hz = min(rng.uniform(2500.0, 6000.0), 0.42 * sample_rate)
    period_s = 1.0 / rng.uniform(1.0, 3.0)
    n_pulses = int(rng.integers(3, 6))
    spacing_s = min(rng.uniform(0.02, 0.035), 0.8 * period_s / n_pulses)
    length = round(spacing_s * n_pulses * sample_rate)
    t = signal_time(length, sample_rate)
    place = t / spacing_s
    pulse = np.sin(np.pi * np.minimum((place % 1.0) / 0.7, 1.0)) ** 2
    pulse *= 0.5 + 0.5 * (np.floor(place) + 1.0) / n_pulses
    n_chirps = int(len(out) / sample_rate / period_s * 1.3) + 4
    tuning = 1.0 + 0.004 * rng.standard_normal((n_chirps, 1))
    # Every pulse glides down by 3 %: the integral of 1 − 0.03 (place mod 1).
    glided = t - 0.015 * spacing_s * (np.floor(place) + (place % 1.0) ** 2)
    start = rng.uniform(0.0, 2.0 * np.pi, (n_chirps, 1))
    tone = np.sin(2.0 * np.pi * carrier_hz * tuning * glided + start)
    strength = rng.uniform(0.8, 1.0, (n_chirps, 1)) / rng.uniform(1.0, 5.0)
    steps_s = period_s * (1.0 + 0.04 * rng.standard_normal(n_chirps))
    starts = ((np.cumsum(steps_s) - rng.uniform(1.0, 2.0) * period_s) * sample_rate).astype(int)
    return strew(out, strength * pulse * tone, starts)


def _cicada(n_samples: int, rng: np.random.Generator, *, sample_rate: int) -> NDArray:
    """One animal: a buzzing band of noise that breathes slowly."""
    centre_hz = min(rng.uniform(4000.0, 9000.0), 0.4 * sample_rate)
    q = rng.uniform(4.0, 14.0)
    noise = shaped_noise(
        rng, n_samples, lambda hz: bandpass(hz, centre_hz, q=q) ** 2, sample_rate=sample_rate
    )
    t = signal_time(n_samples, sample_rate)
    buzz = 0.5 + 0.5 * np.sin(2.0 * np.pi * rng.uniform(60.0, 220.0) * t)
    breath = weather(rng, n_samples, sample_rate=sample_rate, rate_hz=1.5)
    return rng.uniform(0.02, 0.15) * noise * buzz**2 * np.exp(0.4 * breath)
