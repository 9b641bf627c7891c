"""Jumps of the level that the content does not make."""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.multipitch import FRAME_RATE_HZ, multipitch
from estilo.analysis.noise_floor import EDGES_HZ, HOP_S, noise_floor
from estilo.analysis.onsets import onset_times
from estilo.analysis.sound import Sound
from estilo.metrics.fault import Fault
from estilo.metrics.faults.base import Compared, decibels, ramp

_STEP_DB = (4.0, 12.0)
_SIDE = 20  # frames on each side whose mean level counts
_GAP = 2  # frames from one side to the other
_SHARP = 0.7  # of the step lies within the gap
_RANGE_DB = 45.0
_MOST_BANDS = 25.0  # percentile of the bands' steps: three of four jump by as much
_LEAST_BANDS = 3
_CHANGE_S = 0.15  # around an onset, or where notes begin and end, levels change anyhow
_APART_S = 0.3


def level_jumps(of: Compared) -> list[Fault]:
    """Steps of the output's level against the content's that come at once in most bands, and last.

    The step is between the means of 0.4 s before and after, comes within 80 ms, and is as high in
    three of four bands: another note of another instrument changes some. Severity is 0 up to 4 dB
    and 1 from 12 dB. Near onsets of the content, where its notes change, and in bands 45 dB
    below the strongest, nothing is said.

    Args:
        of: output, and what it is held against.
    """
    references = of.same_time
    if not references or any(each.is_empty for each in (*references, of.output)):
        return []
    each_db = [_steps_db(of.aligned, reference) for reference in references]
    n = min(len(each) for each in each_db)
    step_db = min((each[:n] for each in each_db), key=lambda each: np.abs(each).max(initial=0.0))
    for each in references:
        for time_s in (*each.once(onset_times), *each.once(_note_changes_s)):
            first, last = (round((time_s + side) / HOP_S) for side in (-_CHANGE_S, _CHANGE_S))
            step_db[max(first, 0) : last + 1] = 0.0
    found: list[Fault] = []
    for frame in np.argsort(-np.abs(step_db)):
        severity = float(ramp(abs(step_db[frame]), *_STEP_DB))
        time_s = float(frame * HOP_S)
        if severity <= 0.0:
            break
        if all(abs(time_s - each.start_s) > _APART_S for each in found):
            words = f"the level jumps by {step_db[frame]:+.0f} dB"
            edges_hz = EDGES_HZ[0], EDGES_HZ[-1]
            found.append(Fault("level jumps", severity, time_s, time_s, *edges_hz, None, words))
    return found


def _note_changes_s(sound: Sound) -> NDArray[np.float64]:
    """Times at which notes begin or end. **Shape** ``(changes,)``."""
    changes = np.diff(sound.once(multipitch), axis=0).any(axis=1)
    return np.asarray((np.flatnonzero(changes) + 0.5) / FRAME_RATE_HZ, np.float64)


def _steps_db(output: Sound, reference: Sound) -> NDArray[np.float64]:
    """Step of most bands at each frame, 0 where there is none. **Shape** ``(frames,)``."""
    own, theirs = (each.once(noise_floor).level.astype(np.float64) for each in (output, reference))
    n = min(len(own), len(theirs))
    steps_db = np.zeros(n)
    frames = np.arange(_SIDE + _GAP, n - _SIDE - _GAP)
    if len(frames) == 0:
        return steps_db
    own, theirs = own[:n], theirs[:n]
    difference_db = decibels(own) - decibels(theirs)
    sums = np.cumsum(np.pad(difference_db, ((1, 0), (0, 0))), axis=0)
    before = sums[frames - _GAP + 1] - sums[frames - _GAP + 1 - _SIDE]
    after = sums[frames + _GAP + _SIDE] - sums[frames + _GAP]
    lasting = (after - before) / _SIDE
    sudden = difference_db[frames + _GAP] - difference_db[frames - _GAP]
    step = np.where(sudden * np.sign(lasting) >= _SHARP * np.abs(lasting), lasting, 0.0)
    sounds = np.minimum(_sounding(own), _sounding(theirs))
    sounds = np.minimum(sounds[frames - _GAP], sounds[frames + _GAP])
    for number in np.flatnonzero((np.abs(step) > _STEP_DB[0]).sum(axis=1) >= _LEAST_BANDS):
        there = step[number][sounds[number] > 0]
        if len(there) >= _LEAST_BANDS:
            up, down = np.percentile(there, [_MOST_BANDS, 100.0 - _MOST_BANDS])
            steps_db[frames[number]] = max(up, 0.0) + min(down, 0.0)
    return steps_db


def _sounding(level: NDArray[np.float64]) -> NDArray[np.int8]:
    """Whether a band is at most so far below the strongest of all. **Shape** that of the level."""
    return (level > level.max() * 10.0 ** (-_RANGE_DB / 10.0)).astype(np.int8)
