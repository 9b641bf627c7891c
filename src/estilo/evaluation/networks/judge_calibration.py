"""What the judge's distance is between clips of one source, and between sources.

Instruments that the judge has not learnt from play clips of several lengths at several distances in
pitch; both clips of a pair are heard in one session, as a perfect output would be in the style's.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from estilo.evaluation.networks.judge_clips import clip_of
from estilo.evaluation.networks.note_bank import NoteBank
from estilo.evaluation.networks.sessions import through_sessions
from estilo.metrics.judge.hearing import FRAME_RATE_HZ, audible
from estilo.metrics.judge.impression import distance, impression_of
from estilo.metrics.judge.scale import GAPS_SEMITONES, LENGTHS_S

_NOTES_PER_S = 2.0
_NEAR_SEMITONES = 4
_TRIES = 20


def calibrated(
    weights: Mapping[str, NDArray],
    bank: NoteBank,
    instruments: NDArray[np.int64],
    rng: np.random.Generator,
    *,
    n: int,
) -> dict[str, NDArray]:
    """Distances by length and distance in pitch.

    Args:
        weights: weights of the judge's network.
        bank: notes to choose from.
        instruments: numbers of the instruments, none of which the judge has learnt from.
        rng: random generator.
        n: pairs of clips for each length and distance.

    Returns:
        ``same_source``: quartiles and median, **shape** ``(3, lengths, gaps)``; ``other_source``:
        medians, **shape** ``(lengths, gaps)``.
    """
    own = np.full((3, len(LENGTHS_S), len(GAPS_SEMITONES)), np.nan)
    others = np.full(own.shape[1:], np.nan)
    for row, length_s in enumerate(LENGTHS_S):
        for column, gap in enumerate(GAPS_SEMITONES):
            pairs = [
                _distances(weights, bank, instruments, rng, length_s=length_s, gap=gap)
                for _ in range(n)
            ]
            same, other = np.array(pairs).T
            own[:, row, column] = np.nanquantile(same, (0.25, 0.5, 0.75))
            others[row, column] = np.nanmedian(other)
    return {"same_source": own.astype(np.float32), "other_source": others.astype(np.float32)}


def _distances(
    weights: Mapping[str, NDArray],
    bank: NoteBank,
    instruments: NDArray[np.int64],
    rng: np.random.Generator,
    *,
    length_s: float,
    gap: float,
) -> tuple[float, float]:
    """Distance to another clip of the source, and to a clip of another source; NaN if none fits."""
    n_frames = round(length_s * FRAME_RATE_HZ)
    n_notes = max(round(_NOTES_PER_S * length_s), 1)
    for _ in range(_TRIES):
        one, other = rng.choice(instruments, size=2, replace=False)
        centre = int(rng.choice(bank.pitch[bank.of_instrument[one]]))
        aim = centre + gap * rng.choice((-1.0, 1.0))
        chosen = [
            _around(bank, one, centre, n_notes, rng),
            _around(bank, one, aim, n_notes, rng),
            _around(bank, other, aim, n_notes, rng),
        ]
        if all(len(each) for each in chosen):
            clips = [clip_of(bank, each, rng, n_frames=n_frames) for each in chosen]
            # One after the other through one session.
            heard = through_sessions(np.concatenate(clips, axis=1)[None], rng)[0]
            first, same, different = (
                impression_of(audible(each), weights) for each in np.split(heard, 3, axis=1)
            )
            return distance(first, same), distance(first, different)
    return np.nan, np.nan


def _around(
    bank: NoteBank, instrument: int, pitch: float, n_notes: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Notes of an instrument near a pitch; none where it has none there."""
    notes = bank.of_instrument[instrument]
    near = notes[np.abs(bank.pitch[notes] - pitch) <= _NEAR_SEMITONES]
    return rng.choice(near, n_notes) if len(near) else near
