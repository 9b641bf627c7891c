"""The musical key of a recording.

References: C. L. Krumhansl (1990), Cognitive foundations of musical pitch (correlation with
profiles of keys); J. Albrecht & D. Shanahan (2013), The use of large corpora to train a new type of
key-finding algorithm, Music Perception 31(1), doi:10.1525/mp.2013.31.1.59 (the profiles);
E. Gómez (2006), Tonal description of music audio signals, UPF (three bins per semitone against
other tunings).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.spectra import CHROMA_HOP, CHROMA_N_FFT, banded_power
from estilo.units import hz_to_midi

# Share of each pitch class in music in C, from the tonic up.
_MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)
KEYS = tuple(
    [
        f"{tonic} major"
        for tonic in ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
    ]
    + [
        f"{tonic} minor"
        for tonic in ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
    ]
)
"""Names of the keys, as they are usually written."""

_BINS_PER_SEMITONE = 3
_LOW_HZ = 65.0
_CENTRE_HZ = 440.0
_WIDTH_OCTAVES = 1.5
_BIN_SEMITONES, _CLASS_SEMITONES = 0.25, 0.3  # standard deviations
_PLAIN_CONTRAST = 0.1  # of noise 0.03 or less, of speech 0.15, of music 0.2 to 1
_LEAST_CONFIDENCE = 0.55


@dataclass(frozen=True)
class Key:
    """A key and how sure it is.

    Args:
        name: name such as ``"A minor"``; None for a recording that is in no key.
        confidence: correlation with the profile of the key, 0 to 1, less where pitch classes
            hardly differ: a plain cadence gives 0.9, random notes 0.5, noise less than 0.2.
    """

    name: str | None
    confidence: float


def key(sound: Sound) -> Key:
    """Key whose profile of pitch classes fits best, of 24, in whatever tuning.

    A key and its relative, dominant or parallel key share most notes, and a short recording may not
    tell them apart; a single note passes for its own tonic. No key is named below a confidence of
    0.55.

    Args:
        sound: recording of any length; all of it is analysed.

    Example:
        >>> time_s = np.arange(8000) / 16_000
        >>> scale = [0, 2, 4, 5, 7, 9, 11, 12, 7, 4, 0]
        >>> notes = [np.sin(2 * np.pi * 220 * 2 ** (step / 12) * time_s) for step in scale]
        >>> key(Sound(np.concatenate(notes), 16_000)).name
        'A major'
    """
    classes = _pitch_classes(sound)
    mean, deviation = float(classes.mean()), float(classes.std())
    if not deviation > 0.0:
        return Key(None, 0.0)
    fits = _profiles() @ ((classes - mean) / deviation) / 12.0
    best = int(np.argmax(fits))
    contrast = deviation / mean
    confidence = float(np.clip(fits[best], 0.0, 1.0)) * min(contrast / _PLAIN_CONTRAST, 1.0)
    return Key(KEYS[best] if confidence >= _LEAST_CONFIDENCE else None, confidence)


def _pitch_classes(sound: Sound) -> np.ndarray:
    """Strength of each pitch class, from C, in the recording's own tuning; **shape** (12,)."""
    power = banded_power(sound.mono, _weights(), n_fft=CHROMA_N_FFT, hop_length=CHROMA_HOP)
    # Amplitudes, so that a few loud notes do not decide.
    fine = np.sqrt(power).sum(axis=1, dtype=np.float64)
    place = np.arange(len(fine)) / _BINS_PER_SEMITONE
    tuning = np.angle(fine @ np.exp(2j * np.pi * place)) / (2.0 * np.pi)
    return _bells(place - tuning, _CLASS_SEMITONES, np.arange(12)) @ fine


@lru_cache(maxsize=1)
def _weights() -> np.ndarray:
    """Weights of every bin of the spectrum in every third of a semitone."""
    bins_hz = np.arange(CHROMA_N_FFT // 2 + 1) * (RATE_HZ / CHROMA_N_FFT)
    is_heard = bins_hz >= _LOW_HZ
    notes = hz_to_midi(np.where(is_heard, bins_hz, _CENTRE_HZ))
    octaves = (notes - hz_to_midi(_CENTRE_HZ)) / 12.0
    loudness = np.exp(-0.5 * np.square(octaves / _WIDTH_OCTAVES)) * is_heard
    thirds = np.arange(12 * _BINS_PER_SEMITONE) / _BINS_PER_SEMITONE
    return (_bells(notes, _BIN_SEMITONES, thirds) * loudness).astype(np.float32)


def _bells(notes: np.ndarray, width: float, centres: np.ndarray) -> np.ndarray:
    """Closeness on the circle of twelve semitones; **shape** ``(centres, notes)``."""
    distance = np.mod(notes - centres[:, None] + 6.0, 12.0) - 6.0
    return np.exp(-0.5 * np.square(distance / width))


@lru_cache(maxsize=1)
def _profiles() -> np.ndarray:
    """The profiles of `KEYS` with mean 0 and deviation 1; **shape** ``(24, 12)``."""
    rows = [np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)]
    profiles = np.array(rows)
    profiles -= profiles.mean(axis=1, keepdims=True)
    return profiles / profiles.std(axis=1, keepdims=True)
