"""A fire: crackling, lapping, hissing."""

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.filters import highpass, lowpass, shaped_noise
from estilo.synthesis.shaping import log_uniform, signal_time
from estilo.synthesis.textures.scatter import poisson_starts, settled, silence, strew, weather


def fire_crackle(duration_s: float, sample_rate: int, rng: np.random.Generator) -> NDArray:
    """A wood fire: crackles of many sizes over the rumble of lapping flames and a hiss.

    The three layers are those of Farnell (2010, Designing Sound, ch. 34): splinters break at
    random, short and of widely spread energy; burning gas flutters below 200 Hz; steam hisses.

    Args:
        duration_s: duration in seconds.
        sample_rate: sample rate in Hz.
        rng: random generator of the fire and its events.

    **Shape**: result ``(time,)``, float32.

    Example:
        >>> fire_crackle(0.5, 8000, np.random.default_rng(0)).shape
        (4000,)
    """
    out = silence(duration_s, sample_rate)
    n_samples = len(out)
    flutter_hz = rng.uniform(3.0, 9.0)
    lapping = shaped_noise(
        rng, n_samples, lambda hz: lowpass(hz, 130.0) ** 2, sample_rate=sample_rate
    )
    swell = weather(rng, n_samples, sample_rate=sample_rate, rate_hz=flutter_hz)
    out += rng.uniform(0.3, 0.8) * lapping * np.exp(0.5 * swell)
    hiss = shaped_noise(
        rng,
        n_samples,
        lambda hz: highpass(hz, 1500.0) * lowpass(hz, 7000.0),
        sample_rate=sample_rate,
    )
    swell = weather(rng, n_samples, sample_rate=sample_rate, rate_hz=4.0)
    out += rng.uniform(0.05, 0.15) * hiss * np.exp(0.5 * swell)
    out = _crackles(out, rng, rate_hz=log_uniform(rng, 12.0, 40.0), sample_rate=sample_rate)
    return settled(_pops(out, rng, rate_hz=rng.uniform(0.8, 2.5), sample_rate=sample_rate))


def _crackles(
    out: NDArray, rng: np.random.Generator, *, rate_hz: float, sample_rate: int
) -> NDArray:
    """Splinters: bursts of coloured noise of a few milliseconds, in small showers."""
    length = round(0.03 * sample_rate)
    seeds = poisson_starts(rng, out, rate_hz=rate_hz / 2.0, sample_rate=sample_rate, lead=length)
    # A splinter often sets off others within some 50 ms.
    n_more = rng.geometric(0.5, len(seeds)) - 1
    more = np.repeat(seeds, n_more)
    starts = np.concatenate(
        [seeds, more + (rng.exponential(0.05, len(more)) * sample_rate).astype(int)]
    )
    t = signal_time(length, sample_rate)
    n_events = len(starts)
    decay_s = np.exp(rng.uniform(np.log(0.0006), np.log(0.006), (n_events, 1)))
    pitch_hz = np.exp(rng.uniform(np.log(900.0), np.log(7000.0), (n_events, 1)))
    pitch_hz = np.minimum(pitch_hz, 0.4 * sample_rate)
    noise = rng.standard_normal((n_events, length))
    ring = np.sin(2.0 * np.pi * pitch_hz * t + rng.uniform(0.0, 6.28, (n_events, 1)))
    size = 0.6 * rng.lognormal(0.0, 0.75, (n_events, 1))
    return strew(out, size * (0.5 * noise + ring) * np.exp(-t / decay_s), starts)


def _pops(out: NDArray, rng: np.random.Generator, *, rate_hz: float, sample_rate: int) -> NDArray:
    """Larger breaks: a click with a woody body."""
    length = round(0.12 * sample_rate)
    starts = poisson_starts(rng, out, rate_hz=rate_hz, sample_rate=sample_rate, lead=length)
    t = signal_time(length, sample_rate)
    n_events = len(starts)
    body_hz = np.exp(rng.uniform(np.log(150.0), np.log(700.0), (n_events, 1)))
    body = np.sin(2.0 * np.pi * body_hz * t) * np.exp(-t / rng.uniform(0.005, 0.02, (n_events, 1)))
    click = rng.standard_normal((n_events, length)) * np.exp(-t / 0.0015)
    return strew(out, rng.lognormal(0.3, 0.5, (n_events, 1)) * (body + 1.2 * click), starts)
