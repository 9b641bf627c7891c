"""People clapping."""

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.effects import Room
from estilo.synthesis.filters import bandpass, fast_length, shaped_noise
from estilo.synthesis.shaping import log_uniform, signal_time
from estilo.synthesis.textures.scatter import settled, silence, strew


def applause(duration_s: float, sample_rate: int, rng: np.random.Generator) -> NDArray:
    """A few dozen people near by, each with hands and a pace of their own, before a far crowd.

    Resonances and paces as Repp (1987, The sound of two hands clapping,
    https://doi.org/10.1121/1.395618) measured them: 2.5 to 5 claps a second, a peak between
    some 500 Hz and 3 kHz by the shape of the hands.

    Args:
        duration_s: duration in seconds.
        sample_rate: sample rate in Hz.
        rng: random generator of the people and their claps.

    **Shape**: result ``(time,)``, float32.

    Example:
        >>> applause(0.5, 8000, np.random.default_rng(0)).shape
        (4000,)
    """
    out = silence(duration_s, sample_rate)
    for _ in range(int(rng.integers(25, 80))):
        out = _clapper(out, rng, sample_rate=sample_rate)
    crowd = shaped_noise(
        rng, len(out), lambda hz: bandpass(hz, 1500.0, q=0.6), sample_rate=sample_rate
    )
    out += rng.uniform(0.3, 0.8) * np.sqrt(np.square(out).mean()) * crowd
    room = Room(
        decay_s=rng.uniform(0.3, 1.2),
        wet_db=rng.uniform(-14.0, -5.0),
        delay_s=rng.uniform(0.005, 0.02),
        n_early=8,
        damping_hz=3500.0,
        seed=int(rng.integers(2**31)),
    ).impulse_response(sample_rate)
    # Wrapping the tail around keeps the beginning as full of room as everything after it.
    n_fft = fast_length(len(out))
    spectrum = np.fft.rfft(out, n_fft) * np.fft.rfft(room[:n_fft], n_fft)
    return settled(np.fft.irfft(spectrum, n_fft)[: len(out)])


def _clapper(out: NDArray, rng: np.random.Generator, *, sample_rate: int) -> NDArray:
    """One person's claps: four versions of one sound at an uneven pace."""
    length = round(0.04 * sample_rate)
    t = signal_time(length, sample_rate)
    pitch_hz = min(log_uniform(rng, 500.0, 3000.0), 0.3 * sample_rate)
    decay_s = rng.uniform(0.003, 0.009)
    distance = log_uniform(rng, 1.0, 8.0)

    def colour(frequency_hz: NDArray) -> NDArray:
        peak = bandpass(frequency_hz, pitch_hz, q=2.0)
        return peak + 0.25 * bandpass(frequency_hz, 2.7 * pitch_hz, q=1.0)

    noise = np.stack([shaped_noise(rng, length, colour, sample_rate=sample_rate) for _ in range(4)])
    claps = noise * np.exp(-t / decay_s) / distance
    period_s = 1.0 / rng.uniform(2.5, 5.0)
    n_claps = int(len(out) / sample_rate / period_s * 1.4) + 4
    steps_s = period_s * (1.0 + 0.06 * rng.standard_normal(n_claps))
    starts = ((np.cumsum(steps_s) - rng.uniform(1.0, 2.0) * period_s) * sample_rate).astype(int)
    strength = rng.uniform(0.6, 1.0, (n_claps, 1))
    return strew(out, strength * claps[rng.integers(0, 4, n_claps)], starts)
