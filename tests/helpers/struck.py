"""Struck notes with pauses between them, whose times are known."""

import numpy as np

RATE = 44_100
STARTS_S = (0.2, 1.0, 1.8, 2.6, 3.4)
"""Notes last 0.5 s; what follows each is a pause."""
DURATION_S = 4.2
PITCHES_HZ = (262.0, 330.0, 196.0, 392.0, 294.0)


def struck(
    rng: np.random.Generator,
    *,
    pitches_hz: tuple[float, ...] = PITCHES_HZ,
    attack_s: float = 0.004,
    decay_per_s: float = 2.0,
    delay_s: float = 0.0,
    floor: float = 1e-4,
) -> np.ndarray:
    """Five notes of ten partials each over a noise floor; **shape** ``(time,)``.

    Args:
        rng: random generator of the floor.
        pitches_hz: pitches of the notes.
        attack_s: how long a note rises.
        decay_per_s: how fast it fades: to 1/e in the reciprocal.
        delay_s: how much later than `STARTS_S` they begin.
        floor: standard deviation of the floor.
    """
    time_s = np.arange(round(DURATION_S * RATE)) / RATE
    out = floor * rng.standard_normal(len(time_s))
    for start_s, pitch_hz in zip(STARTS_S, pitches_hz, strict=True):
        after_s = time_s - start_s - delay_s
        envelope = np.clip(after_s / attack_s, 0.0, 1.0) * np.exp(
            -decay_per_s * np.maximum(after_s, 0.0)
        )
        envelope *= np.clip((0.5 - after_s) / 0.02, 0.0, 1.0)
        for k in range(1, 11):
            out += 0.15 / k * envelope * np.sin(2 * np.pi * k * pitch_hz * time_s + k)
    return out
