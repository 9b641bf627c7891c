"""Attack: how long notes take to rise."""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.attributes.bands import ENVELOPE_HZ, FRAME_HZ, NUMBERS, Bands, bands
from estilo.analysis.attributes.notes import notes
from estilo.analysis.sound import Sound

LOW, HIGH = 0.1, 0.7
"""Shares of the amplitude between which the rise is timed."""

_BEFORE, _AFTER, _FIRST = 10, 30, 10  # frames around an onset
_LEAST_FRAMES = 6
_RISE = 10.0**0.8  # of the power of bands that belong to the note
_SMOOTH, _LOUDEST = 5, 31  # samples of the envelope
_EDGE_FRAMES, _EDGE_MS = 3, 10.0


def rises(sound: Sound) -> NDArray[np.float64]:
    """Time in which each band of each note rises from 10 to 70 % of its amplitude, in ms.

    Bands are heard that rise with the note, so that others may sound on; the whole amplitude is
    that of the band's loudest 30 ms within 0.3 s. A recording that begins at once has been cut
    there, and has no attack.

    Args:
        sound: any length.

    Returns:
        1 ms at least; NaN where a band does not rise. **Shape** ``(37, notes)``.

    Example:
        >>> time_s = np.arange(22_050) / 44_100 - 0.1
        >>> tone = np.sin(2 * np.pi * 1000 * time_s) * np.clip(time_s / 0.1, 0, 1)
        >>> 50 < (attack_ms(rises(Sound(tone, 44_100))) or 0.0) < 70
        True
    """
    heard, found = sound.once(bands), sound.once(notes)
    times_ms = np.full((len(NUMBERS), len(found.onsets)), np.nan)
    for note, (onset, end) in enumerate(
        zip(found.onsets.tolist(), found.ends.tolist(), strict=True)
    ):
        rising = _rising(heard, onset)
        first, last = max(onset - _BEFORE, 0), min(onset + _AFTER, end - _LEAST_FRAMES)
        if rising.any() and last - onset >= _LEAST_FRAMES:
            times_ms[rising, note] = _rises_ms(_amplitude(heard, rising, first, onset, last))
        if onset < _EDGE_FRAMES:
            times_ms[times_ms[:, note] <= _EDGE_MS, note] = np.nan
    return times_ms


def attack_ms(times_ms: NDArray) -> float | None:
    """Median of rises.

    Args:
        times_ms: times from `rises`, in ms, of any shape.

    Returns:
        ms; None where none is known.

    Example:
        >>> attack_ms(np.array([10.0, np.nan, 20.0, 60.0]))
        20.0
    """
    known_ms = times_ms[~np.isnan(times_ms)]
    return float(np.median(known_ms)) if known_ms.size else None


def _rising(heard: Bands, onset: int) -> NDArray[np.bool_]:
    """Which bands rise with a note; **shape** ``(37,)``."""
    power, begun = heard.frame_power, slice(onset, onset + _FIRST)
    before = power[:, max(onset - _BEFORE, 0) : onset + 1].min(1)
    return (power[:, begun].max(1) > _RISE * before) & heard.audible[:, begun].any(1)


def _amplitude(
    heard: Bands, rising: NDArray[np.bool_], first: int, onset: int, last: int
) -> NDArray:
    """What sounds in some bands beyond what sounded before, from frame to frame.

    **Shape**: ``(bands, time)``.
    """
    per_frame = ENVELOPE_HZ // FRAME_HZ
    before = heard.frame_power[rising, first : onset + 1].min(1)
    power = heard.power[rising, first * per_frame : last * per_frame] - before[:, None]
    return np.sqrt(_means(np.maximum(power, 0.0), _SMOOTH))


def _rises_ms(amplitude: NDArray) -> NDArray[np.float64]:
    """Time from the last sample below the lower share to the first above the upper one, in ms."""
    places = np.arange(amplitude.shape[1])
    whole = np.sqrt(_means(np.square(amplitude), _LOUDEST).max(1, keepdims=True))
    stop = np.argmax(amplitude >= HIGH * whole, axis=1)
    is_below = (amplitude < LOW * whole) & (places < stop[:, None])
    start = np.where(is_below, places, -1).max(1) + 1
    length = _crossing(amplitude, stop, HIGH * whole) - _crossing(amplitude, start, LOW * whole)
    return np.maximum(length * (1000.0 / ENVELOPE_HZ), 1.0)


def _crossing(amplitude: NDArray, places: NDArray, levels: NDArray) -> NDArray[np.float64]:
    """Where straight lines cross levels that some samples reach and those before do not."""
    rows = np.arange(len(places))
    here, before = amplitude[rows, places], amplitude[rows, np.maximum(places - 1, 0)]
    share = (here - levels[:, 0]) / np.maximum(here - before, 1e-12)
    return places - np.where(places > 0, np.clip(share, 0.0, 1.0), 0.0)


def _means(values: NDArray, n: int) -> NDArray:
    """Means over n samples around each; **shape** of the values, ``(bands, time)``."""
    from scipy.ndimage import uniform_filter1d

    return np.maximum(uniform_filter1d(values, n, axis=1, mode="constant"), 0.0)
