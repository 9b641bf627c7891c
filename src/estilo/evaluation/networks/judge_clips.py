"""Clips of single notes and short phrases, drawn for the training of the judge of timbre."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from estilo.evaluation.networks.note_bank import NOTE_FRAMES, NoteBank
from estilo.metrics.judge.hearing import N_BANDS

CLIP_FRAMES = 216
"""Frames of a clip in training: 2.5 s."""

NEAR_SEMITONES = 14
"""Greatest distance of a clip's notes from the pitch around which a batch is drawn."""

_OF_ONE_LIBRARY = 14  # instruments of a library that follow each other
_SINGLE = 0.55  # share of clips that are one note
_LARGEST_PHRASE = 10
_AT_ONCE = (1, 1, 2, 3, 4)
_LOWEST_CENTRE, _HIGHEST_CENTRE = 40, 80
_FAINTEST = 1e-7  # below it nothing is heard


class Batch(NamedTuple):
    """Clips and who plays them.

    Args:
        powers: powers of bands; **shape** ``(clips, N_BANDS, CLIP_FRAMES)``.
        instrument: number of each clip's instrument; **shape** ``(clips,)``.
    """

    powers: NDArray[np.float32]
    instrument: NDArray[np.int64]


def draw_batch(
    bank: NoteBank,
    instruments: NDArray[np.int64],
    rng: np.random.Generator,
    *,
    n_instruments: int,
    n_clips: int,
) -> Batch:
    """Clips of several instruments around one pitch, from a few libraries.

    Those of one library, which were recorded alike, are often to be told apart. A library is drawn
    in proportion to the root of the number of its instruments, so that the thousands of presets of
    a synthesiser do not crowd out the few that were recorded.

    The first clip of each instrument is a note near that pitch, so that there are notes of other
    instruments at the same pitch that are to be further away than its own an octave off.

    Args:
        bank: notes to choose from.
        instruments: numbers of the instruments to choose from.
        rng: random generator.
        n_instruments: number of instruments, fewer where there are not enough.
        n_clips: clips of each.
    """
    pool = _of_few_libraries(bank, instruments, rng)
    centre = int(rng.integers(_LOWEST_CENTRE, _HIGHEST_CENTRE))
    clips, owners = [], []
    for instrument in pool:
        notes = bank.of_instrument[instrument]
        distance = np.abs(bank.pitch[notes] - centre)
        near, at_centre = notes[distance <= NEAR_SEMITONES], notes[distance <= 2]
        if len(near) < 2:
            continue
        for number in range(n_clips):
            chosen = at_centre if number == 0 and len(at_centre) else near
            n_notes = 1
            if number > 0 and rng.random() >= _SINGLE:
                n_notes = int(rng.integers(2, _LARGEST_PHRASE + 1))
            played = rng.choice(chosen, size=min(n_notes, len(chosen)), replace=False)
            clips.append(clip_of(bank, played, rng))
            owners.append(instrument)
        if len(owners) >= n_instruments * n_clips:
            break
    return Batch(np.stack(clips), np.array(owners))


def clip_of(
    bank: NoteBank,
    notes: Sequence[int] | NDArray[np.int64],
    rng: np.random.Generator,
    *,
    n_frames: int = CLIP_FRAMES,
) -> NDArray[np.float32]:
    """The power of notes, one after the other or up to four at a time, each at its own level.

    Args:
        bank: notes to choose from.
        notes: numbers of the notes.
        rng: random generator.
        n_frames: length of the clip in frames.

    Returns:
        **Shape** ``(N_BANDS, n_frames)``.
    """
    out = np.zeros((N_BANDS, n_frames), np.float32)
    at_once = int(rng.choice(_AT_ONCE))
    n_places = -(-len(notes) // at_once)
    step = rng.uniform(10.0, max(1.1 * n_frames / n_places, 11.0))
    for place, note in enumerate(notes):
        start = int(place // at_once * step) + int(rng.integers(0, 12))
        start = min(start, n_frames - 8)
        n = min(n_frames - start, NOTE_FRAMES)
        out[:, start : start + n] += bank.power(note)[:, :n] * np.float32(
            10.0 ** rng.normal(0, 0.3)
        )
    return out


def _of_few_libraries(
    bank: NoteBank, instruments: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """All instruments, some of one library after some of another."""
    libraries = bank.library[instruments]
    found, counts = np.unique(libraries, return_counts=True)
    shares = np.sqrt(counts) / np.sqrt(counts).sum()
    drawn: list[NDArray[np.int64]] = []
    rest: list[NDArray[np.int64]] = []
    for library in rng.choice(found, size=len(found), replace=False, p=shares):
        members = rng.permutation(instruments[libraries == library])
        drawn.append(members[:_OF_ONE_LIBRARY])
        rest.append(members[_OF_ONE_LIBRARY:])
    return np.concatenate([*drawn, *rest])


class Morphs(NamedTuple):
    """Notes of two instruments and what lies between them.

    Args:
        powers: powers of bands of the first instrument, the morph and the second one; **shape**
            ``(n, 3, N_BANDS, CLIP_FRAMES)``.
        shares: place of each morph, 0 for the first, 1 for the second; **shape** ``(n,)``.
    """

    powers: NDArray[np.float32]
    shares: NDArray[np.float32]


def draw_morphs(
    bank: NoteBank, instruments: NDArray[np.int64], rng: np.random.Generator, *, n: int
) -> Morphs:
    """Pairs of instruments at one pitch, with the average of their levels, and other notes of both.

    Levels between two recordings are weighted means of decibels, band by band.

    Args:
        bank: notes to choose from.
        instruments: numbers of the instruments to choose from.
        rng: random generator.
        n: number of morphs.
    """
    triples, shares = [], []
    while len(triples) < n:
        one, other = rng.choice(instruments, size=2, replace=False)
        first, second = bank.of_instrument[one], bank.of_instrument[other]
        common = np.intersect1d(bank.pitch[first], bank.pitch[second])
        if not len(common):
            continue
        pitch = rng.choice(common)
        a = rng.choice(first[bank.pitch[first] == pitch])
        b = rng.choice(second[bank.pitch[second] == pitch])
        share = rng.random()
        ends = [clip_of(bank, [rng.choice(each)], rng) for each in (first, second)]
        triples.append([ends[0], between(_sole(bank, a), _sole(bank, b), share), ends[1]])
        shares.append(share)
    return Morphs(np.array(triples, np.float32), np.array(shares, np.float32))


def between(
    one: NDArray[np.float32], other: NDArray[np.float32], share: float
) -> NDArray[np.float32]:
    """Powers whose levels are a weighted mean of two recordings' levels.

    Args:
        one: powers of bands; **shape** ``(N_BANDS, frames)``.
        other: powers of the other recording, of the same shape.
        share: 0 for the first, 1 for the other.

    Example:
        >>> ends = np.full((1, 1), 1.0), np.full((1, 1), 1e-4)
        >>> round(float(between(*ends, 0.5)[0, 0]), 4)
        0.01
    """
    logs = [np.log(np.maximum(each, _FAINTEST)) for each in (one, other)]
    return np.exp((1.0 - share) * logs[0] + share * logs[1]).astype(np.float32)


def _sole(bank: NoteBank, note: int) -> NDArray[np.float32]:
    out = np.zeros((N_BANDS, CLIP_FRAMES), np.float32)
    out[:, :NOTE_FRAMES] = bank.power(note)
    return out
