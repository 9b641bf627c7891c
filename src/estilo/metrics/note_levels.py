"""How far the levels of the notes against each other are from those of the content.

Conventions: mono, 16 kHz, the output padded or cut to the content's length; notes of the content by
`estilo.analysis.multipitch`, their partials by the spectrum of four windows that it hears.

Metrics: `note_levels_db`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.multipitch import FRAME_RATE_HZ, multipitch, note_probabilities
from estilo.analysis.salience import BINS_PER_SEMITONE, N_BINS, RANGE_DB, log_spectra_of
from estilo.analysis.sound import Sound
from estilo.metrics.base import Metric, aligned_once, are_audible, nothing_to_measure

_LAYER = 1  # windows of 256 ms, in which the partials of close notes are apart
_PARTIALS = np.round(12 * BINS_PER_SEMITONE * np.log2(np.arange(1, 7))).astype(int)
_LEAST_FRAMES = 4  # shorter notes are heard through one window only
_LEAST_NOTES = 3
_FIRST_FRAMES = round(0.4 * FRAME_RATE_HZ)  # in which a note becomes as loud as it will
_TURNS = 4
_OUTLIER_DB = 3.0
_GONE_DB = 15.0
_TRACE = 0.07  # an eighth of the probability from which a note sounds
_STIFF = 2.0 / 3.0  # usual deviation of a note from the line, over the usual slope of lines


def note_levels_db(output: Sound, content: Sound) -> float:
    r"""Mean deviation of the notes' peak levels from what another instrument explains.

    :math:`r_j` is the change from content to output of the level that the first six partials of
    note *j* have together at its loudest within 0.4 s, so that how long it lasts and how it decays
    count for nothing. A straight line over pitch is taken off, as registers of
    instruments differ in loudness, by some 3 dB in an octave; it is fitted so that outliers count
    little. The result is the mean of :math:`\min(|r_j - \mathrm{median}\, r|, 15)`, and 15 dB for a
    note that cannot be heard. The same phrases on another instrument read 1 to 2 dB.

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
    heard = aligned_once(output, content).once(note_probabilities)
    there = [note for note in notes if note.is_heard(heard)]
    if not there:
        return _GONE_DB
    changes_db = np.array([_peak_db(note, ours) - _peak_db(note, theirs) for note in there])
    left_db = _without_line(np.array([note.pitch for note in there], np.float64), changes_db)
    off_db = np.minimum(np.abs(left_db - np.median(left_db)), _GONE_DB).sum()
    return (float(off_db) + _GONE_DB * (len(notes) - len(there))) / len(notes)


@dataclass(frozen=True)
class _Note:
    """A note of the content: its first frames, and its pitch as a column of `multipitch`."""

    start: int
    stop: int
    pitch: int

    def is_heard(self, probabilities: NDArray[np.floating]) -> bool:
        """Whether there is a trace of it, however faint for another instrument's partials."""
        here = probabilities[self.start : self.stop, self.pitch]
        return bool(here.max(initial=0.0) > _TRACE)


def _notes(content: Sound) -> list[_Note]:
    """Notes that last."""
    sounding = content.once(multipitch)
    found = []
    for pitch in np.flatnonzero(sounding.any(axis=0)).tolist():
        edges = np.flatnonzero(np.diff(np.concatenate([[0], sounding[:, pitch], [0]])))
        for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            if stop - start >= _LEAST_FRAMES:
                found.append(_Note(start, min(stop, start + _FIRST_FRAMES), pitch))
    return found


def _peak_db(note: _Note, levels: NDArray[np.floating]) -> float:
    """Level of the note's partials together in its loudest frame."""
    here = levels[note.start : note.stop].astype(np.float64)
    bins = BINS_PER_SEMITONE * note.pitch + 1 + _PARTIALS
    bins = bins[bins < N_BINS - 1]
    # The strongest bin at most a third of a semitone away: instruments are tuned differently.
    near = np.max([here[:, bins + side] for side in (-1, 0, 1)], axis=0)
    power = (10.0 ** (RANGE_DB / 10.0 * near)).sum(axis=1)
    return 10.0 * float(np.log10(power.max(initial=1.0)))


def _without_line(pitch: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values less a straight line over pitch from which outliers are kept away (Huber)."""
    rise = (pitch - pitch.mean()) / 12.0
    terms = np.column_stack([np.ones_like(rise), rise])
    weights = np.ones_like(values)
    for _ in range(_TURNS):
        root = np.sqrt(weights)
        rows = np.concatenate([terms * root[:, None], [[0.0, _STIFF]]])
        wanted = np.append(values * root, 0.0)
        line = terms @ np.linalg.lstsq(rows, wanted, rcond=None)[0]
        weights = _OUTLIER_DB / np.maximum(np.abs(values - line), _OUTLIER_DB)
    return values - line


NOTE_LEVELS = Metric(
    "note_levels_db", "note levels off by (dB)", "lower", 0.0, "content", note_levels_db
)
