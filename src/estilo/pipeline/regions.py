"""Where in the content a style applies: time ranges and bands, in words and in samples.

Imports no torch, so that a range that cannot be is refused at once.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from estilo.errors import SettingsError
from estilo.files import is_there

Span = tuple[float, float]

_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)")
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)?\s*(s|hz|khz)?", re.IGNORECASE)
_SCALES = {"s": 1.0, "hz": 1.0, "khz": 1000.0}
LOWEST_EDGE_HZ = 20.0
_EXAMPLES = "give for instance 10s-20s, 1:30-2:00, 0-200Hz or 2kHz-"


@dataclass(frozen=True)
class Place:
    """Where a style applies: within any of its time ranges, in any of its bands.

    Args:
        times_s: time ranges, each from and to, in seconds; without any, all of the content.
        bands_hz: bands, each from and to, in Hz; without any, the whole spectrum.
        known_to_hz: frequency in Hz up to which the style is known, and above which it applies
            nowhere; infinite where all of it is.
    """

    times_s: tuple[Span, ...] = ()
    bands_hz: tuple[Span, ...] = ()
    known_to_hz: float = math.inf

    @property
    def is_chosen(self) -> bool:
        """Whether it was asked for, so that it takes the place of styles that have none."""
        return bool(self.times_s or self.bands_hz)


EVERYWHERE = Place()


@dataclass(frozen=True)
class Band:
    """A band, and the styles that apply there.

    Args:
        low_hz: lower edge.
        high_hz: upper edge; infinite for the last one.
        styles: their numbers, from 0; none where the content stays as it is.
    """

    low_hz: float
    high_hz: float
    styles: frozenset[int]


@dataclass(frozen=True)
class Segment:
    """A stretch of the content in which nothing changes about who applies where.

    Args:
        start: first sample.
        stop: sample after the last.
        bands: bands from 0 Hz up, without gaps.
    """

    start: int
    stop: int
    bands: tuple[Band, ...]


def place_of(text: str) -> Place:
    """A place from its words.

    Args:
        text: ranges with commas between them: ``10s-20s``, ``1:30-2:00``, ``0-200Hz``, ``2kHz-``;
            an end that is missing is that of the content or of the spectrum. Empty is everywhere.

    Raises:
        SettingsError: something else is among them, or a range is empty.

    Example:
        >>> place = place_of("10s-20s,-200Hz")
        >>> place.times_s, place.bands_hz
        (((10.0, 20.0),), ((0.0, 200.0),))
    """
    if not text:
        return EVERYWHERE
    found: dict[bool, list[Span]] = {True: [], False: []}
    for part in text.split(","):
        span = _span(part.strip())
        if span is None:
            raise SettingsError(f"{part.strip()!r} is no range of time or frequency; {_EXAMPLES}")
        low, high, is_band = span
        if not low < high:
            raise SettingsError(
                f"the range {part.strip()!r} is empty: it ends where it begins, or before; "
                f"{_EXAMPLES}"
            )
        found[is_band].append((low, high))
    return Place(tuple(found[False]), tuple(found[True]))


def split_place(text: str) -> tuple[str, str]:
    """What was typed for a style as its path and its ranges.

    Only a suffix that is one of ranges is taken off, and only where no file has the whole name.

    Args:
        text: ``PATH`` or ``PATH@RANGE[,RANGE]``.

    Raises:
        SettingsError: a range is empty, or what follows the ``@`` is no range, although what
            precedes it is a file and the whole is not.

    Example:
        >>> split_place("pad.wav@10s-20s,2kHz-"), split_place("me@home.wav")
        (('pad.wav', '10s-20s,2kHz-'), ('me@home.wav', ''))
    """
    path, at, ranges = text.rpartition("@")
    if not at or not path or is_there(Path(text)):
        return text, ""
    if all(_span(part.strip()) is not None for part in ranges.split(",")) or is_there(Path(path)):
        place_of(ranges)
        return path, ranges
    return text, ""


def segments(places: Sequence[Place], *, n_samples: int, sample_rate: int) -> list[Segment]:
    """The content cut wherever a range begins or ends.

    A style that has a place takes that of the styles that have none; those that have one and
    overlap apply together.

    Args:
        places: one per style.
        n_samples: number of samples of the content.
        sample_rate: sample rate of the content, in Hz.

    Raises:
        SettingsError: a range lies beyond the content or its band, is too short, or a style is
            left without any place.

    Example:
        >>> cut = segments([EVERYWHERE, Place(times_s=((1.0, 2.0),))], n_samples=30, sample_rate=10)
        >>> [(each.start, each.stop, sorted(each.bands[0].styles)) for each in cut]
        [(0, 10, [0]), (10, 20, [1]), (20, 30, [0])]
    """
    for place in places:
        _check(place, n_samples / sample_rate, sample_rate)
    times = [
        [(round(a * sample_rate), _sample(b, sample_rate, n_samples)) for a, b in place.times_s]
        for place in places
    ]
    cuts = {0, n_samples, *(edge for spans in times for span in spans for edge in span)}
    found: list[Segment] = []
    for start, stop in pairwise(sorted(cuts)):
        active = [
            i
            for i, spans in enumerate(times)
            if not places[i].times_s or any(a <= start and stop <= b for a, b in spans)
        ]
        bands = _bands(places, active)
        if found and found[-1].bands == bands:
            start = found.pop().start
        found.append(Segment(start, stop, bands))
    heard = {style for each in found for band in each.bands for style in band.styles}
    for i, place in enumerate(places):
        if i not in heard and place.bands_hz and place.known_to_hz < math.inf:
            raise SettingsError(
                f"style {i + 1} applies from {min(low for low, _ in place.bands_hz):g} Hz, and "
                f"there is nothing in it above {place.known_to_hz:.0f} Hz; give it a lower band, "
                "or another recording"
            )
        if i not in heard:
            raise SettingsError(
                f"style {i + 1} applies nowhere, as styles with a range take its place all over "
                "the content; give it a range of its own, or leave it out"
            )
    return found


def _bands(places: Sequence[Place], active: Sequence[int]) -> tuple[Band, ...]:
    """Who applies in which band, among the styles that apply at a time."""
    edges = {0.0, math.inf, *(e for i in active for span in places[i].bands_hz for e in span)}
    edges |= {places[i].known_to_hz for i in active}
    found: list[Band] = []
    for low, high in pairwise(sorted(edges)):
        here = [
            i
            for i in active
            if high <= places[i].known_to_hz
            if not places[i].bands_hz or any(a <= low and high <= b for a, b in places[i].bands_hz)
        ]
        placed = [i for i in here if places[i].is_chosen]
        styles = frozenset(placed or here)
        if found and found[-1].styles == styles:
            low = found.pop().low_hz
        found.append(Band(low, high, styles))
    return tuple(found)


def _check(place: Place, duration_s: float, sample_rate: int) -> None:
    for low, high in place.times_s:
        if low >= duration_s:
            raise SettingsError(
                f"the range from {low:g} s lies beyond the content, which is {duration_s:.3f} s "
                "long; give an earlier one"
            )
        if round(low * sample_rate) == _sample(high, sample_rate, round(duration_s * sample_rate)):
            raise SettingsError(
                f"the range from {low:g} s to {high:g} s holds not one sample of the content; "
                "give a longer one"
            )
    for low, high in place.bands_hz:
        if low >= sample_rate / 2:
            raise SettingsError(
                f"the band from {low:g} Hz lies beyond the content, which ends at "
                f"{sample_rate / 2:g} Hz; give a lower one"
            )
        if 0.0 < high < LOWEST_EDGE_HZ or 0.0 < low < LOWEST_EDGE_HZ:
            raise SettingsError(
                f"the band from {low:g} Hz to {high:g} Hz has an edge below {LOWEST_EDGE_HZ:g} Hz, "
                "where nothing is heard; give a higher one, or 0"
            )


def _sample(time_s: float, sample_rate: int, n_samples: int) -> int:
    return n_samples if math.isinf(time_s) else min(round(time_s * sample_rate), n_samples)


def _span(text: str) -> tuple[float, float, bool] | None:
    """From, to, and whether it is a band; None where the text is no range."""
    left, dash, right = text.partition("-")
    first, last = _end(left.strip()), _end(right.strip())
    if not dash or first is None or last is None:
        return None
    (low, unit), (high, other) = first, last
    unit, other = unit or other, other or unit
    if unit is None or other is None or (unit == "s") != (other == "s"):
        return None
    if low is None and high is None:
        return None
    start = 0.0 if low is None else low * _SCALES[unit]
    stop = math.inf if high is None else high * _SCALES[other]
    return start, stop, unit != "s"


def _end(text: str) -> tuple[float | None, str | None] | None:
    """A number and its unit, as far as they are there; None where the text is neither."""
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = clock.groups()
        return 3600.0 * int(hours or 0) + 60.0 * int(minutes) + float(seconds), "s"
    if plain := _NUMBER.fullmatch(text):
        number, unit = plain.groups()
        return None if number is None else float(number), None if unit is None else unit.lower()
    return None
