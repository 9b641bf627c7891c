"""The speed at which the beats of a style meet those of the content."""

import math
from dataclasses import dataclass
from fractions import Fraction

from estilo.errors import InputError

RELATIONS = (Fraction(1, 2), Fraction(2, 3), Fraction(1), Fraction(3, 2), Fraction(2))
"""Beats of the content for one beat of the style."""
SLOWEST, FASTEST = 0.67, 1.5
"""Range of speeds: beyond them a style no longer sounds like itself."""

_THREE_OCTAVES = 0.1


@dataclass(frozen=True)
class TempoMatch:
    """The speed and the relation of beats at which a style meets the content's tempo.

    Args:
        speed: factor on the speed at which the style is played.
        relation: beats of the content for one beat of the style, one of `RELATIONS`.
    """

    speed: float
    relation: Fraction


def match_tempo(content_bpm: float, style_bpm: float) -> TempoMatch:
    """The speed nearest to 1 at which beats of content and style meet, in one of `RELATIONS`.

    Analyses take one tempo for its half or double at times, and a style at half the content's
    tempo goes with it as it is: so its beats may also last two of the content's, or half a one. Two
    against three is taken where that spares a tenth of an octave of speed, 7 %, or more.

    Args:
        content_bpm: tempo of the content, in beats per minute.
        style_bpm: tempo of the style, in beats per minute.

    Raises:
        InputError: a tempo is not positive, or the speed would lie outside 0.67 to 1.5.

    Example:
        >>> match_tempo(120.0, 96.0)
        TempoMatch(speed=1.25, relation=Fraction(1, 1))
        >>> match_tempo(120.0, 66.0).relation, round(match_tempo(120.0, 66.0).speed, 3)
        (Fraction(2, 1), 0.909)
    """
    if not (content_bpm > 0.0 and style_bpm > 0.0):
        raise InputError(
            f"tempos must be positive, got {content_bpm} and {style_bpm} bpm; give beats per minute"
        )
    matches = [TempoMatch(content_bpm / (style_bpm * float(r)), r) for r in RELATIONS]
    best = min(matches, key=_cost)
    if not SLOWEST <= best.speed <= FASTEST:
        raise InputError(
            f"a style of {style_bpm:.0f} bpm would have to be played {best.speed:.2f} times as "
            f"fast to meet the content's {content_bpm:.0f} bpm, and {SLOWEST} to {FASTEST} is what "
            "it can bear; leave tempo out, or stretch the style by other means first"
        )
    return best


def _cost(match: TempoMatch) -> float:
    """Cost of a match, in octaves of speed."""
    has_three = 3 in match.relation.as_integer_ratio()
    return abs(math.log2(match.speed)) + has_three * _THREE_OCTAVES
