"""Room: how long notes ring after they were released."""

import math

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.attributes.bands import (
    FRAME_HZ,
    SURROUNDINGS_S,
    bands,
    mean_of,
    moving_max,
    to_db,
)
from estilo.analysis.attributes.notes import notes
from estilo.analysis.sound import Sound

_GROUP = 4  # bands; a room's sound fluctuates in narrower ones
_SMOOTH = 5  # frames
_BEND_FRAMES, _TREND_FRAMES = 5, 10
_LEAST_BEND_DB, _LEAST_FALL_DB, _STEEPEST_RISE_DB = 2.0, 6.0, 2.0
_AFTER_ONSET, _BEFORE_ONSET = 12, 6
_HEARD_FRAMES = 15  # after the release
_LOUD_DB, _FLOOR_DB = 25.0, 50.0  # below the loudest around
_LEAST_HEARD_FRAMES = 6
_LEAST_RELEASES = 6


def ringing(sound: Sound) -> NDArray[np.float64]:
    """Time in which notes would fade by 60 dB at the speed of their first 0.15 s after release.

    A release is where the level of four bands together bends down most after a note was held, by
    2 dB more within 50 ms than it fell before. Reflections leave the more after 0.15 s, the
    stronger they are and the longer they last: the measure is as much direct-to-reverberant ratio
    as decay time, and that of an instrument without a room is the ringing of its body.

    Args:
        sound: any length.

    Returns:
        Decay time of each note in every four bands, in seconds; NaN where no release is heard, as
        where notes are joined or ring freely. **Shape** ``(9, notes)``.

    Example:
        >>> time_s = np.arange(3 * 44_100) / 44_100
        >>> note_s = np.mod(time_s, 1.0) - 0.1
        >>> held = (note_s > 0) * np.minimum(1.0, 10 ** (-3 * (note_s - 0.5) / 0.4))
        >>> noise = np.random.default_rng(0).standard_normal(len(time_s))
        >>> round(ring_s(ringing(Sound(held * noise, 44_100))) or 0.0, 1)
        0.4
    """
    heard, found = sound.once(bands), sound.once(notes)
    level_db = _group_levels(heard.frame_power * heard.flattening[:, None])
    n_frames = level_db.shape[1]
    loudest_db = moving_max(level_db.max(0), round(SURROUNDINGS_S * FRAME_HZ))
    level_db = np.maximum(level_db, loudest_db - _FLOOR_DB)
    is_loud = level_db > loudest_db - _LOUD_DB
    times_s = np.full((len(level_db), len(found.onsets)), np.nan)
    for note, (onset, end) in enumerate(zip(found.onsets, found.ends, strict=True)):
        last = end - _BEFORE_ONSET
        frames = np.arange(onset + _AFTER_ONSET, last - _BEND_FRAMES)
        if len(frames) < _BEND_FRAMES:
            continue
        fall_db = level_db[:, frames] - level_db[:, np.minimum(frames + _BEND_FRAMES, n_frames - 1)]
        trend_db = level_db[:, frames - _TREND_FRAMES] - level_db[:, frames]
        is_after = is_loud[:, frames] & (trend_db > -_STEEPEST_RISE_DB)
        bend_db = np.where(is_after, fall_db - trend_db * (_BEND_FRAMES / _TREND_FRAMES), -np.inf)
        starts = frames[bend_db.argmax(1)]
        for group in np.flatnonzero(bend_db.max(1) >= _LEAST_BEND_DB).tolist():
            times_s[group, note] = _time_s(level_db[group], int(starts[group]), int(last))
    return times_s


def ring_s(times_s: NDArray) -> float | None:
    """Median of decay times.

    Args:
        times_s: times from `ringing`, in seconds, of any shape.

    Returns:
        Seconds; None where fewer than six are known.

    Example:
        >>> ring_s(np.array([0.2, 0.3, 0.4, 0.5, 0.6, 0.7, np.nan]))
        0.45
    """
    known_s = times_s[~np.isnan(times_s)]
    return float(np.median(known_s)) if known_s.size >= _LEAST_RELEASES else None


def _time_s(level_db: NDArray, start: int, last: int) -> float:
    """Decay time of a group of bands that is released at a frame; NaN where it goes on."""
    n_frames = min(_HEARD_FRAMES, last - start)
    fall_db = float(level_db[start] - level_db[start + n_frames])
    if fall_db < _LEAST_FALL_DB or n_frames < _LEAST_HEARD_FRAMES:
        return math.nan
    return 60.0 / fall_db * n_frames / FRAME_HZ


def _group_levels(power: NDArray) -> NDArray:
    """Levels of four neighbouring bands together over 50 ms; **shape** ``(9, frames)``."""
    groups = mean_of(power.T, _GROUP).T
    half = _SMOOTH // 2
    padded = np.pad(groups, ((0, 0), (half + 1, half)), mode="edge")
    sums = np.cumsum(padded, axis=1, dtype=np.float64)
    return to_db(np.maximum(sums[:, _SMOOTH:] - sums[:, :-_SMOOTH], 0.0))
