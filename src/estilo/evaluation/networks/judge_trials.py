"""Trials of the judge of timbre: is the same instrument nearer than another one?"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from estilo.evaluation.networks.judge_clips import CLIP_FRAMES, clip_of
from estilo.evaluation.networks.note_bank import NoteBank
from estilo.evaluation.networks.sessions import through_sessions
from estilo.metrics.judge.hearing import audible
from estilo.metrics.judge.impression import distance, impression_of

OCTAVE = 12
PHRASE_FRAMES = 430
"""Frames of a phrase: 5 s."""

_PHRASE_NOTES = 6
_TRIES = 40


class Trial(NamedTuple):
    """Notes of an instrument, other notes of the same one, and the first pitches on another.

    Args:
        anchor: numbers of the notes that are compared.
        same: notes of the same instrument.
        other: notes of another instrument.
    """

    anchor: NDArray[np.int64]
    same: NDArray[np.int64]
    other: NDArray[np.int64]


def draw_note_trial(bank: NoteBank, one: int, other: int, rng: np.random.Generator) -> Trial | None:
    """A note, the same instrument at another pitch and velocity, and another one at its pitch.

    Args:
        bank: notes to choose from.
        one: number of the instrument.
        other: number of the other one.
        rng: random generator.

    Returns:
        None where the instruments have no such notes.
    """
    own, theirs = bank.of_instrument[one], bank.of_instrument[other]
    anchor = rng.choice(own)
    pitch = bank.pitch[anchor]
    gap = np.abs(bank.pitch[own] - pitch)
    same = own[(gap > 0) & (gap <= OCTAVE) & (bank.velocity[own] != bank.velocity[anchor])]
    there = theirs[bank.pitch[theirs] == pitch]
    if not len(same) or not len(there):
        return None
    return Trial(np.array([anchor]), rng.choice(same, 1), rng.choice(there, 1))


def draw_phrase_trial(
    bank: NoteBank, one: int, other: int, rng: np.random.Generator
) -> Trial | None:
    """Six notes within an octave, other notes up to an octave away, and the first ones' pitches.

    Args:
        bank: notes to choose from.
        one: number of the instrument.
        other: number of the other one.
        rng: random generator.

    Returns:
        None where the instruments have fewer than four pitches in common within an octave.
    """
    own, theirs = bank.of_instrument[one], bank.of_instrument[other]
    common = np.intersect1d(bank.pitch[own], bank.pitch[theirs])
    if not len(common):
        return None
    lowest = rng.choice(common)
    window = common[(common >= lowest) & (common <= lowest + OCTAVE)]
    if len(window) < 4:
        return None
    pitches = rng.choice(window, _PHRASE_NOTES)
    others = rng.choice(window, _PHRASE_NOTES) + rng.integers(-OCTAVE, OCTAVE + 1)

    def played(notes: NDArray[np.int64], pitch: int) -> int:
        gap = np.abs(bank.pitch[notes] - pitch)
        return int(rng.choice(notes[gap == gap.min()]))

    return Trial(
        np.array([played(own, pitch) for pitch in pitches]),
        np.array([played(own, pitch) for pitch in others]),
        np.array([played(theirs, pitch) for pitch in pitches]),
    )


def accuracy(
    weights: Mapping[str, NDArray],
    bank: NoteBank,
    instruments: NDArray[np.int64],
    rng: np.random.Generator,
    *,
    n: int,
    is_phrase: bool,
) -> float:
    """Share of trials in which the same instrument is nearer than another one of its library.

    Args:
        weights: weights of the judge's network.
        bank: notes to choose from.
        instruments: numbers of the instruments that are tried.
        rng: random generator.
        n: number of trials.
        is_phrase: whether phrases are compared, and not single notes.

    Returns:
        0 to 1; NaN where no two of these instruments share a library and a pitch.
    """
    draw = draw_phrase_trial if is_phrase else draw_note_trial
    n_frames = PHRASE_FRAMES if is_phrase else CLIP_FRAMES
    right = []
    for _ in range(n * _TRIES):
        one = rng.choice(instruments)
        rivals = instruments[
            (bank.library[instruments] == bank.library[one]) & (instruments != one)
        ]
        trial = draw(bank, one, rng.choice(rivals), rng) if len(rivals) else None
        if trial is None:
            continue
        clips = [clip_of(bank, notes, rng, n_frames=n_frames) for notes in trial]
        heard = through_sessions(np.stack(clips), rng)
        anchor, same, other = (impression_of(audible(each), weights) for each in heard)
        right.append(distance(anchor, same) < distance(anchor, other))
        if len(right) == n:
            break
    return float(np.mean(right)) if right else float("nan")
