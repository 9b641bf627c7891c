"""Phrases to judge the transcriber by, from a generator that no training uses."""

from collections.abc import Callable

import numpy as np

from estilo.synthesis.notes import Note

DURATION_S = 8.0
_SCALE = (0, 2, 4, 5, 7, 9, 11)


def melody(rng: np.random.Generator, low: int, high: int) -> list[Note]:
    """Steps in a scale, detached."""
    return _line(rng, low, high, share=rng.uniform(0.6, 0.95))


def legato(rng: np.random.Generator, low: int, high: int) -> list[Note]:
    """Steps in a scale, each note held 30 ms into the next."""
    line = _line(rng, low, high, share=1.0)
    return [Note(n.start_s, n.duration_s + 0.03, n.pitch, n.velocity) for n in line]


def repeats(rng: np.random.Generator, low: int, high: int) -> list[Note]:
    """Every note two to four times."""
    notes, now_s = [], 0.2
    for pitch in _walk(rng, low, high, 40):
        step_s = rng.uniform(0.14, 0.4)
        for _ in range(int(rng.integers(2, 5))):
            notes.append(Note(now_s, 0.8 * step_s, pitch, _velocity(rng)))
            now_s += step_s
    return notes


def trills(rng: np.random.Generator, low: int, high: int) -> list[Note]:
    """Long notes and trills by turns."""
    notes, now_s = [], 0.2
    for place, pitch in enumerate(_walk(rng, low, high - 2, 20)):
        if place % 2 == 0:
            length_s = rng.uniform(0.4, 0.8)
            notes.append(Note(now_s, 0.9 * length_s, pitch, _velocity(rng)))
            now_s += length_s
            continue
        step_s = rng.uniform(0.09, 0.13)
        for beat in range(int(rng.integers(6, 11))):
            notes.append(Note(now_s, 0.95 * step_s, pitch + 2 * (beat % 2), _velocity(rng)))
            now_s += step_s
    return notes


def blocks(rng: np.random.Generator, low: int, high: int) -> list[Note]:
    """Chords of three or four notes at once."""
    return _chords(rng, low, high, stagger_s=0.0)


def staggered(rng: np.random.Generator, low: int, high: int) -> list[Note]:
    """Chords whose notes follow each other within 20 to 60 ms."""
    return _chords(rng, low, high, stagger_s=rng.uniform(0.02, 0.06))


def pedalled(rng: np.random.Generator, low: int, high: int) -> list[Note]:
    """Arpeggios whose notes all last until the harmony changes."""
    notes, now_s = [], 0.2
    while now_s < DURATION_S - 1.2:
        chord, step_s = _triad(rng, low, high), rng.uniform(0.12, 0.3)
        end_s = now_s + 1.2 * len(chord) * step_s
        for pitch in chord:
            notes.append(Note(now_s, end_s - now_s, pitch, _velocity(rng)))
            now_s += step_s
        now_s = end_s + 0.05
    return notes


def two_hands(rng: np.random.Generator, low: int, high: int) -> list[Note]:
    """Chords under a melody."""
    middle = (low + high) // 2
    return blocks(rng, low, middle) + melody(rng, middle + 1, high)


MELODIES: dict[str, Callable[[np.random.Generator, int, int], list[Note]]] = {
    "melody": melody,
    "legato": legato,
    "repeats": repeats,
    "trills": trills,
}
CHORDS: dict[str, Callable[[np.random.Generator, int, int], list[Note]]] = {
    "blocks": blocks,
    "staggered": staggered,
    "pedalled": pedalled,
    "two hands": two_hands,
}


def phrase(kind: str, rng: np.random.Generator, *, low: int, high: int) -> tuple[Note, ...]:
    """A phrase of a kind; all notes end before `DURATION_S`.

    Args:
        kind: one of `MELODIES` or `CHORDS`.
        rng: source of all draws.
        low: lowest MIDI note.
        high: highest MIDI note.
    """
    notes = (MELODIES | CHORDS)[kind](rng, low, high)
    return tuple(sorted(n for n in notes if n.start_s + n.duration_s < DURATION_S))


def _velocity(rng: np.random.Generator) -> float:
    """Of 20 dB of dynamics, where velocity is amplitude squared, as in most soundfonts."""
    return float(10.0 ** (-rng.uniform(0.0, 0.5)))


def _walk(rng: np.random.Generator, low: int, high: int, n: int) -> list[float]:
    tonic = int(rng.integers(12))
    there = [p for p in range(low, high + 1) if (p - tonic) % 12 in _SCALE]
    place, pitches = int(rng.integers(len(there))), []
    for _ in range(n):
        pitches.append(float(there[place]))
        move = int(rng.integers(1, 4)) * int(rng.choice((-1, 1)))
        place = place + move if 0 <= place + move < len(there) else place - move
        place = min(max(place, 0), len(there) - 1)
    return pitches


def _line(rng: np.random.Generator, low: int, high: int, *, share: float) -> list[Note]:
    notes, now_s, beat_s = [], 0.2, rng.uniform(0.25, 0.6)
    for pitch in _walk(rng, low, high, 60):
        length_s = beat_s * float(rng.choice((0.5, 1.0, 1.0, 2.0)))
        if rng.random() > 0.1:
            notes.append(Note(now_s, length_s * share, pitch, _velocity(rng)))
        now_s += length_s
    return notes


def _triad(rng: np.random.Generator, low: int, high: int) -> list[float]:
    third = int(rng.integers(3, 5))
    root = int(rng.integers(low, max(high - 12, low + 1)))
    steps = [0, third, 7, 12][: int(rng.integers(3, 5))]
    return [float(root + step) for step in steps if root + step <= high]


def _chords(rng: np.random.Generator, low: int, high: int, *, stagger_s: float) -> list[Note]:
    notes, now_s = [], 0.2
    while now_s < DURATION_S:
        length_s = rng.uniform(0.5, 1.4)
        for place, pitch in enumerate(_triad(rng, low, high)):
            late_s = place * stagger_s
            notes.append(Note(now_s + late_s, 0.9 * length_s - late_s, pitch, _velocity(rng)))
        now_s += length_s
    return notes
