"""Tones whose attributes are known, to be measured."""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import Sound

RATE = 22_050


def times(seconds: float) -> NDArray[np.float64]:
    """Times of the samples, in seconds."""
    return np.arange(round(seconds * RATE)) / RATE


def harmonics(f0_hz: float, seconds: float, *, cents: NDArray | float = 0.0) -> NDArray[np.float64]:
    """Partials of equal loudness in every octave up to 9 kHz, their pitch off by some cents."""
    n_samples = round(seconds * RATE)
    speed = np.broadcast_to(2.0 ** (np.asarray(cents) / 1200.0), (n_samples,))
    phase = 2.0 * np.pi * f0_hz / RATE * np.cumsum(speed)
    count = int(9000.0 / f0_hz)
    return 0.1 * sum(np.sin(k * phase + k * k) / k for k in range(1, count + 1))


def notes(
    *,
    f0_hz: float = 220.0,
    held_s: float = 0.8,
    gap_s: float = 0.3,
    n_notes: int = 3,
    attack_s: float = 0.005,
    release_s: float = 0.04,
    fall_db_per_s: float = 0.0,
) -> NDArray[np.float64]:
    """Notes a whole tone apart: a straight rise, a fall in dB, a straight fall in dB at the end.

    The release is given as the time of a fall by 60 dB. The first note begins after 0.2 s.
    """
    time_s = times(held_s + gap_s)
    rise = np.minimum(time_s / attack_s, 1.0)
    fall_db = fall_db_per_s * time_s + 60.0 / release_s * np.maximum(time_s - held_s, 0.0)
    course = rise * 10.0 ** (-fall_db / 20.0)
    parts = [harmonics(f0_hz * 2.0 ** (k / 6.0), held_s + gap_s) * course for k in range(n_notes)]
    return np.concatenate([np.zeros(round(0.2 * RATE)), *parts])


def sound(samples: NDArray) -> Sound:
    """Samples as a sound."""
    return Sound(samples, RATE)
