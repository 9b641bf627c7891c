"""How the notes of an instrument end: let go, as a flute's, or faded by themselves, as bells'."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.transcription.decoding import HARMONICS
from estilo.sampler.continuing import Continued
from estilo.sampler.looping import find_loop
from estilo.sampler.zones import Zone

USUAL_RELEASE_DB_S = 145.0
"""Fall of a note that is let go where a recording does not tell it: to 1/e in 60 ms; in dB/s."""

RINGS = 0.0
"""Fall, beyond their own, of notes that nobody lets go; in dB/s."""

_RELEASE_BOUNDS = (30.0, 2000.0)
_FRAME_S = 0.005
_LEAST_TAIL_S, _LEAST_FALL_DB, _MOST_FALL_DB = 0.04, 10.0, 40.0
_BEFORE_S, _FASTER = 0.2, 1.5

_TOGETHER_S = 0.05
_ATTACK_S, _LEAST_HELD_S = 0.05, 0.1
_STRUCK_DB_S = 5.0  # fall of three quarters of the notes of what is struck or plucked, at least
_LET_GO_SHARE = 0.25  # of the notes that have a tail, by their qualities
_DROP_S, _DROP_DB, _AUDIBLE_DB = 0.05, 15.0, 60.0


def release_db_s(zones: Sequence[Zone]) -> float:
    """Fall of the level after a note is let go, in dB per second.

    It is the median of the tails that show it, `USUAL_RELEASE_DB_S` where there are none, and
    `RINGS` where notes fade from the beginning, as struck and plucked ones do, and hardly any of
    them is seen to be let go. A note at a harmonic of another that starts with it may be a partial
    of that one, which fades sooner than the whole: it tells nothing.

    Args:
        zones: zones of one instrument.

    Example:
        >>> time_s = np.arange(16_000) / 8000
        >>> bell = np.sin(2 * np.pi * 440 * time_s) * 10 ** (-time_s)
        >>> samples = bell[None].astype(np.float32)
        >>> release_db_s([Zone(samples, 8000, onset=0, held=8000, pitch=69.0, level_db=0.0)])
        0.0
    """
    own = [zone for zone in zones if not any(_is_partial(zone, other) for other in zones)]
    if _rings(own):
        return RINGS
    falls = [fall for zone in own if (fall := _fall_db_s(zone)) is not None]
    if not falls:
        return USUAL_RELEASE_DB_S
    return float(np.clip(np.median(falls), *_RELEASE_BOUNDS))


def are_held(zones: Sequence[Zone]) -> bool:
    """Whether notes are held up by whoever plays them, as far as any is long enough to tell.

    Args:
        zones: zones of one instrument.
    """
    fall_db_s = _usual_fall_db_s(zones)
    return fall_db_s is not None and fall_db_s < _STRUCK_DB_S


def ringing(zone: Zone) -> Zone:
    """A zone that is held for as long as it is heard, and worth less where it does not fade.

    What does not fade in it are other notes, which its loop would strike again and again.

    Args:
        zone: zone of an instrument whose notes are not let go.
    """
    samples, rate, held = zone.samples, zone.sample_rate, zone.samples.shape[1]
    loop = find_loop(samples, sample_rate=rate, pitch=zone.pitch, onset=zone.onset, held=held)
    loop = loop or zone.loop
    share = 1.0 if loop is None else Continued(samples, rate, loop, fades=True).fading_share
    return replace(zone, held=held, loop=loop, quality=zone.quality * share)


def _is_partial(zone: Zone, of: Zone) -> bool:
    """Whether a note may be a partial of another one that was taken for a note."""
    is_beside = zone.source == of.source and abs(zone.start_s - of.start_s) < _TOGETHER_S
    return is_beside and round(zone.pitch - of.pitch) in HARMONICS


def _rings(zones: Sequence[Zone]) -> bool:
    fall_db_s = _usual_fall_db_s(zones)
    if fall_db_s is None or fall_db_s < _STRUCK_DB_S:
        return False
    tails = [zone for zone in zones if _tail_s(zone) >= _LEAST_TAIL_S]
    let_go = sum(zone.quality for zone in tails if _is_let_go(zone))
    return let_go <= _LET_GO_SHARE * sum(zone.quality for zone in tails)


def _usual_fall_db_s(zones: Sequence[Zone]) -> float | None:
    """Fall while notes are held that three quarters of them have at least, by their qualities."""
    shown = [(fall, zone.quality) for zone in zones if (fall := _own_fall_db_s(zone)) is not None]
    if not shown:
        return None
    falls, weights = np.array(sorted(shown)).T
    reached = np.cumsum(weights)
    return float(falls[np.searchsorted(reached, 0.25 * reached[-1])])


def _tail_s(zone: Zone) -> float:
    return (zone.samples.shape[1] - zone.held) / zone.sample_rate


def _own_fall_db_s(zone: Zone) -> float | None:
    """Fall of the level while the note is held; None where it is too short to tell."""
    first = zone.onset + round(_ATTACK_S * zone.sample_rate)
    if zone.held - first < _LEAST_HELD_S * zone.sample_rate:
        return None
    return _slope_db_s(_levels_db(zone.samples[:, first : zone.held], zone.sample_rate))


def _is_let_go(zone: Zone) -> bool:
    """Whether the tail falls faster than the note did before, in the whole or at once."""
    return _fall_db_s(zone) is not None or _drops(zone)


def _drops(zone: Zone) -> bool:
    """Whether what is heard of the tail drops to a level that it does not leave again."""
    size = round(_DROP_S / _FRAME_S)
    levels_db = _levels_db(zone.samples[:, zone.onset :], zone.sample_rate)
    audible = levels_db > levels_db.max(initial=-np.inf) - _AUDIBLE_DB
    first = (zone.held - zone.onset) * len(levels_db) // (zone.samples.shape[1] - zone.onset)
    fall_db = _DROP_DB + _FASTER * _DROP_S * (_own_fall_db_s(zone) or 0.0)
    return any(
        audible[place] and levels_db[place + size : -1].max() < levels_db[place] - fall_db
        for place in range(first, len(levels_db) - 2 * size)
    )


def _fall_db_s(zone: Zone) -> float | None:
    """Fall of the tail, where it shows that the note was let go: it falls faster than before."""
    tail_db = _levels_db(zone.samples[:, zone.held :], zone.sample_rate)
    if len(tail_db) * _FRAME_S < _LEAST_TAIL_S:
        return None
    below = np.flatnonzero(tail_db < tail_db[0] - _MOST_FALL_DB)
    n_used = int(below[0]) + 1 if len(below) else len(tail_db)
    if n_used < 3 or tail_db[0] - tail_db[n_used - 1] < _LEAST_FALL_DB:
        return None
    fall_db_s = _slope_db_s(tail_db[:n_used])
    before = zone.samples[:, max(zone.held - round(_BEFORE_S * zone.sample_rate), 0) : zone.held]
    before_db = _levels_db(before, zone.sample_rate)
    if len(before_db) >= 3 and fall_db_s < _FASTER * _slope_db_s(before_db):
        return None
    return fall_db_s


def _levels_db(samples: NDArray, sample_rate: int) -> NDArray:
    size = max(round(_FRAME_S * sample_rate), 1)
    n_frames = samples.shape[1] // size
    frames = samples[:, : n_frames * size].reshape(samples.shape[0], n_frames, size)
    return 10.0 * np.log10(np.square(frames, dtype=np.float64).mean((0, 2)) + 1e-12)


def _slope_db_s(level_db: NDArray) -> float:
    return float(-np.polyfit(np.arange(len(level_db)) * _FRAME_S, level_db, 1)[0])
