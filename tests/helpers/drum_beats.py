"""A beat of three drums that are known."""

import numpy as np

from estilo.analysis.transcription.heard import Hit, Transcription
from estilo.audio import Audio

RATE = 16_000
PATTERN = "kshhkshhkkss"
STEP_S = 0.3


def drum(rng: np.random.Generator, kind: str, *, pitch: float) -> np.ndarray:
    """A kick, a snare or a hi-hat; higher for a larger pitch."""
    time_s = np.arange(round(0.28 * RATE)) / RATE
    noise = rng.standard_normal(len(time_s))
    if kind == "k":
        return np.sin(2 * np.pi * 60.0 * pitch * time_s + 0.5) * np.exp(-time_s / 0.06)
    if kind == "s":
        body = np.sin(2 * np.pi * 200.0 * pitch * time_s)
        return (0.4 * body + np.convolve(noise, np.ones(4) / 4, "same")) * np.exp(-time_s / 0.03)
    return 0.5 * np.diff(np.diff(noise, prepend=0.0), prepend=0.0) * np.exp(-time_s / 0.012)


def beat(rng, *, pitch: float = 1.0, gain: float = 0.3) -> tuple[Audio, Transcription]:
    out = np.zeros(round((len(PATTERN) + 1) * STEP_S * RATE))
    hits = []
    for place, kind in enumerate(PATTERN):
        start = round((place + 0.5) * STEP_S * RATE)
        sound = drum(rng, kind, pitch=pitch) * gain * (1.0 if place % 3 else 0.5)
        out[start : start + len(sound)] += sound
        start_s = start / RATE
        hits.append(Hit(start_s, start_s + 0.28, -10.0))
    return Audio(out, RATE), Transcription(hits=tuple(hits))
