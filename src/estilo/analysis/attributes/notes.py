"""Where notes begin and where they are held, as far as attributes need to know.

Conventions: frames of 10 ms, in the bands of `estilo.analysis.attributes.bands`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.attributes.bands import RANGE_DB, Bands, bands, moving_max
from estilo.analysis.sound import Sound

AFTER_ONSET, BEFORE_ONSET = 9, 9
"""Frames after the beginning of a note, and before the next one's, in which nothing is held."""

_LAG = 5  # frames that a rise may take
_LEAST_RISE_DB = 7.0  # a tremolo of 9 dB, four times a second, rises by less
_LEAST_MEAN_DB = 1.0
_REACH = 5  # frames to each side that a peak exceeds
_HELD_DB = 25.0  # below the loudest around
_STEADY_DB = 10.0  # change of level over 0.1 s; a release falls by more
_SWING_DB = 16.0  # of a tremolo


@dataclass(frozen=True, eq=False)
class Notes:
    """Notes as frames.

    Args:
        onsets: frames at which notes begin, within about 50 ms. **Shape** ``(onsets,)``.
        ends: frames at which the next one begins, or the recording ends. **Shape** ``(onsets,)``.
        held: whether notes are held in a frame: not just beginning, nor released, nor in a pause.
            **Shape** ``(frames,)``.
    """

    onsets: NDArray[np.int64]
    ends: NDArray[np.int64]
    held: NDArray[np.bool_]

    def spans(self) -> list[tuple[int, int]]:
        """First frame and end of what is heard of each note without its beginning."""
        pairs = zip(self.onsets.tolist(), self.ends.tolist(), strict=True)
        return [(start + AFTER_ONSET, end - BEFORE_ONSET) for start, end in pairs]


def notes(sound: Sound) -> Notes:
    """Where notes begin and where they are held; for `Sound.once`.

    An onset is where bands rise by more than 7 dB within 50 ms, so that neither vibrato nor a
    tremolo makes one, whatever the attack: in dB a slow one is steep as well.

    Args:
        sound: any length.

    Example:
        >>> tone = np.sin(0.3 * np.arange(32_000)) * (np.arange(32_000) > 16_000)
        >>> found = notes(Sound(tone, 16_000))
        >>> [round(onset / 100) for onset in found.onsets.tolist()]
        [1]
    """
    heard = sound.once(bands)
    onsets = _onsets(heard)
    n_frames = len(heard.total_db)
    ends = np.append(onsets[1:], n_frames)[: len(onsets)]
    return Notes(onsets, ends, _held(heard, onsets, ends))


def windows(sound: Sound, *, n_frames: int, hop: int) -> NDArray[np.int64]:
    """First frames of the windows in which something is held, the level swinging by 16 dB at most.

    Args:
        sound: any length.
        n_frames: length of a window, in frames.
        hop: distance of two windows, in frames.

    **Shape**: ``(windows,)``.
    """
    heard, found = sound.once(bands), sound.once(notes)
    starts = [
        np.arange(start, end - n_frames + 1, hop)
        for start, end in found.spans()
        if end - start >= n_frames
    ]
    if not starts:
        return np.zeros(0, np.int64)
    first = np.concatenate(starts)
    is_heard = np.any(heard.audible, axis=0)
    first = first[np.all(is_heard[first[:, None] + np.arange(n_frames)], axis=1)]
    level_db = heard.total_db[first[:, None] + np.arange(n_frames)]
    time = np.arange(n_frames) - 0.5 * (n_frames - 1)
    level_db = level_db - level_db.mean(1, keepdims=True)
    level_db = level_db - np.outer(level_db @ time / (time @ time), time)
    return first[np.ptp(level_db, axis=1) < _SWING_DB]


def _onsets(heard: Bands) -> NDArray[np.int64]:
    floor_db = heard.loudest_db - RANGE_DB
    level_db = np.where(heard.audible, heard.level_db, floor_db)
    # Neighbours count as what was there before: a swinging pitch moves power to and fro.
    near_db = level_db.copy()
    np.maximum(near_db[1:], level_db[:-1], out=near_db[1:])
    np.maximum(near_db[:-1], level_db[1:], out=near_db[:-1])
    before_db = np.empty_like(near_db)
    before_db[:, _LAG:], before_db[:, :_LAG] = near_db[:, :-_LAG], floor_db[:1]
    rise_db = np.maximum(level_db - before_db - _LEAST_RISE_DB, 0.0)
    strength = rise_db.sum(0) / np.maximum(heard.audible.sum(0), 3)
    is_peak = (strength >= moving_max(strength, _REACH)) & (strength > _LEAST_MEAN_DB)
    is_peak[len(is_peak) - _REACH :] = False  # a recording that is cut off ends with a click
    found: list[int] = []
    for frame in np.flatnonzero(is_peak).tolist():
        if not found or frame - found[-1] > _REACH:
            found.append(frame)
    return np.array(found, np.int64)


def _held(heard: Bands, onsets: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    level_db = heard.total_db
    held = np.zeros(len(level_db), bool)
    for onset, end in zip(onsets.tolist(), ends.tolist(), strict=True):
        held[onset + AFTER_ONSET : max(end - BEFORE_ONSET, 0)] = True
    change_db = np.zeros(len(level_db))
    if len(level_db) > 2 * _REACH:
        change_db[_REACH:-_REACH] = np.abs(level_db[2 * _REACH :] - level_db[: -2 * _REACH])
    is_loud = heard.level_db.max(0) > heard.loudest_db - _HELD_DB
    return held & is_loud & (change_db < _STEADY_DB)
