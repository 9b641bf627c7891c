"""The speed and the shift that bring a style to the tempo and key of the content, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from estilo.analysis.key import Key, key
from estilo.analysis.sound import Sound
from estilo.analysis.tempo import Tempo, tempo
from estilo.matching.key import match_key, transposed
from estilo.matching.tempo import match_tempo

MATCHES = ("tempo", "key")
"""Properties in which a style can be matched."""

_LEAST_PULSE = 0.3  # confidence of a tempo; chance gives as much in a few seconds
_SAME_SPEED = 0.005  # a difference of 0.15 s in half a minute


@dataclass(frozen=True)
class Adjustment:
    """The change that brings a style to the content's tempo and key.

    Args:
        speed: factor on the speed at which the style is played.
        semitones: shift in pitch, in semitones; positive is higher.
        words: the change and its reason, in a line.
    """

    speed: float
    semitones: int
    words: str


def adjustment(
    content: Sound, style: Sound, *, matches: Sequence[str], tempo_bpm: float | None = None
) -> Adjustment:
    """Find the speed and the shift for a style; none where it or the content has no pulse or key.

    Args:
        content: the content, of any length.
        style: the style, of any length.
        matches: some of `MATCHES`.
        tempo_bpm: tempo of the content in beats per minute, where it is known; it is listened for
            if not given.

    Raises:
        InputError: the tempo that is given is not positive.

    Example:
        >>> import numpy as np
        >>> noise = Sound(0.1 * np.random.default_rng(0).standard_normal(80_000), 16_000)
        >>> found = adjustment(noise, noise, matches=["key"])
        >>> found.semitones, found.words
        (0, 'the content has no clear key, pitch left as it is')
    """
    speed, semitones, words = 1.0, 0, []
    if "tempo" in matches:
        own = content.once(tempo) if tempo_bpm is None else Tempo(tempo_bpm, 1.0)
        speed, said = _speed(own, style.once(tempo))
        words.append(said)
    if "key" in matches:
        semitones, said = _shift(content.once(key), style.once(key))
        words.append(said)
    return Adjustment(speed, semitones, "; ".join(words))


def _speed(content: Tempo, style: Tempo) -> tuple[float, str]:
    for each, owner in ((content, "the content has "), (style, "")):
        if each.bpm is None or each.confidence < _LEAST_PULSE:
            return 1.0, f"{owner}no clear pulse, tempo left as it is"
    assert content.bpm is not None  # noqa: S101 - see above
    assert style.bpm is not None  # noqa: S101
    found = match_tempo(content.bpm, style.bpm)
    fitting = _fitting(content.bpm, found.relation)
    if abs(found.speed - 1.0) < _SAME_SPEED:
        return 1.0, f"{style.bpm:.0f} bpm fits as it is{fitting}"
    new = style.bpm * found.speed
    return found.speed, (
        f"{style.bpm:.0f} bpm played {found.speed:.2f} times as fast, at {new:.0f}{fitting}"
    )


def _fitting(content_bpm: float, relation: Fraction) -> str:
    if relation == 1:
        return ""
    ours, theirs = relation.denominator, relation.numerator
    beats = "1 beat" if ours == 1 else f"{ours} beats"
    return f", {beats} for {theirs} of the content's at {content_bpm:.0f}"


def _shift(content: Key, style: Key) -> tuple[int, str]:
    for each, owner in ((content, "the content has "), (style, "")):
        if each.name is None:
            return 0, f"{owner}no clear key, pitch left as it is"
    semitones = match_key(content, style)
    if semitones == 0:
        return 0, f"{style.name} fits the content's {content.name} as it is"
    direction = "up" if semitones > 0 else "down"
    plural = "" if abs(semitones) == 1 else "s"
    new = transposed(style, semitones)
    relative = "" if new == content.name else f" for the content's {content.name}"
    return semitones, (
        f"shifted {direction} {abs(semitones)} semitone{plural}, {style.name} to {new}{relative}"
    )
