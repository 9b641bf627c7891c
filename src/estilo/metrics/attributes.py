"""Which attributes of a style arrived: content, output and style side by side, in physical units.

Conventions: shares of the way from content to style in per cent, on a scale on which equal steps
are heard as equal: logarithms of times, decibels, cents. There is a way to go where content and
style differ by twice the median difference of two phrases of one instrument, or by what can just be
heard where that is more.

Spreads were measured on instruments that served nothing else, the nine recorded ones of the
``train`` half and 36 patches of the own synthesiser (``python benchmarks attributes --spreads``).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.attributes.attack import attack_ms
from estilo.analysis.attributes.description import Attributes, attributes_of
from estilo.analysis.attributes.partials import new_partials_percent
from estilo.analysis.attributes.room import ring_s
from estilo.analysis.attributes.roughness import roughness_db
from estilo.analysis.attributes.spectrum import spectral_distance_db
from estilo.analysis.sound import Sound

Values = list[float | None]


@dataclass(frozen=True)
class Spread:
    """How far sounds lie apart in an attribute, on its scale.

    Args:
        within: twice the median difference of two phrases of one instrument, or what can just be
            heard where that is more.
        between: root mean square difference of two instruments that play the same phrase, over √2,
            as of a standard deviation.
    """

    within: float
    between: float


@dataclass(frozen=True)
class Attribute:
    """An attribute that is one number.

    Args:
        name: name in reports.
        label: name in tables.
        unit: unit of its value.
        values: function that gives its value in each of several sounds, over what all of them have.
        scale: function of the value on which equal steps are heard as equal.
        spread: how far sounds lie apart in it.
    """

    name: str
    label: str
    unit: str
    values: Callable[[Sequence[Attributes]], Values]
    scale: Callable[[float], float]
    spread: Spread

    def places(self, sounds: Sequence[Attributes]) -> Values:
        """Values in several sounds, on the attribute's scale."""
        return [None if value is None else self.scale(value) for value in self.values(sounds)]


@dataclass(frozen=True)
class Comparison:
    """An attribute of content, output and style.

    Args:
        name: name in reports.
        label: name in tables.
        unit: unit of the three values.
        content: value of the content; None where there is nothing to measure.
        output: value of the output; likewise.
        style: value of the style; likewise.
        moved_percent: how far the output is on the way from content to style, 0 to 100, beyond
            either end less or more; None where there is no way to go.
    """

    name: str
    label: str
    unit: str
    content: float | None
    output: float | None
    style: float | None
    moved_percent: float | None = None


SPECTRUM, PARTIALS = "spectrum", "partials"
SPECTRUM_SPREAD = Spread(5.3, 7.2)
"""Spread of the distance of two spectra, in dB."""
PARTIALS_SPREAD = Spread(0.0, 16.0)
"""Spread of the share of new partials, in per cent."""


def _each(value: Callable[[Attributes], float | None]) -> Callable[[Sequence[Attributes]], Values]:
    return lambda sounds: [value(each) for each in sounds]


def _in_common(
    parts: Callable[[Attributes], NDArray], whole: Callable[[NDArray], float | None]
) -> Callable[[Sequence[Attributes]], Values]:
    """Values over the bands that all sounds have, so that an equaliser moves nothing else."""

    def values(sounds: Sequence[Attributes]) -> Values:
        every = [parts(each) for each in sounds]
        known = [~np.isnan(each).all(axis=tuple(range(1, each.ndim))) for each in every]
        in_all = np.logical_and.reduce(known)
        return [whole(each[in_all] if in_all.any() else each) for each in every]

    return values


def _mean(parts: NDArray) -> float | None:
    is_known = ~np.isnan(parts)
    return float(parts[is_known].mean()) if is_known.any() else None


def _as_it_is(value: float) -> float:
    return value


def _of_attack(ms: float) -> float:
    return math.log2(5.0 + ms)


def _of_decay(db_per_s: float) -> float:
    return math.log2(1.0 + db_per_s / 5.0)


ATTRIBUTES: dict[str, Attribute] = {
    name: Attribute(name, label, unit, values, scale, spread)
    for name, label, unit, values, scale, spread in (
        (
            "attack",
            "attack",
            "ms",
            _in_common(lambda of: of.rises_ms, attack_ms),
            _of_attack,
            Spread(0.3, 0.98),
        ),
        (
            "decay",
            "decay",
            "dB/s",
            _each(lambda of: of.decay_db_per_s),
            _of_decay,
            Spread(0.3, 1.4),
        ),
        (
            "vibrato",
            "vibrato",
            "cents",
            _each(lambda of: of.swings.vibrato_cents),
            _as_it_is,
            Spread(5.0, 11.0),
        ),
        (
            "tremolo",
            "tremolo",
            "dB",
            _each(lambda of: of.swings.tremolo_db),
            _as_it_is,
            Spread(1.0, 1.6),
        ),
        (
            "roughness",
            "roughness",
            "dB",
            _in_common(lambda of: of.fluctuation, roughness_db),
            _as_it_is,
            Spread(1.0, 2.3),
        ),
        (
            "tone_to_noise",
            "tone to noise",
            "dB",
            _in_common(lambda of: of.tone_to_noise_db, _mean),
            _as_it_is,
            Spread(3.0, 9.6),
        ),
        ("width", "width", "dB", _each(lambda of: of.width_db), _as_it_is, Spread(2.0, 6.4)),
        (
            "room",
            "ring after release",
            "s",
            _in_common(lambda of: of.ringing_s, ring_s),
            math.log2,
            Spread(0.3, 0.43),
        ),
    )
}
"""Attributes that are one number, by name; the spectrum and new partials come besides."""

LABELS = {SPECTRUM: SPECTRUM} | {name: each.label for name, each in ATTRIBUTES.items()}
"""What the attributes that output and style are compared by are called in words, by name."""


def compared(content: Sound, style: Sound, output: Sound) -> tuple[Comparison, ...]:
    """Each attribute of content, output and style, and how far the output moved.

    The spectrum is given by its distance from the style's, and by its centroid and tilt, which say
    what it is like; new partials, which can only be told against the content, by their share.

    Args:
        content: any length, rate and channels.
        style: any length, rate and channels.
        output: any length, rate and channels.

    Example:
        >>> noise = np.random.default_rng(0).standard_normal(32_000)
        >>> dull, bright = Sound(np.cumsum(noise), 16_000), Sound(np.diff(noise), 16_000)
        >>> rows = {each.name: each for each in compared(dull, bright, bright)}
        >>> rows["spectrum"].moved_percent, rows["spectrum"].output
        (100.0, 0.0)
    """
    added = new_partials_percent(output, content)
    none = None if added is None else 0.0
    rows = _with_a_way(content, output, style)
    return (*rows, Comparison(PARTIALS, "new partials", "%", none, added, None))


def moved_attributes(content: Sound, style: Sound, output: Sound) -> dict[str, float]:
    """How far each attribute moved from content to style, in per cent.

    Args:
        content: any length, rate and channels.
        style: any length, rate and channels.
        output: any length, rate and channels.

    Returns:
        Shares of the way by the name of the attribute, where there is a way to go.

    Example:
        >>> noise = np.random.default_rng(0).standard_normal(32_000)
        >>> dull, bright = Sound(np.cumsum(noise), 16_000), Sound(np.diff(noise), 16_000)
        >>> moved_attributes(dull, bright, dull)["spectrum"]
        0.0
    """
    rows = _with_a_way(content, output, style)
    return {each.name: each.moved_percent for each in rows if each.moved_percent is not None}


def changes(before: Sound, after: Sound) -> dict[str, float]:
    """How far each attribute of a sound was moved, in spreads between instruments.

    Args:
        before: any length, rate and channels.
        after: the same sound after something was done to it.

    Returns:
        Changes by the name of the attribute, where it can be measured in both; those of spectrum
        and partials are distances.

    Example:
        >>> noise = np.random.default_rng(0).standard_normal(32_000)
        >>> found = changes(Sound(noise, 16_000), Sound(0.1 * noise, 16_000))
        >>> round(found["spectrum"], 6)
        0.0
    """
    both = [attributes_of(each) for each in (before, after)]
    found = {}
    distance_db = spectral_distance_db(*(each.spectrum_db for each in both))
    if distance_db is not None:
        found[SPECTRUM] = distance_db / SPECTRUM_SPREAD.between
    for name, attribute in ATTRIBUTES.items():
        first, second = attribute.places(both)
        if first is not None and second is not None:
            found[name] = (second - first) / attribute.spread.between
    added = new_partials_percent(after, before)
    if added is not None:
        found[PARTIALS] = added / PARTIALS_SPREAD.between
    return found


def _with_a_way(content: Sound, output: Sound, style: Sound) -> list[Comparison]:
    sounds = [attributes_of(each) for each in (content, output, style)]
    spectra = _compared_spectra(*sounds)
    return spectra + [_compared(attribute, sounds) for attribute in ATTRIBUTES.values()]


def _compared_spectra(
    content: Attributes, output: Attributes, style: Attributes
) -> list[Comparison]:
    start, rest = (
        spectral_distance_db(each.spectrum_db, style.spectrum_db) for each in (content, output)
    )
    moved = None
    if start is not None and rest is not None and start >= SPECTRUM_SPREAD.within:
        moved = 100.0 * (1.0 - rest / start)
    values = (start, rest, None if start is None else 0.0)
    sounds = (content, output, style)
    centroids = (each.centroid_hz for each in sounds)
    tilts = (each.tilt_db_per_octave for each in sounds)
    return [
        Comparison(SPECTRUM, "spectrum, from the style's", "dB", *values, moved),
        Comparison("centroid", "  centroid", "Hz", *centroids),
        Comparison("tilt", "  tilt", "dB/octave", *tilts),
    ]


def _compared(attribute: Attribute, sounds: Sequence[Attributes]) -> Comparison:
    content, output, style = attribute.places(sounds)
    moved = None
    if content is not None and output is not None and style is not None:
        way = style - content
        if abs(way) >= attribute.spread.within:
            moved = 100.0 * (output - content) / way + 0.0  # no -0
    first, second, third = attribute.values(sounds)
    return Comparison(attribute.name, attribute.label, attribute.unit, first, second, third, moved)
