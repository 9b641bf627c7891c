"""How far the levels of the notes against each other are from those of the content.

Conventions: mono, 16 kHz, the output padded or cut to the content's length; notes of the content by
`estilo.analysis.multipitch`, their partials by the spectrum of four windows that it hears.

Metrics: `note_levels_db`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.multipitch import multipitch
from estilo.analysis.salience import BINS_PER_SEMITONE, N_BINS, RANGE_DB, log_spectra_of
from estilo.analysis.sound import Sound
from estilo.metrics.base import Metric, aligned_once, are_audible, nothing_to_measure

_LAYER = 1  # windows of 256 ms, in which the partials of close notes are apart
_PARTIALS = tuple(round(12 * BINS_PER_SEMITONE * float(np.log2(k))) for k in range(1, 7))
_LEAST_FRAMES = 4  # shorter notes are heard through one window only
_LEAST_NOTES = 3
_RANGE_BELOW_DB = 35.0  # partials further below the strongest of their frame are not counted
_RIDGE = 0.001
_TURNS = 4
_OUTLIER_DB = 3.0


def note_levels_db(output: Sound, content: Sound) -> float:
    r"""Median deviation of the notes' levels from what a smooth change of spectrum explains.

    The change of level of partial *k* of note *j* from content to output is
    :math:`d_{jk} = S(\log f_{jk}) + T(\log k) + r_j + e_{jk}`, with *S* a cubic and *T* a parabola,
    the difference of two instruments' bodies and of their strings or reeds, and :math:`r_j` how
    much louder the note became than the others; *S* and *T* are fitted so that outliers count
    little. The result is the median of :math:`|r_j - \mathrm{median}\, r|`. Crude, as resonances
    narrower than two octaves count as changes of notes: the same phrases on another instrument
    read 0.7 to 2 dB.

    Args:
        output: any length and rate.
        content: any length and rate, with three notes or more.

    Returns:
        dB, 0 where all notes kept their balance; NaN after a warning where one is silent or the
        content has too few notes.

    Raises:
        InputError: one of them is not a `Sound`.

    Example:
        >>> time = np.arange(48000) / 16000
        >>> tones = [
        ...     np.sin(2 * np.pi * f * time) * (np.floor(time / 0.5) == number)
        ...     for number, f in enumerate((220, 262, 294, 330, 392, 440))
        ... ]
        >>> content = Sound(sum(tones), 16000)
        >>> louder = Sound(sum(tone * 2 ** (n % 2) for n, tone in enumerate(tones)), 16000)
        >>> note_levels_db(content, content), round(note_levels_db(louder, content))
        (0.0, 3)
    """
    if not are_audible("note_levels_db", output, content):
        return nothing_to_measure("note_levels_db")
    notes = content.once(_notes)
    if len(notes) < _LEAST_NOTES:
        return nothing_to_measure("note_levels_db", "the content has fewer than three notes")
    theirs = content.once(log_spectra_of)[_LAYER]
    ours = aligned_once(output, content).once(log_spectra_of)[_LAYER]
    changes_db = np.concatenate([_changes_db(note, ours, theirs) for note in notes])
    levels_db = _without_smooth(notes, changes_db)
    return float(np.median(np.abs(levels_db - np.median(levels_db))))


@dataclass(frozen=True, eq=False)
class _Note:
    """A note of the content: its frames, and its partials that no other note shares."""

    start: int
    stop: int
    bins: NDArray[np.int64]
    orders: NDArray[np.int64]


def _notes(content: Sound) -> list[_Note]:
    """Notes that last, with the partials that stand out."""
    sounding = content.once(multipitch)
    levels = content.once(log_spectra_of)[_LAYER]
    found = []
    for column in np.flatnonzero(sounding.any(axis=0)):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], sounding[:, column], [0]])))
        for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            if stop - start < _LEAST_FRAMES:
                continue
            others = np.flatnonzero(sounding[start:stop].mean(axis=0) > 0.25)
            bins, orders = _own_bins(int(column), others[others != column])
            mean = levels[start:stop].mean(axis=0)
            stands_out = mean[bins] > max(mean.max() - _RANGE_BELOW_DB / RANGE_DB, 0.1)
            if stands_out.any():
                found.append(_Note(start, stop, bins[stands_out], orders[stands_out]))
    return found


def _own_bins(
    column: int, others: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bins and numbers of the partials that are at least a semitone from those of other notes."""
    own = BINS_PER_SEMITONE * column + 1 + np.array(_PARTIALS)
    theirs = (BINS_PER_SEMITONE * others[:, None] + 1 + np.array(_PARTIALS)).ravel()
    is_free = np.abs(own[:, None] - theirs).min(axis=1, initial=N_BINS) >= BINS_PER_SEMITONE
    is_free &= own < N_BINS
    return own[is_free], np.flatnonzero(is_free) + 1


def _changes_db(note: _Note, ours: np.ndarray, theirs: np.ndarray) -> NDArray[np.float64]:
    """How much louder the note's partials became. **Shape** ``(partials,)``."""
    stop = min(note.stop, len(ours), len(theirs))
    here = slice(note.start, stop)
    if stop <= note.start:
        return np.zeros(len(note.bins))
    after, before = (_at(levels[here], note.bins) for levels in (ours, theirs))
    return RANGE_DB * (after - before)


def _at(levels: np.ndarray, bins: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean level of the strongest bin at most a third of a semitone away, over the frames."""
    near = np.stack([levels[:, np.clip(bins + side, 0, N_BINS - 1)] for side in (-1, 0, 1)])
    return near.max(axis=0).mean(axis=0, dtype=np.float64).astype(np.float64)


def _without_smooth(notes: list[_Note], changes_db: NDArray[np.float64]) -> NDArray[np.float64]:
    """Change of each note's level beyond what place and number of its partials explain."""
    numbers = np.repeat(np.arange(len(notes)), [len(note.bins) for note in notes])
    place = np.concatenate([note.bins for note in notes]) / N_BINS - 0.5
    order = np.log2(np.concatenate([note.orders for note in notes]))
    terms = np.column_stack([place**2, place**3, order, order**2])

    def of_notes(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(numbers, values) / np.bincount(numbers)

    # Within a note, so that how loud it became as a whole decides nothing.
    means = np.column_stack([of_notes(column) for column in terms.T])
    within = terms - means[numbers]
    left_db = changes_db - of_notes(changes_db)[numbers]
    scale = np.maximum(np.sqrt(np.square(terms).mean(axis=0)), 1e-6)
    slopes = _robust(within / scale, left_db, ridge=_RIDGE) / scale
    levels_db = of_notes(changes_db - terms @ slopes)
    pitch = of_notes(place - order / 12.0)
    straight = np.column_stack([np.ones_like(pitch), pitch])
    return levels_db - straight @ _robust(straight, levels_db, ridge=0.0)


def _robust(
    terms: NDArray[np.float64], values: NDArray[np.float64], *, ridge: float
) -> NDArray[np.float64]:
    """Coefficients of a regression from which outliers are kept away (Huber's weights)."""
    weights = np.ones_like(values)
    coefficients = np.zeros(terms.shape[1])
    penalty = np.sqrt(ridge * len(values)) * np.eye(terms.shape[1])
    for _ in range(_TURNS):
        root = np.sqrt(weights)
        rows = np.concatenate([terms * root[:, None], penalty])
        wanted = np.concatenate([values * root, np.zeros(len(penalty))])
        coefficients = np.asarray(np.linalg.lstsq(rows, wanted, rcond=None)[0], np.float64)
        left = np.abs(values - terms @ coefficients)
        weights = _OUTLIER_DB / np.maximum(left, _OUTLIER_DB)
    return coefficients


NOTE_LEVELS = Metric(
    "note_levels_db", "note levels off by (dB)", "lower", 0.0, "content", note_levels_db
)
