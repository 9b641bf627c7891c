"""Transcription of the notes that sound, several at a time.

Conventions: mono, 16 kHz; frame ``n`` is centred on sample ``n * HOP``, one every 32 ms; columns
are the MIDI notes from `LOWEST_MIDI` to `HIGHEST_MIDI`, with A4 at 440 Hz. A note sounds while it
can be heard, not while its key is down.

Weights and threshold come from MuseScore_General. On TimGM6mb, heard by neither, mir_eval's F1 is
0.92 in polyphony and 0.93 in melodies, over twelve families of instruments; mallets, pipes and
organs are the worst, 0.74 to 0.86. Noise and rain have no notes.

The probabilities of `estilo.analysis.salience`, smoothed in time, are held against one threshold,
chosen where the mean F1 is highest on phrases that training had not heard.
"""

from collections.abc import Iterable

import numpy as np

from estilo.analysis.salience import (
    FRAME_RATE_HZ,
    HIGHEST_MIDI,
    HOP,
    LOWEST_MIDI,
    N_NOTES,
    salience,
    trained_weights,
)
from estilo.analysis.sound import Sound

__all__ = [
    "FRAME_RATE_HZ",
    "HIGHEST_MIDI",
    "HOP",
    "LOWEST_MIDI",
    "N_NOTES",
    "multipitch",
    "note_probabilities",
    "notes_per_frame",
]


def multipitch(sound: Sound) -> np.ndarray:
    """Notes that sound in each frame; compute it through `Sound.once`, which keeps it.

    **Shape**: ``(n_frames, 88)``, bool, with ``n_frames = 1 + time // HOP`` of `Sound.mono`.

    Args:
        sound: recording of any rate, level and length.

    Example:
        >>> time = np.arange(16000) / 16000
        >>> partials = [f * k for f in (220.0, 330.0) for k in range(1, 9)]
        >>> chord = sum(np.sin(2 * np.pi * f * time) / f for f in partials)
        >>> notes_per_frame(multipitch(Sound(chord, 16000)))[15]
        (57, 64)
    """
    return sound.once(note_probabilities) > trained_weights()["threshold"]


def note_probabilities(sound: Sound) -> np.ndarray:
    """Probability that each note is audible, smoothed; compute it through `Sound.once`.

    **Shape**: that of `multipitch`, float32.

    Args:
        sound: recording of any rate, level and length.
    """
    return smoothed(salience(sound))


def smoothed(probabilities: np.ndarray) -> np.ndarray:
    """Median over three frames, so that single frames neither start nor stop a note.

    **Shape**: ``(n_frames, n_notes)`` both.

    Args:
        probabilities: probabilities that `estilo.analysis.salience.salience` gave.

    Example:
        >>> smoothed(np.array([[0.9], [0.1], [0.8], [0.1], [0.1]])).ravel().tolist()
        [0.9, 0.8, 0.1, 0.1, 0.1]
    """
    if len(probabilities) < 3:
        return probabilities
    before, after = probabilities[:-1], probabilities[1:]
    least = np.minimum(before, after)
    most = np.maximum(before, after)
    # The middle one of three frames, with the outermost ones twice.
    inner = np.maximum(least[:-1], np.minimum(most[:-1], probabilities[2:]))
    return np.concatenate([probabilities[:1], inner, probabilities[-1:]])


def notes_per_frame(sounding: np.ndarray) -> list[tuple[int, ...]]:
    """MIDI notes of each frame, ascending.

    Args:
        sounding: **shape** ``(n_frames, 88)``, bool, as from `multipitch`.

    Example:
        >>> notes_per_frame(np.eye(2, 88, k=39, dtype=bool))
        [(60,), (61,)]
    """
    frames: Iterable[np.ndarray] = np.asarray(sounding)
    return [tuple((LOWEST_MIDI + np.flatnonzero(frame)).tolist()) for frame in frames]
