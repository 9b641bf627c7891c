"""Clips to try things on, made from numbers alone: a melody, rain, bells and drums.

Deterministic: the same samples on every machine, up to rounding.
"""

from collections.abc import Callable

import numpy as np

from estilo.audio import Audio
from estilo.errors import SettingsError

SAMPLE_RATE = 22_050
DURATION_S = 7.0
_PEAK = 0.5
_SEED = 2016

# (start in beats, length in beats, MIDI note): eight bars' worth of a tune in A minor.
_TUNE = (
    (0, 1, 69), (1, 0.5, 72), (1.5, 0.5, 76), (2, 1, 74), (3, 0.5, 72), (3.5, 0.5, 71),
    (4, 1, 72), (5, 1, 69), (6, 1.5, 64), (8, 1, 69), (9, 0.5, 72), (9.5, 0.5, 76),
    (10, 1, 79), (11, 1, 76), (12, 2, 81),
)  # fmt: skip
_BEAT_S = 0.48

# (ratio to the strike note, level, decay in seconds): the twelfth is tuned, the rest is not.
_HANDBELL = (
    (1.0, 1.0, 0.4), (2.0, 0.1, 0.25), (3.0, 0.5, 0.2),
    (5.4, 0.35, 0.1), (8.9, 0.2, 0.05), (13.3, 0.1, 0.03),
)  # fmt: skip


def clip(name: str) -> Audio:
    """A demonstration clip, mono, 7 s at 22 050 Hz.

    Args:
        name: ``melody``, ``rain``, ``bells`` or ``drums``.

    Raises:
        SettingsError: there is no such clip.

    Example:
        >>> clip("rain").duration_s
        7.0
    """
    if name not in CLIPS:
        raise SettingsError(f"unknown clip {name!r}. Known: {', '.join(CLIPS)}")
    samples = CLIPS[name]()
    samples = samples - samples.mean()
    return Audio(_PEAK * samples / np.abs(samples).max(), SAMPLE_RATE)


def melody() -> np.ndarray:
    """A tune on a reed-like synthesiser: clear notes, clear rhythm."""
    out = _silence()
    for start, length, note in _TUNE:
        out_note = _reed(_midi_to_hz(note), length * _BEAT_S * 0.92)
        _add(out, out_note, start * _BEAT_S)
    return out


def rain() -> np.ndarray:
    """Drops on leaves: a hiss, and some hundred ringing drops a second."""
    rng = np.random.default_rng(_SEED)
    n_samples = len(_silence())
    hiss = _shaped_noise(rng, n_samples, low_hz=400.0, high_hz=9000.0)
    out = 0.25 * hiss / np.abs(hiss).max()
    for start_s in rng.uniform(0.0, DURATION_S, int(120 * DURATION_S)):
        pitch_hz = float(np.exp(rng.uniform(np.log(900.0), np.log(7000.0))))
        t = np.arange(int(0.03 * SAMPLE_RATE)) / SAMPLE_RATE
        drop = np.sin(2 * np.pi * pitch_hz * t * (1.0 + 4.0 * t)) * np.exp(-t / 0.004)
        _add(out, 0.6 * float(rng.exponential(0.3)) * drop, start_s)
    return out


def bells() -> np.ndarray:
    """Handbells that ring into each other: a strike note, its tuned twelfth, and the clapper."""
    rng = np.random.default_rng(_SEED + 1)
    out = _silence()
    scale = (57, 60, 62, 64, 67, 69, 72, 74, 76, 79, 81)
    for start_s in np.arange(0.0, DURATION_S - 0.2, 0.48):
        pitch_hz = _midi_to_hz(int(rng.choice(scale)))
        t = np.arange(int(2.5 * SAMPLE_RATE)) / SAMPLE_RATE
        tone = sum(
            level * np.sin(2 * np.pi * ratio * pitch_hz * t) * np.exp(-t / decay_s)
            for ratio, level, decay_s in _HANDBELL
            if ratio * pitch_hz < 0.45 * SAMPLE_RATE
        )
        _add(out, float(rng.uniform(0.3, 1.0)) * np.asarray(tone), start_s)
    return out


def drums() -> np.ndarray:
    """A loop of kick, snare and hats at 112 beats per minute."""
    rng = np.random.default_rng(_SEED + 2)
    out = _silence()
    step_s = 60.0 / 112.0 / 4.0
    pattern = {"kick": "x.....x.x..x....", "snare": "....x.......x..x", "hat": "x.xxx.x.x.xxx.x."}
    for step in range(int(DURATION_S / step_s)):
        for name, hits in pattern.items():
            if hits[step % len(hits)] == "x":
                _add(out, _drum(name, rng), step * step_s)
    return out


CLIPS: dict[str, Callable[[], np.ndarray]] = {
    "melody": melody,
    "rain": rain,
    "bells": bells,
    "drums": drums,
}


def _silence() -> np.ndarray:
    return np.zeros(round(DURATION_S * SAMPLE_RATE))


def _midi_to_hz(note: float) -> float:
    return 440.0 * 2.0 ** ((note - 69.0) / 12.0)


def _add(out: np.ndarray, sound: np.ndarray, start_s: float) -> None:
    """Mix a sound into a longer one from a time on; what lies beyond the end is lost."""
    start = round(start_s * SAMPLE_RATE)
    part = out[start : start + len(sound)]
    part += sound[: len(part)]


def _reed(pitch_hz: float, duration_s: float) -> np.ndarray:
    t = np.arange(int(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    vibrato = 0.006 * np.sin(2 * np.pi * 5.5 * t) * np.minimum(t / 0.3, 1.0)
    phase = 2 * np.pi * pitch_hz * np.cumsum(1.0 + vibrato) / SAMPLE_RATE
    n_partials = min(14, int(0.45 * SAMPLE_RATE / pitch_hz))
    tone = sum(
        np.sin(k * phase) * np.exp(-0.22 * k * (1.0 + t)) / k**0.4 for k in range(1, n_partials + 1)
    )
    rise = np.minimum(t / 0.015, 1.0)
    fall = np.minimum((duration_s - t) / 0.06, 1.0)
    return np.asarray(tone) * rise * np.clip(fall, 0.0, 1.0) * (0.6 + 0.4 * np.exp(-t / 0.15))


def _drum(name: str, rng: np.random.Generator) -> np.ndarray:
    if name == "kick":
        t = np.arange(int(0.3 * SAMPLE_RATE)) / SAMPLE_RATE
        sweep = np.cumsum(48.0 + 150.0 * np.exp(-t / 0.025)) / SAMPLE_RATE
        return np.sin(2 * np.pi * sweep) * np.exp(-t / 0.09)
    if name == "snare":
        t = np.arange(int(0.2 * SAMPLE_RATE)) / SAMPLE_RATE
        noise = _shaped_noise(rng, len(t), low_hz=700.0, high_hz=8000.0)
        body = np.sin(2 * np.pi * 190.0 * t) * np.exp(-t / 0.05)
        return 0.5 * body + 0.6 * noise / np.abs(noise).max() * np.exp(-t / 0.06)
    t = np.arange(int(0.06 * SAMPLE_RATE)) / SAMPLE_RATE
    noise = _shaped_noise(rng, len(t), low_hz=6000.0, high_hz=10_500.0)
    return 0.3 * noise / np.abs(noise).max() * np.exp(-t / 0.015)


def _shaped_noise(
    rng: np.random.Generator, n_samples: int, *, low_hz: float, high_hz: float
) -> np.ndarray:
    """White noise with soft edges of 12 dB per octave outside a band."""
    spectrum = np.fft.rfft(rng.standard_normal(n_samples))
    hz = np.maximum(np.fft.rfftfreq(n_samples, 1.0 / SAMPLE_RATE), 1.0)
    shape = 1.0 / (1.0 + (low_hz / hz) ** 2) / (1.0 + (hz / high_hz) ** 2)
    return np.fft.irfft(spectrum * shape, n_samples)
