"""Attacks of the content that are smeared, lost, or come twice."""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.attacks import Seconds, attacks_at, second_attacks
from estilo.analysis.kinds import character
from estilo.analysis.noise_floor import is_noise
from estilo.analysis.onsets import onset_times
from estilo.analysis.sound import RATE_HZ, Sound
from estilo.metrics.fault import Fault
from estilo.metrics.faults.base import AUDIBLE, Compared, ramp

_SMEARED = (0.2, 0.6)  # of the sharpness that is missing
_LOST = (0.6, 0.9)  # of the rise that is missing
_DOUBLED = (0.35, 0.8)  # of the attack's strength
_OF_STYLE = 25.0  # percentile over the style's attacks, as not all of its notes have to be soft
_SOFTEST = 5.0
_LEAST_RISE = 0.5  # of the median: weaker onsets of the content may not be attacks
_LEAST_SHARE = 0.4  # of the content's attack that is left beside a second one
_LEAST_ATTACKS = 5
_APART_S = 0.2  # an attack with another nearer than this is not looked at for a second one
_SMEARED_OF, _DOUBLED_OF = 5, 9  # attacks whose median counts, as single ones are misjudged
_TOGETHER_S = 1.5
_AROUND_S = 0.1


def onset_faults(of: Compared) -> list[Fault]:
    """Attacks that are smeared, and attacks that are lost.

    Sharpness is the share of a rise that 30 ms hold, see `estilo.analysis.attacks`. Severity is 0
    up to a fifth less than the content (or the target) has there and three of four of the style's
    attacks have, and 1 from three fifths less. A lost attack rises by 0.4 (0) to 0.1 (1) of what
    content and style do.

    Args:
        of: output, and what it is held against.
    """
    times_s = _onsets_of_content(of)
    if len(times_s) == 0:
        return []
    own = attacks_at(of.aligned, times_s)
    theirs = [attacks_at(each, times_s) for each in of.same_time]
    sharpness = np.min([each.sharpness for each in theirs], axis=0)
    whole_db = np.min([each.whole_rise_db for each in theirs], axis=0)
    if of.style is not None and len(style_s := of.style.once(onset_times)):
        typical = attacks_at(of.style, style_s)
        sharpness = np.minimum(sharpness, np.percentile(typical.sharpness, _OF_STYLE))
        whole_db = np.minimum(whole_db, np.percentile(typical.whole_rise_db, _SOFTEST))
    strong_db = theirs[0].whole_rise_db
    is_attack = strong_db >= _LEAST_RISE * np.median(strong_db)
    missing = 1.0 - own.sharpness / np.maximum(sharpness, 1e-9)
    lost = ramp(1.0 - own.whole_rise_db / np.maximum(whole_db, 1e-9), *_LOST) * is_attack
    smeared = ramp(_medians(missing, _SMEARED_OF), *_SMEARED) * (lost < AUDIBLE)
    return [
        *_grouped("onsets", "smeared", times_s, smeared),
        *_grouped("onsets", "lost", times_s, lost),
    ]


def doubled_attacks(of: Compared) -> list[Fault]:
    """Attacks that have a second one 40 to 160 ms before (a pre-echo) or after.

    Severity is 0 for a second attack of 0.35 of the first more than the content, or the target, has
    there, or one in four of the style's attacks has, and 1 from 0.8 of it. Of fewer than five
    attacks that are apart, and of noise, nothing is said, nor where the style is a texture, such as
    rain, whose own events come when they come.

    Args:
        of: output, and what it is held against.
    """
    times_s = _apart(_onsets_of_content(of))
    if len(times_s) < _LEAST_ATTACKS or is_noise(of.same_time[0]) or _is_texture(of.style):
        return []
    own = second_attacks(of.aligned, times_s)
    theirs = [second_attacks(each, times_s) for each in of.same_time]
    typical = _of_style(of.style)
    # An attack that is slow comes late, and what rises before it is no attack of its own.
    is_there = own.own >= _LEAST_SHARE * theirs[0].own
    found = []
    for side, words in (("before", "with a pre-echo"), ("after", "doubled")):
        usual = np.max([getattr(each, side) for each in theirs], axis=0)
        if typical is not None:
            usual = np.maximum(usual, np.percentile(getattr(typical, side), 100.0 - _OF_STYLE))
        excess = (getattr(own, side) - usual) * is_there
        found += _grouped("doubled", words, times_s, ramp(_medians(excess, _DOUBLED_OF), *_DOUBLED))
    return found


def _onsets_of_content(of: Compared) -> NDArray[np.float64]:
    if of.content is None or of.content.is_empty or of.output.is_empty:
        return np.zeros(0)
    return of.content.once(onset_times)


def _apart(times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Those that have no other one near."""
    is_far = np.diff(times_s, prepend=-np.inf, append=np.inf) > _APART_S
    return times_s[is_far[:-1] & is_far[1:]]


def _of_style(style: Sound | None) -> Seconds | None:
    """Second attacks of the style itself: a reed may start with a click of its key."""
    times_s = np.zeros(0) if style is None else _apart(style.once(onset_times))
    return None if style is None or len(times_s) == 0 else second_attacks(style, times_s)


def _is_texture(style: Sound | None) -> bool:
    found = None if style is None or style.is_empty else style.once(character)
    return found is not None and found.kind == "textural"


def _medians(values: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Median of every value and those around it; of all, where they are fewer."""
    if len(values) < size:
        return np.full_like(values, np.median(values))
    padded = np.pad(values, size // 2, mode="reflect")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, size), axis=-1)


def _grouped(
    kind: str, words: str, times_s: NDArray[np.float64], severity: NDArray[np.float64]
) -> list[Fault]:
    """Neighbouring attacks with the same fault as one."""
    bad = np.flatnonzero(severity >= AUDIBLE)
    if len(bad) == 0:
        return []
    found = []
    for group in np.split(bad, np.flatnonzero(np.diff(times_s[bad]) > _TOGETHER_S) + 1):
        n = len(group)
        start_s, end_s = max(times_s[group[0]] - _AROUND_S, 0.0), times_s[group[-1]] + _AROUND_S
        what = f"an attack is {words}" if n == 1 else f"{n} attacks are {words}"
        strength = float(severity[group].mean())
        high_hz = RATE_HZ / 2.0
        found.append(Fault(kind, strength, float(start_s), float(end_s), 0.0, high_hz, None, what))
    return found
