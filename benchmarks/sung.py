"""A voice whose notes are known, to judge the transcriber by; no training hears it.

Pulses of the vocal folds (Rosenberg 1971, "Effect of glottal pulse shape on the quality of natural
vowels", JASA 49(2B), doi:10.1121/1.1912389) through the formants of vowels (Peterson & Barney 1952,
"Control methods used in a study of the vowels", JASA 24(2), doi:10.1121/1.1906875).
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

from estilo.synthesis.notes import Note
from estilo.units import midi_to_hz

RATE_HZ = 44_100
_VOWELS_HZ = (
    (730.0, 1090.0, 2440.0),
    (530.0, 1840.0, 2480.0),
    (270.0, 2290.0, 3010.0),
    (570.0, 840.0, 2410.0),
    (300.0, 870.0, 2240.0),
)
_HIGH_HZ = (3500.0, 4500.0)
_WIDTHS_HZ = (80.0, 100.0, 120.0, 175.0, 250.0)
_OPEN, _CLOSING = 0.4, 0.16


def tune(rng: np.random.Generator, *, low: int, high: int, duration_s: float) -> tuple[Note, ...]:
    """A tune that can be sung: small steps, some bound to the note before, some after a rest.

    Args:
        rng: source of all draws.
        low: lowest MIDI note.
        high: highest MIDI note.
        duration_s: time before which all notes end, in seconds.
    """
    notes, now_s, pitch = [], 0.2, float(rng.integers(low + 4, high - 3))
    while now_s < duration_s - 0.3:
        length_s = float(rng.choice((0.25, 0.4, 0.6, 1.0))) * rng.uniform(0.9, 1.1)
        length_s = min(length_s, duration_s - 0.1 - now_s)
        notes.append(Note(now_s, length_s, pitch, rng.uniform(0.4, 1.0)))
        now_s += length_s + (rng.uniform(0.1, 0.4) if rng.random() < 0.25 else 0.0)
        step = float(rng.choice((-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7)))
        pitch = pitch + step if low <= pitch + step <= high else pitch - step
    return tuple(notes)


def sung(notes: Sequence[Note], rng: np.random.Generator, *, duration_s: float) -> NDArray:
    """A tune as a voice sings it; **shape** ``(time,)`` at `RATE_HZ`.

    A note that follows another without a rest is bound to it by a glide, whose middle is where it
    starts, or parted from it by a consonant, as it always is where its pitch is the same.

    Args:
        notes: its notes, one at a time.
        rng: source of the voice and of how it sings.
        duration_s: length, in seconds.
    """
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    is_bound = [False] + [
        now.start_s < before.start_s + before.duration_s + 0.01
        and now.pitch != before.pitch
        and rng.random() < 0.6
        for before, now in pairwise(notes)
    ]
    pitch = _pitches(notes, time_s, is_bound, rng)
    turns = np.cumsum(midi_to_hz(pitch)) / RATE_HZ
    voiced, breath = _envelopes(notes, time_s, is_bound, rng)
    source = voiced * (_pulses(turns % 1.0) + 0.02 * rng.standard_normal(len(time_s)))
    sound = _through_vowels(source, notes, time_s, size=rng.uniform(0.95, 1.2), rng=rng)
    hiss = sosfilt(
        butter(2, (2000.0, 7000.0), "bandpass", fs=RATE_HZ, output="sos"),
        rng.standard_normal(len(time_s)),
    )
    sound = sound / np.abs(sound).max() + 0.1 * breath * np.asarray(hiss)
    return 0.3 * sound


def _pitches(
    notes: Sequence[Note], time_s: NDArray, is_bound: Sequence[bool], rng: np.random.Generator
) -> NDArray:
    pitch = np.full(len(time_s), notes[0].pitch)
    for note, bound in zip(notes, is_bound, strict=True):
        since_s = time_s - note.start_s
        glide_s = rng.uniform(0.04, 0.12) if bound else 0.01
        reached = np.clip(since_s / glide_s + 0.5, 0.0, 1.0)
        pitch += (note.pitch - pitch) * (0.5 - 0.5 * np.cos(np.pi * reached))
    drift = np.cumsum(rng.standard_normal(len(time_s) // 441 + 2)) * 0.01
    drift -= np.linspace(drift[0], drift[-1], len(drift))
    pitch += np.clip(np.interp(time_s, np.arange(len(drift)) * 0.01, drift), -0.15, 0.15)
    depth, rate_hz = rng.choice((0.0, 0.3, 0.6)), rng.uniform(5.0, 6.5)
    for note in notes:
        since_s = time_s - note.start_s
        inside = (since_s > 0.0) & (since_s < note.duration_s)
        grown = np.clip((since_s - 0.2) / 0.3, 0.0, 1.0)
        pitch += inside * depth * grown * np.sin(2.0 * np.pi * rate_hz * since_s)
    return pitch


def _envelopes(
    notes: Sequence[Note], time_s: NDArray, is_bound: Sequence[bool], rng: np.random.Generator
) -> tuple[NDArray, NDArray]:
    """Amplitudes of the voice and of the noise of consonants."""
    voiced, breath = np.zeros((2, len(time_s)))
    follows = [*is_bound[1:], False]
    for note, bound, is_followed in zip(notes, is_bound, follows, strict=True):
        since_s, left_s = time_s - note.start_s, note.start_s + note.duration_s - time_s
        rise_s = 0.005 if bound else rng.uniform(0.015, 0.06)
        fall_s = 0.005 if is_followed else rng.uniform(0.03, 0.08)
        own = np.clip(since_s / rise_s, 0.0, 1.0) * np.clip(left_s / fall_s, 0.0, 1.0)
        voiced = np.maximum(voiced, own * note.velocity)
        if not bound:
            long_s = rng.uniform(0.03, 0.08)
            before = (since_s > -long_s) & (since_s < 0.0)
            breath[before] = rng.uniform(0.0, 1.0)
            voiced[before] *= 0.1
    return voiced, breath


def _pulses(phase: NDArray) -> NDArray:
    """Change of the flow through the vocal folds: it opens, closes faster, and is closed."""
    opening = np.sin(np.pi * phase / _OPEN) * (phase < _OPEN)
    closing = np.sin(0.5 * np.pi * (phase - _OPEN) / _CLOSING)
    closing *= (phase >= _OPEN) & (phase < _OPEN + _CLOSING)
    return 0.5 * np.pi * (opening / _OPEN - closing / _CLOSING)


def _through_vowels(
    source: NDArray,
    notes: Sequence[Note],
    time_s: NDArray,
    *,
    size: float,
    rng: np.random.Generator,
) -> NDArray:
    """A vowel per note, one melting into the next within 60 ms."""
    shares = np.zeros((len(_VOWELS_HZ), len(time_s)))
    shares[0] = 1.0
    for note in notes:
        vowel = int(rng.integers(len(_VOWELS_HZ)))
        reached = np.clip((time_s - note.start_s) / 0.06 + 0.5, 0.0, 1.0)
        shares *= 1.0 - reached
        shares[vowel] += reached
    sound = np.zeros(len(time_s))
    for own, formants_hz in zip(shares, _VOWELS_HZ, strict=True):
        heard = source
        for centre_hz, width_hz in zip((*formants_hz, *_HIGH_HZ), _WIDTHS_HZ, strict=True):
            radius = np.exp(-np.pi * width_hz / RATE_HZ)
            angle = 2.0 * np.pi * size * centre_hz / RATE_HZ
            poles = (1.0, -2.0 * radius * np.cos(angle), radius**2)
            heard = lfilter((sum(poles),), poles, heard)
        sound += own * heard
    return sound
