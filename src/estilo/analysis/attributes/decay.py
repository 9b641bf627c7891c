"""Decay: how fast notes fade while they are held."""

import numpy as np

from estilo.analysis.attributes.bands import bands, to_db
from estilo.analysis.attributes.notes import BEFORE_ONSET, notes
from estilo.analysis.sound import Sound

_PEAK_FRAMES = 30  # after an onset in which the peak is looked for
_SHORTEST_FRAMES, _LEAST_FRAMES = 20, 10
_RANGE_DB = 20.0
_FRAME_S = 0.01


def decay_db_per_s(sound: Sound) -> float | None:
    """How fast notes fade after their peak, in dB per second.

    Of each note the first 20 dB below its peak are heard; its decay is the median of the falls over
    half of that time, so that a release at its end, which is short, counts for nothing. Longer
    notes count for more in the median over notes.

    Args:
        sound: any length.

    Returns:
        0 where notes are sustained or swell; None where none lasts for 0.2 s.

    Example:
        >>> time_s = np.arange(44_100) / 44_100 - 0.1
        >>> tone = np.sin(2 * np.pi * 500 * time_s) * 10 ** (-25 * time_s / 20) * (time_s > 0)
        >>> round(decay_db_per_s(Sound(tone, 44_100)))
        25
    """
    heard, found = sound.once(bands), sound.once(notes)
    level_db = to_db(heard.flattening @ heard.frame_power)
    falls, lengths = [], []
    for onset, end in zip(found.onsets.tolist(), found.ends.tolist(), strict=True):
        note_db = level_db[onset : end - BEFORE_ONSET // 2]
        if len(note_db) < _SHORTEST_FRAMES:
            continue
        note_db = note_db[min(int(note_db.argmax()), _PEAK_FRAMES) :]
        quiet = np.flatnonzero(note_db < note_db.max() - _RANGE_DB)
        note_db = note_db[: quiet[0]] if len(quiet) else note_db
        if len(note_db) < _LEAST_FRAMES:
            continue
        lag = len(note_db) // 2
        falls.append(np.median(note_db[:-lag] - note_db[lag:]) / (lag * _FRAME_S))
        lengths.append(len(note_db))
    if not falls:
        return None
    return max(float(np.median(np.repeat(falls, lengths))), 0.0)
