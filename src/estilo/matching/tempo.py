"""The speed at which the beats of a style meet those of the content."""

import math
from dataclasses import dataclass
from fractions import Fraction

from estilo.errors import InputError


@dataclass(frozen=True)
class TempoMatch:
    """The speed and the relation of beats at which a style meets the content's tempo.

    Args:
        speed: factor on the speed at which the style is played, 0.71 to 1.41.
        relation: beats of the content for one beat of the style: 1, or a power of 2.
    """

    speed: float
    relation: Fraction


def match_tempo(content_bpm: float, style_bpm: float) -> TempoMatch:
    """The speed nearest to 1 at which the style has the content's tempo, or that some octaves away.

    Analyses take one tempo for its half or double at times, and a style at half the content's
    tempo goes with it as it is: so the content's tempo is taken in the octave of the style's. Three
    beats for two would be four for three where one of the tempos was taken for its double.

    Args:
        content_bpm: tempo of the content, in beats per minute.
        style_bpm: tempo of the style, in beats per minute.

    Raises:
        InputError: a tempo is not positive.

    Example:
        >>> match_tempo(120.0, 96.0)
        TempoMatch(speed=1.25, relation=Fraction(1, 1))
        >>> match_tempo(181.0, 120.0).relation, round(match_tempo(181.0, 120.0).speed, 3)
        (Fraction(2, 1), 0.754)
    """
    if not (content_bpm > 0.0 and style_bpm > 0.0):
        raise InputError(
            f"tempos must be positive, got {content_bpm} and {style_bpm} bpm; give beats per minute"
        )
    relation = Fraction(2) ** round(math.log2(content_bpm / style_bpm))
    return TempoMatch(content_bpm / (style_bpm * float(relation)), relation)
