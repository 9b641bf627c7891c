"""An idling or running combustion engine."""

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.filters import Resonance, filtered, highpass, lowpass, shaped_noise
from estilo.synthesis.shaping import log_uniform
from estilo.synthesis.textures.scatter import settled, silence, weather


def engine(duration_s: float, sample_rate: int, rng: np.random.Generator) -> NDArray:
    """Firing cylinders through an exhaust pipe, with the rattle of the valves.

    Every cylinder fires once in two turns, a little unlike the others and a little off its time:
    that gives an engine its half orders. The pulses go through the resonances of a pipe.

    Args:
        duration_s: duration in seconds.
        sample_rate: sample rate in Hz.
        rng: random generator of the machine and its running.

    **Shape**: result ``(time,)``, float32.

    Example:
        >>> engine(0.5, 8000, np.random.default_rng(0)).shape
        (4000,)
    """
    n_samples = len(silence(duration_s, sample_rate))
    n_cylinders = int(rng.choice((1, 2, 3, 4, 6, 8)))
    turns_hz = log_uniform(rng, 11.0, 45.0)
    wander = 0.006 * weather(rng, n_samples, sample_rate=sample_rate, rate_hz=1.0)
    wander += 0.003 * weather(rng, n_samples, sample_rate=sample_rate, rate_hz=12.0)
    # One unit of phase is one firing.
    phase = np.cumsum(turns_hz * n_cylinders / 2.0 * (1.0 + wander)) / sample_rate
    firing = phase.astype(int)
    n_firings = int(firing[-1]) + 1
    strength = _per_firing(rng, n_firings, n_cylinders, spread=0.25) * rng.uniform(
        0.85, 1.15, n_firings
    )
    lateness = 0.03 * rng.standard_normal(n_firings) + 0.1 * (
        _per_firing(rng, n_firings, n_cylinders, spread=0.3) - 1.0
    )
    since = np.maximum(phase - firing - 0.15 - lateness[firing], 0.0)
    sharpness = log_uniform(rng, 8.0, 40.0)
    pulse = strength[firing] * since * sharpness * np.exp(1.0 - since * sharpness)
    gas = shaped_noise(rng, n_samples, lambda hz: lowpass(hz, 3000.0), sample_rate=sample_rate)
    valves = shaped_noise(rng, n_samples, lambda hz: highpass(hz, 2500.0), sample_rate=sample_rate)
    noise, rattle = rng.uniform(0.3, 0.9), log_uniform(rng, 0.04, 0.2)
    tick = np.exp(-((phase * 2.0) % 1.0) * 12.0)
    out = pulse * (1.0 + noise * gas) + rattle * valves * (0.2 + tick)
    pipe = _pipe(rng)
    muffler_hz = log_uniform(rng, 400.0, 2000.0)

    def response(frequency_hz: NDArray) -> NDArray:
        total = 1.0 / (1.0 + 1j * frequency_hz / muffler_hz) + 0.15
        # What lies below hearing would only use up the level.
        total = total * (1j * frequency_hz) / (25.0 + 1j * frequency_hz)
        for mode in pipe:
            total = total * mode.response(frequency_hz)
        return total

    return settled(filtered(out, response, sample_rate=sample_rate))


def _per_firing(
    rng: np.random.Generator, n_firings: int, n_cylinders: int, *, spread: float
) -> NDArray:
    """A trait that each cylinder keeps, ``(n_firings,)``, about 1."""
    return (1.0 + spread * rng.uniform(-1.0, 1.0, n_cylinders))[np.arange(n_firings) % n_cylinders]


def _pipe(rng: np.random.Generator) -> tuple[Resonance, ...]:
    """Odd modes of a pipe that is closed at the engine, 1 to 3 m long."""
    first_hz = 343.0 / (4.0 * rng.uniform(1.0, 3.0))
    return tuple(
        Resonance(
            first_hz * (2 * k + 1), 0.15 * first_hz * (2 * k + 1) + 15.0, 14.0 / (1.0 + 0.35 * k)
        )
        for k in range(8)
    )
