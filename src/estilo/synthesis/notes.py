"""Notes, and phrases of them drawn at random."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_SCALES = (
    (0, 2, 4, 5, 7, 9, 11),  # major
    (0, 2, 3, 5, 7, 8, 10),  # natural minor
    (0, 2, 4, 7, 9),  # pentatonic
    (0, 2, 3, 5, 7, 9, 10),  # dorian
)
_BEATS = (0.5, 1.0, 1.5, 2.0)
_BEAT_SHARES = (0.45, 0.33, 0.09, 0.13)


@dataclass(frozen=True, order=True)
class Note:
    """One note.

    Args:
        start_s: start in seconds from the beginning of the phrase.
        duration_s: duration until the key is released, in seconds.
        pitch: MIDI note number; fractions are cents.
        velocity: strength, 0 to 1.
    """

    start_s: float
    duration_s: float
    pitch: float
    velocity: float


def random_phrase(
    rng: np.random.Generator,
    *,
    duration_s: float,
    is_polyphonic: bool,
    low: int = 48,
    high: int = 84,
) -> tuple[Note, ...]:
    """Draw a phrase in one key and tempo: a melody, or chords under a melody.

    Args:
        rng: random generator.
        duration_s: time before which all notes end, in seconds.
        is_polyphonic: whether there are two to four voices instead of one.
        low: lowest MIDI note.
        high: highest MIDI note.

    Example:
        >>> phrase = random_phrase(np.random.default_rng(0), duration_s=8.0, is_polyphonic=False)
        >>> all(a.start_s + a.duration_s <= b.start_s + 1e-9 for a, b in zip(phrase, phrase[1:]))
        True
    """
    scale = _SCALES[rng.integers(len(_SCALES))]
    tonic = int(rng.integers(12))
    pitches = [p for p in range(low, high + 1) if (p - tonic) % 12 in scale]
    beat_s = 60.0 / rng.uniform(70.0, 150.0)
    melody_floor = len(pitches) // 2 if is_polyphonic else 0
    notes = _melody(rng, pitches[melody_floor:], beat_s=beat_s, duration_s=duration_s)
    if is_polyphonic:
        notes += _chords(rng, pitches[:melody_floor], beat_s=beat_s, duration_s=duration_s)
    return tuple(sorted(notes))


def _melody(
    rng: np.random.Generator, pitches: Sequence[int], *, beat_s: float, duration_s: float
) -> list[Note]:
    """Mostly small steps, some leaps, some rests."""
    notes: list[Note] = []
    place = int(rng.integers(len(pitches) // 4, max(len(pitches) * 3 // 4, 1)))
    start_s = 0.0
    while start_s < duration_s - 0.3 * beat_s:
        length_s = beat_s * rng.choice(_BEATS, p=_BEAT_SHARES)
        length_s = min(length_s, duration_s - start_s)
        if not notes or rng.random() > 0.1:
            articulation = rng.uniform(0.7, 0.98)
            notes.append(
                Note(start_s, length_s * articulation, float(pitches[place]), rng.uniform(0.5, 1.0))
            )
        step = rng.choice((-1, 1)) * rng.choice((1, 2, 3, 4), p=(0.55, 0.25, 0.12, 0.08))
        if not 0 <= place + step < len(pitches):
            step = -step
        place = min(max(place + step, 0), len(pitches) - 1)
        start_s += length_s
    return notes


def _chords(
    rng: np.random.Generator, pitches: Sequence[int], *, beat_s: float, duration_s: float
) -> list[Note]:
    """Stacked thirds of the scale, every two or four beats."""
    notes: list[Note] = []
    start_s = 0.0
    while start_s < duration_s - 0.5 * beat_s:
        length_s = min(beat_s * rng.choice((2.0, 4.0)), duration_s - start_s)
        n_voices = int(rng.integers(1, 4))
        root = int(rng.integers(max(len(pitches) - 2 * n_voices, 1)))
        velocity = rng.uniform(0.4, 0.8)
        for voice in range(n_voices):
            place = min(root + 2 * voice, len(pitches) - 1)
            notes.append(Note(start_s, 0.95 * length_s, float(pitches[place]), velocity))
        start_s += length_s
    return list(dict.fromkeys(notes))
