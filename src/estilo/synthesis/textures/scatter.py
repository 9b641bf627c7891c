"""Common parts of textures: events scattered over time, slow changes, a common level."""

import numpy as np
from numpy.typing import NDArray

from estilo.errors import InputError
from estilo.synthesis.shaping import slow_noise

RMS = 0.1
_KNEE = 0.6
_CEILING = 0.98
_CONTROL_HZ = 200.0


def silence(duration_s: float, sample_rate: int) -> NDArray[np.float64]:
    """Zeros to strew events into.

    Args:
        duration_s: duration in seconds.
        sample_rate: sample rate in Hz.

    Raises:
        InputError: the duration is less than a tenth of a second.

    Example:
        >>> len(silence(0.5, 8000))
        4000
    """
    if duration_s < 0.1:
        raise InputError(f"a texture lasts 0.1 s or longer, got {duration_s} s; ask for more")
    return np.zeros(round(duration_s * sample_rate))


def strew(out: NDArray, sounds: NDArray, starts: NDArray) -> NDArray:
    """Add sounds at their places to a copy; what sticks out at either end is cut.

    Args:
        out: samples to add to, ``(time,)``.
        sounds: sounds of the events, ``(events, length)``.
        starts: first sample of each event, which may be negative, ``(events,)``.

    Example:
        >>> strew(np.zeros(3), np.array([[1.0, 2.0]]), np.array([-1]))
        array([2., 0., 0.])
    """
    length = sounds.shape[1]
    padded = np.zeros(len(out) + 2 * length)
    for sound, start in zip(sounds, np.asarray(starts) + length, strict=True):
        if 0 <= start <= len(out) + length:
            padded[start : start + length] += sound
    return out + padded[length : length + len(out)]


def poisson_starts(
    rng: np.random.Generator, out: NDArray, *, rate_hz: float, sample_rate: int, lead: int
) -> NDArray[np.int64]:
    """First samples of independent events, some of which begin before the start.

    Args:
        rng: random generator.
        out: samples that the events will be added to, ``(time,)``.
        rate_hz: mean number of events per second.
        sample_rate: sample rate in Hz.
        lead: number of samples before the start in which events may begin.

    **Shape**: ``(events,)`` in samples, in no order.
    """
    n_places = len(out) + lead
    n_events = rng.poisson(rate_hz * n_places / sample_rate)
    return rng.integers(-lead, len(out), n_events)


def weather(
    rng: np.random.Generator, n_samples: int, *, sample_rate: int, rate_hz: float
) -> NDArray[np.float64]:
    """A slow random curve of unit deviation, ``(n_samples,)``.

    Args:
        rng: random generator.
        n_samples: length in samples.
        sample_rate: sample rate in Hz.
        rate_hz: rate of the changes, in Hz.
    """
    coarse_s = np.arange(int(n_samples / sample_rate * _CONTROL_HZ) + 2) / _CONTROL_HZ
    curve = slow_noise(rng, coarse_s, rate_hz=rate_hz)
    return np.interp(np.arange(n_samples) / sample_rate, coarse_s, curve)


def settled(sound: NDArray) -> NDArray[np.float32]:
    """A texture at an RMS of 0.1, its rare high peaks bent softly below full scale.

    Example:
        >>> float(np.abs(settled(np.array([0.0] * 999 + [1.0]))).max()) < 1.0
        True
    """
    sound = sound - sound.mean()
    sound = sound * (RMS / np.sqrt(np.square(sound).mean()))
    size = np.abs(sound)
    room = _CEILING - _KNEE
    bent = _KNEE + room * np.tanh((size - _KNEE) / room)
    return np.where(size > _KNEE, np.sign(sound) * bent, sound).astype(np.float32)
