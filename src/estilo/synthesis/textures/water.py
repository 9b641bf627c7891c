"""Water: single bubbles, and the very many of a stream."""

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.filters import bandpass, highpass, shaped_noise
from estilo.synthesis.shaping import log_uniform, signal_time
from estilo.synthesis.textures.scatter import poisson_starts, settled, silence, strew, weather

_BATCH = 512


def bubbles(duration_s: float, sample_rate: int, rng: np.random.Generator) -> NDArray:
    """Bubbles rising in a tank: each a decaying tone that rises as it nears the surface.

    Args:
        duration_s: duration in seconds.
        sample_rate: sample rate in Hz.
        rng: random generator of the tank and its bubbles.

    **Shape**: result ``(time,)``, float32.

    Example:
        >>> bubbles(0.5, 8000, np.random.default_rng(0)).shape
        (4000,)
    """
    out = silence(duration_s, sample_rate)
    rate_hz = log_uniform(rng, 25.0, 70.0)
    smallest_m = log_uniform(rng, 0.0012, 0.002)
    out = _ringing(
        out,
        rng,
        rate_hz=rate_hz,
        radii_m=(smallest_m, smallest_m * rng.uniform(3.0, 6.0)),
        rise=rng.uniform(0.1, 0.4),
        sample_rate=sample_rate,
    )
    wash = shaped_noise(
        rng, len(out), lambda hz: bandpass(hz, 500.0, q=0.5), sample_rate=sample_rate
    )
    return settled(out + 0.03 * np.sqrt(np.square(out).mean()) * wash)


def stream(duration_s: float, sample_rate: int, rng: np.random.Generator) -> NDArray:
    """A brook: hundreds of small bubbles a second over the rush of the water.

    Args:
        duration_s: duration in seconds.
        sample_rate: sample rate in Hz.
        rng: random generator of the brook and its bubbles.

    **Shape**: result ``(time,)``, float32.

    Example:
        >>> stream(0.5, 8000, np.random.default_rng(0)).shape
        (4000,)
    """
    out = silence(duration_s, sample_rate)
    out = _ringing(
        out,
        rng,
        rate_hz=log_uniform(rng, 250.0, 700.0),
        radii_m=(0.0004, rng.uniform(0.003, 0.006)),
        rise=rng.uniform(0.02, 0.15),
        sample_rate=sample_rate,
    )
    centre_hz = log_uniform(rng, 600.0, 1800.0)

    def colour(frequency_hz: NDArray) -> NDArray:
        return bandpass(frequency_hz, centre_hz, q=0.5) + 0.1 * highpass(frequency_hz, 4000.0)

    rush = shaped_noise(rng, len(out), colour, sample_rate=sample_rate)
    swell = weather(rng, len(out), sample_rate=sample_rate, rate_hz=4.0)
    share = rng.uniform(0.3, 0.9) * np.sqrt(np.square(out).mean())
    return settled(out + share * rush * np.exp(0.2 * swell))


def _ringing(
    out: NDArray,
    rng: np.random.Generator,
    *,
    rate_hz: float,
    radii_m: tuple[float, float],
    rise: float,
    sample_rate: int,
) -> NDArray:
    """Bubbles strewn over time (van den Doel 2005, https://doi.org/10.1145/1095878.1095883).

    A bubble of radius r rings at 3/r Hz (Minnaert 1933) and dies at a rate of
    0.13/r + 0.0072 r^(−3/2); its pitch rises by the share ``rise`` of that rate.
    """
    low_m, high_m = radii_m
    lead = round(_life_s(high_m) * sample_rate)
    starts = poisson_starts(rng, out, rate_hz=rate_hz, sample_rate=sample_rate, lead=lead)
    radii = np.sort(np.exp(rng.uniform(np.log(low_m), np.log(high_m), len(starts))))
    for first in range(0, len(starts), _BATCH):
        # Sorted, small bubbles share short batches.
        radius_m = radii[first : first + _BATCH, None]
        t = signal_time(round(_life_s(float(radius_m[-1, 0])) * sample_rate), sample_rate)
        pitch_hz = 3.0 / radius_m
        rate = _dying_rate(radius_m)
        slope = np.where(rng.random(radius_m.shape) < 0.7, rise * rate, 0.0)
        phase = pitch_hz * t * (1.0 + 0.5 * slope * t) % 1.0
        # Larger bubbles are louder; most lie deep, where little reaches the air.
        strength = (radius_m / high_m) ** 0.5 * rng.random(radius_m.shape) ** 2
        # A rising tone may pass the Nyquist frequency only once it has died.
        is_low = pitch_hz * (1.0 + 4.0 * slope / rate) < 0.48 * sample_rate
        sounds = is_low * strength * np.sin(2.0 * np.pi * phase) * np.exp(-rate * t)
        out = strew(out, sounds, starts[first : first + _BATCH])
    return out


def _dying_rate(radius_m: NDArray | float) -> NDArray:
    """Rate at which a bubble's amplitude decays, per second."""
    return 0.13 / np.asarray(radius_m) + 0.0072 * np.asarray(radius_m) ** -1.5


def _life_s(radius_m: float) -> float:
    """60 dB of decay in seconds."""
    return 7.0 / float(_dying_rate(radius_m))
