"""Scores for the transcriber to learn from: notes that overlap, are repeated, or trilled."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from estilo.synthesis.notes import Note

_SHORTEST_S = 0.05
_CHORDS = (
    (0, 4, 7),
    (0, 3, 7),
    (0, 4, 7, 10),
    (0, 3, 7, 10),
    (0, 4, 7, 11),
    (0, 5, 7),
    (0, 3, 6, 9),
    (0, 7, 12),
    (0, 12),
    (0, 4, 8),
)
_STEPS = (-12, -7, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 12)
_STEP_SHARES = np.array((1, 2, 2, 3, 5, 10, 6, 8, 6, 10, 5, 3, 2, 2, 1)) / 66.0


def draw_score(
    rng: np.random.Generator, *, duration_s: float, low: int, high: int
) -> tuple[Note, ...]:
    """A melody, chords, an arpeggio with or without the pedal, repeats, or two of them at once.

    Velocities are relative amplitudes, 0.1 to 1.

    Args:
        rng: source of all draws.
        duration_s: time before which all notes start, in seconds.
        low: lowest MIDI note.
        high: highest MIDI note; an octave higher at least.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> score = draw_score(rng, duration_s=8.0, low=48, high=72)
        >>> all(48 <= note.pitch <= 72 and note.start_s < 8.0 for note in score)
        True
    """
    middle = (low + high) // 2
    kind = rng.choice(6, p=(0.3, 0.2, 0.13, 0.1, 0.17, 0.1))
    if kind < 4:
        notes = (melody, chords, arpeggio, repeats)[kind](rng, duration_s, low, high)
    else:
        below = chords if kind == 4 else arpeggio
        notes = below(rng, duration_s, low, max(middle, low + 12))
        notes += melody(rng, duration_s, min(middle, high - 12), high)
    range_db = rng.choice((3.0, 10.0, 20.0))
    gains = 10.0 ** (-rng.uniform(0.0, range_db, len(notes)) / 20.0)
    notes = [replace(note, velocity=gain) for note, gain in zip(notes, gains, strict=True)]
    return without_overlap(note for note in notes if note.start_s < duration_s)


def melody(rng: np.random.Generator, duration_s: float, low: int, high: int) -> list[Note]:
    """Steps and leaps, repeated notes and trills; staccato to legato, with rests.

    Args:
        rng: source of all draws.
        duration_s: time before which all notes start, in seconds.
        low: lowest MIDI note.
        high: highest MIDI note.
    """
    notes: list[Note] = []
    pace_s = float(np.exp(rng.uniform(np.log(0.12), np.log(0.7))))
    share = rng.uniform(0.35, 1.0) if rng.random() < 0.5 else 1.0
    overlap_s = rng.uniform(0.0, 0.08) if rng.random() < 0.2 else 0.0
    start_s, pitch = float(rng.uniform(0.0, 0.4)), int(rng.integers(low, high + 1))
    while start_s < duration_s:
        if rng.random() < 0.06:
            trill = _trill(rng, start_s, pitch, high)
            notes += trill
            start_s = trill[-1].start_s + trill[-1].duration_s
        length_s = pace_s * float(
            rng.choice((0.5, 1.0, 1.5, 2.0, 4.0), p=(0.3, 0.4, 0.1, 0.15, 0.05))
        )
        length_s *= rng.uniform(0.95, 1.05)
        if rng.random() > 0.08:
            held_s = max(length_s * share + overlap_s, _SHORTEST_S)
            notes.append(Note(start_s, held_s, float(pitch), 1.0))
        pitch = _stepped(rng, pitch, low, high)
        start_s += length_s
    return notes


def chords(rng: np.random.Generator, duration_s: float, low: int, high: int) -> list[Note]:
    """Chords of two to six notes, together or strummed, some of them repeated.

    Args:
        rng: source of all draws.
        duration_s: time before which all notes start, in seconds.
        low: lowest MIDI note.
        high: highest MIDI note.
    """
    notes: list[Note] = []
    pace_s = float(np.exp(rng.uniform(np.log(0.25), np.log(2.0))))
    share = rng.uniform(0.4, 1.0)
    stagger_s = rng.uniform(0.01, 0.06) if rng.random() < 0.35 else 0.0
    start_s = float(rng.uniform(0.0, 0.4))
    pitches = _chord(rng, low, high)
    while start_s < duration_s:
        length_s = pace_s * float(rng.choice((0.5, 1.0, 2.0)))
        late_s = np.cumsum(rng.uniform(0.0, 1.0, len(pitches))) * stagger_s
        late_s += rng.uniform(0.0, 0.008, len(pitches))
        for pitch, each_s in zip(pitches, late_s, strict=True):
            held_s = max(length_s * share - each_s, _SHORTEST_S)
            notes.append(Note(start_s + each_s, held_s, float(pitch), 1.0))
        if rng.random() < 0.7:
            pitches = _chord(rng, low, high)
        start_s += length_s
    return notes


def arpeggio(rng: np.random.Generator, duration_s: float, low: int, high: int) -> list[Note]:
    """Broken chords; under the pedal all notes last until the chord changes.

    Args:
        rng: source of all draws.
        duration_s: time before which all notes start, in seconds.
        low: lowest MIDI note.
        high: highest MIDI note.
    """
    notes: list[Note] = []
    pace_s = float(np.exp(rng.uniform(np.log(0.08), np.log(0.4))))
    has_pedal = rng.random() < 0.5
    start_s = float(rng.uniform(0.0, 0.4))
    while start_s < duration_s:
        pitches = rng.permutation(_chord(rng, low, high))
        n_notes = int(rng.integers(len(pitches), 3 * len(pitches) + 1))
        end_s = start_s + n_notes * pace_s
        for place in range(n_notes):
            held_s = end_s - start_s if has_pedal else pace_s * rng.uniform(0.6, 1.1)
            pitch = float(pitches[place % len(pitches)])
            notes.append(Note(start_s, max(held_s, _SHORTEST_S), pitch, 1.0))
            start_s += pace_s
    return notes


def repeats(rng: np.random.Generator, duration_s: float, low: int, high: int) -> list[Note]:
    """Single notes or pairs, each struck several times.

    Args:
        rng: source of all draws.
        duration_s: time before which all notes start, in seconds.
        low: lowest MIDI note.
        high: highest MIDI note.
    """
    notes: list[Note] = []
    start_s, pitch = float(rng.uniform(0.0, 0.4)), int(rng.integers(low, high + 1))
    while start_s < duration_s:
        step_s = float(np.exp(rng.uniform(np.log(0.1), np.log(0.5))))
        pitches = {pitch} | ({pitch - int(rng.integers(3, 13))} if rng.random() < 0.2 else set())
        share = rng.uniform(0.3, 1.0)
        for _ in range(int(rng.integers(2, 9))):
            held_s = max(step_s * share, _SHORTEST_S)
            notes += [Note(start_s, held_s, float(each), 1.0) for each in pitches if each >= low]
            start_s += step_s * rng.uniform(0.95, 1.05)
        pitch = _stepped(rng, pitch, low, high)
    return notes


def _stepped(rng: np.random.Generator, pitch: int, low: int, high: int) -> int:
    """The next pitch of a tune."""
    return _within(pitch + int(rng.choice(_STEPS, p=_STEP_SHARES)), low, high)


def without_overlap(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Notes in order, none of which lasts longer than to the next start of its own pitch.

    Args:
        notes: notes in any order.

    Example:
        >>> long, later = Note(0.0, 2.0, 60.0, 1.0), Note(1.0, 1.0, 60.0, 1.0)
        >>> [note.duration_s for note in without_overlap([later, long])]
        [1.0, 1.0]
    """
    kept: list[Note] = []
    last: dict[float, int] = {}
    for note in sorted(notes):
        before = last.get(note.pitch)
        if before is not None:
            room_s = note.start_s - kept[before].start_s
            if room_s < _SHORTEST_S:
                continue
            kept[before] = replace(kept[before], duration_s=min(kept[before].duration_s, room_s))
        last[note.pitch] = len(kept)
        kept.append(note)
    return tuple(kept)


def _trill(rng: np.random.Generator, start_s: float, pitch: int, high: int) -> list[Note]:
    other = pitch + int(rng.integers(1, 3)) if pitch + 2 <= high else pitch - 2
    step_s = rng.uniform(0.07, 0.14)
    return [
        Note(start_s + place * step_s, step_s, float(other if place % 2 else pitch), 1.0)
        for place in range(2 * int(rng.integers(2, 7)))
    ]


def _chord(rng: np.random.Generator, low: int, high: int) -> list[int]:
    shape = _CHORDS[rng.integers(len(_CHORDS))]
    root = int(rng.integers(low, high - 11))
    pitches = {root + step + 12 * int(rng.integers(0, 2)) for step in shape} | {root}
    if rng.random() < 0.3:
        pitches |= {root + 12, root + 24}
    if rng.random() < 0.1:
        pitches = set(rng.integers(low, high + 1, int(rng.integers(2, 7))).tolist())
    return sorted(pitch for pitch in pitches if low <= pitch <= high)[:6]


def _within(pitch: int, low: int, high: int) -> int:
    if pitch > high:
        return pitch - 12
    return pitch + 12 if pitch < low else pitch
