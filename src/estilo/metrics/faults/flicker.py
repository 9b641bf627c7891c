"""Musical noise: partials that flicker more than those of content, target and style."""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.flicker import slope_changes
from estilo.analysis.noise_floor import HOP_S
from estilo.analysis.pauses import pauses
from estilo.analysis.sound import Sound
from estilo.metrics.fault import Fault
from estilo.metrics.faults.base import AUDIBLE, Compared, ramp, stretches

STEP_S = 0.25
_REACH = 2  # steps to each side whose changes count with those of a step
_LEAST_CHANGES = 30
_EXCESS_DB = (0.5, 5.0)
_OF_STYLE = 90.0  # percentile of the style's flicker over time
_LEAST_S = 0.5


def flicker(of: Compared) -> list[Fault]:
    """Stretches in which partials flicker as those of noise do.

    The median change of slope within 0.6 s, see `estilo.analysis.flicker`, against what content and
    target have there and the style at most; severity is 0 up to 0.5 dB more and 1 from 5 dB, as
    noise in the place of tones has. Pauses of the content are left to the noise in them. Without
    anything to compare with there is no telling.

    Args:
        of: output, and what it is held against.
    """
    if not of.same_time and of.style is None:
        return []
    own = _course_db(of.aligned)
    usual = np.zeros_like(own)
    for reference in of.same_time:
        usual = np.fmax(usual, _fitted(_course_db(reference), len(usual)))
    if of.style is not None and np.isfinite(course := _course_db(of.style)).any():
        usual = np.fmax(usual, np.nanpercentile(course, _OF_STYLE))
    excess_db = np.nan_to_num(own - usual)
    severity = ramp(excess_db, *_EXCESS_DB)
    if of.content is not None and not of.content.is_empty:
        severity *= _is_sounding(of.content, len(severity))
    found = []
    for part in stretches(severity >= AUDIBLE, STEP_S, join_s=STEP_S, least_s=_LEAST_S):
        start_s, end_s = part.start * STEP_S, min(part.stop * STEP_S, of.aligned.duration_s)
        low_hz, high_hz = _frequencies_hz(of.aligned, start_s, end_s)
        words = f"partials flicker, up to {excess_db[part].max():.1f} dB more"
        strength = float(np.mean(severity[part]))
        found.append(Fault("flicker", strength, start_s, end_s, low_hz, high_hz, None, words))
    return found


def _course_db(sound: Sound) -> NDArray[np.float64]:
    """Median change within 0.6 s around each step, NaN where there are too few."""
    return sound.once(_medians_db)


def _medians_db(sound: Sound) -> NDArray[np.float64]:
    changes = sound.once(slope_changes)
    n_steps = int(np.ceil(sound.duration_s / STEP_S))
    centres_s = (np.arange(n_steps) + 0.5) * STEP_S
    reach_s = (_REACH + 0.5) * STEP_S / 2.0
    starts = np.searchsorted(changes.time_s, centres_s - reach_s)
    stops = np.searchsorted(changes.time_s, centres_s + reach_s)
    return np.array(
        [
            np.median(changes.change_db[start:stop]) if stop - start >= _LEAST_CHANGES else np.nan
            for start, stop in zip(starts, stops, strict=True)
        ],
        np.float64,
    )


def _fitted(course_db: NDArray[np.float64], n_steps: int) -> NDArray[np.float64]:
    """The largest of a step and its neighbours, as what flickers may come a little later."""
    padded = np.pad(course_db, (1, 1 + max(n_steps - len(course_db), 0)), constant_values=np.nan)
    return np.fmax(padded[:-2], np.fmax(padded[1:-1], padded[2:]))[:n_steps]


def _is_sounding(content: Sound, n_steps: int) -> NDArray[np.bool_]:
    """Steps of which no more than half is a pause."""
    silent = content.once(pauses)
    centres = np.minimum(((np.arange(n_steps) + 0.5) * STEP_S / HOP_S).astype(int), len(silent) - 1)
    return ~silent[centres]


def _frequencies_hz(sound: Sound, start_s: float, end_s: float) -> tuple[float, float]:
    """The middle half of the partials that are there."""
    changes = sound.once(slope_changes)
    start, stop = np.searchsorted(changes.time_s, [start_s, end_s])
    return tuple(np.percentile(changes.frequency_hz[start:stop], [25.0, 75.0]).tolist())
