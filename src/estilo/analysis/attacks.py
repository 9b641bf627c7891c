"""How sharp the attacks of a recording are at given times, and whether others are near.

Conventions: levels in the bands of `estilo.analysis.onsets.band_powers`, every 10 ms, at most 50 dB
below the loudest within 0.2 s, so that soft attacks are as good as loud ones, and 60 dB below the
loudest of all; rises are means over the bands, in dB.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.onsets import HOP, LEAD, N_BEFORE, band_powers
from estilo.analysis.sound import RATE_HZ, Sound

HOP_S = HOP / RATE_HZ

_RANGE_DB, _WHOLE_RANGE_DB = 50.0, 60.0
_BEFORE, _AFTER = 8, 12  # frames around an onset between which a level rises from least to most
_NEAR = 6  # frames around an onset among which the steepest rise is
_LAG = 3  # frames that a rise is spread over, as the window is longer than the hop
_LATENCY = 2  # frames from the beginning of a note to its steepest rise
_REACH = 3
_FIRST, _LAST = 4, 16  # frames from an attack among which a second one is looked for
_LEAST_DB = 0.5
_LEAST = 1e-3
_STEVENS = 0.3


@dataclass(frozen=True, eq=False)
class Attacks:
    """What is heard at some times. **Shape** ``(times,)`` each.

    Args:
        rise_db: steepest rise in 30 ms, within 60 ms of the time.
        whole_rise_db: rise from the least level of the 80 ms before to the most of the 0.12 s
            after.
    """

    rise_db: NDArray[np.float64]
    whole_rise_db: NDArray[np.float64]

    @property
    def sharpness(self) -> NDArray[np.float64]:
        """Share of the rise that 30 ms hold: 0.9 for a drum, 0.65 for a reed, 0.35 for strings."""
        return self.rise_db / np.maximum(self.whole_rise_db, _LEAST_DB)


def attacks_at(sound: Sound, times_s: NDArray[np.float64]) -> Attacks:
    """Measure the attacks at some times.

    Args:
        sound: recording of any length.
        times_s: times in seconds. **Shape** ``(times,)``.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=16000)
        >>> hit = Sound(noise * (np.arange(16000) >= 8000), 16000)
        >>> swell = Sound(noise * np.clip((np.arange(16000) - 7000) / 2000, 1e-3, 1.0), 16000)
        >>> sharp, soft = (attacks_at(each, np.array([0.5])).sharpness[0] for each in (hit, swell))
        >>> bool(sharp > 0.8), bool(soft < 0.6)
        (True, True)
    """
    level_db = sound.once(_levels_db)
    found = np.zeros((2, len(times_s)))
    for number, frame in enumerate(_frames(times_s)):
        around = level_db[:, max(frame - _BEFORE, 0) : frame + _AFTER]
        middle = min(frame, _BEFORE)
        if around.shape[1] <= middle:
            continue
        around = np.maximum(around, around.max() - _RANGE_DB)
        before, after = around[:, : middle + 1], around[:, middle:]
        whole = np.maximum(after.max(axis=1) - before.min(axis=1), 0.0)
        near = around[:, max(middle - _NEAR, 0) : middle + _NEAR + _LAG + 1]
        rises = np.maximum(near[:, _LAG:] - near[:, :-_LAG], 0.0).mean(axis=0)
        found[:, number] = rises.max(initial=0.0), whole.mean()
    return Attacks(*found)


@dataclass(frozen=True, eq=False)
class Seconds:
    """Attacks at some times and beside them, as rises of loudness. **Shape** ``(times,)`` each.

    Args:
        own: attack at the time, as a share of the loudest loudness.
        before: highest other attack 40 to 160 ms before, relative to it.
        after: highest other attack 40 to 160 ms after, relative to it.
    """

    own: NDArray[np.float64]
    before: NDArray[np.float64]
    after: NDArray[np.float64]


def second_attacks(sound: Sound, times_s: NDArray[np.float64]) -> Seconds:
    """Attacks that stand beside those at some times.

    Attacks are rises of loudness within 30 ms, the sum of the bands' powers to 0.3 (Stevens'
    law), so that what rises after a louder attack counts less than from silence. Only
    what stands out from the valley between the two counts.

    Args:
        sound: recording of any length.
        times_s: times in seconds. **Shape** ``(times,)``.

    Example:
        >>> clicks = np.zeros(16000)
        >>> clicks[[8000, 9600]] = 1.0, 0.7
        >>> found = second_attacks(Sound(clicks, 16000), np.array([0.5]))
        >>> bool(found.before[0] < 0.1), bool(found.after[0] > 0.5)
        (True, True)
    """
    strength = np.pad(sound.once(_loudness_rises), _LAST + 2)
    found = np.zeros((3, len(times_s)))
    for number, frame in enumerate(_frames(times_s) - N_BEFORE + LEAD + _LATENCY + _LAST + 2):
        around = strength[max(frame - _LAST - 1, 0) : frame + _LAST + 2]
        if len(around) < 2 * _LAST + 3:
            continue
        own = around[_LAST + 1 - _REACH : _LAST + 2 + _REACH].max()
        sides = around[: _LAST + 2][::-1], around[_LAST + 1 :]
        beside = [_standing_out(side) / max(own, _LEAST) for side in sides]
        found[:, number] = own, *beside
    return Seconds(*found)


def _standing_out(side: NDArray[np.float64]) -> float:
    """Height of the highest peak above the valley before it, of values from an attack on."""
    valley = np.minimum.accumulate(side)[_FIRST:-1]
    middle = side[_FIRST:-1]
    is_peak = (middle >= side[_FIRST - 1 : -2]) & (middle > side[_FIRST + 1 :])
    return float(np.max((middle - valley)[is_peak], initial=0.0))


def _loudness_rises(sound: Sound) -> NDArray[np.float64]:
    """Rise of the bands' mean loudness in 30 ms. **Shape** that of the onset strength."""
    power = sound.once(band_powers)
    loudness = (power / max(float(power.max(initial=0.0)), 1e-20)) ** np.float32(_STEVENS)
    mean = loudness.mean(axis=0, dtype=np.float64)  # what flickers rises and falls, and cancels
    return np.maximum(mean[_LAG:] - mean[:-_LAG], 0.0)


def _frames(times_s: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(np.asarray(times_s) / HOP_S).astype(np.int64) + N_BEFORE


def _levels_db(sound: Sound) -> NDArray[np.floating]:
    power = sound.once(band_powers)
    relative = power / max(float(power.max(initial=0.0)), 1e-20)
    return 10.0 * np.log10(np.maximum(relative, np.float32(10.0 ** (-_WHOLE_RANGE_DB / 10.0))))
