"""Clicks and drums at known times."""

import numpy as np

from estilo.analysis.sound import RATE_HZ, Sound

HIT_SIZE = round(0.15 * RATE_HZ)


def clicks(times_s, *, seconds):
    """A click at each of the times."""
    samples = np.zeros(round(seconds * RATE_HZ))
    click = np.exp(-np.arange(320) / 40) * np.sin(0.6 * np.arange(320))
    for start in np.rint(np.asarray(times_s) * RATE_HZ).astype(int):
        part = samples[start : start + 320]
        part += click[: len(part)]
    return Sound(0.5 * samples, RATE_HZ)


def hits(rng):
    """Kick, snare and hi-hat, ``(HIT_SIZE,)`` each."""
    time_s = np.arange(HIT_SIZE) / RATE_HZ
    return {
        "k": np.sin(2 * np.pi * (50 + 80 * np.exp(-40 * time_s)) * time_s) * np.exp(-25 * time_s),
        "s": 0.6 * rng.standard_normal(HIT_SIZE) * np.exp(-30 * time_s),
        "x": 0.25 * np.diff(rng.standard_normal(HIT_SIZE + 1)) * np.exp(-80 * time_s),
    }
