"""How much of the style was taken, on a scale that means something.

The judge's distance to the style says little by itself: two phrases of one instrument have one,
too, larger where they are short or an octave apart. `weights/judge.npz` holds what it is on
instruments that the judge has not learnt from, by the length of the clips and their distance in
pitch: for other notes of the same source, and for other sources. So 100 % is where another phrase
of the style would lie, 0 % is where the content lies, and neither bounds the scale.

Noise of the right colour brings the content nearer to a dense sound, such as a string orchestra's,
but no listener takes it for one. So where the style is no noise itself, 0 % is where the content
would lie if it had the noise of the output.
"""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.multipitch import LOWEST_MIDI, multipitch
from estilo.analysis.noise_floor import is_noise
from estilo.analysis.onsets import onset_times
from estilo.analysis.sound import Sound
from estilo.metrics.judge.hearing import FRAME_RATE_HZ, heard
from estilo.metrics.judge.impression import distance, impression, impression_of
from estilo.metrics.judge.judging import timbre_judge
from estilo.metrics.judge.network import trained_weights
from estilo.metrics.judge.noise import with_noise_of

LENGTHS_S = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Lengths of sounding clips at which the scale was calibrated, in seconds."""

GAPS_SEMITONES = (0.0, 6.0, 12.0, 18.0, 24.0)
"""Distances of the clips' median pitches at which it was calibrated, in semitones."""

SHORTEST_STYLE_S = 3.0
FEWEST_NOTES = 3
ALIKE = 2.0
"""Content and style are alike where they are nearer than this many times the same source."""

Why = Literal[
    "", "already alike", "too little to judge", "the output is silent", "the content is silent"
]


class Spread(NamedTuple):
    """Distances between clips of one source that play other notes.

    Args:
        low: lower quartile.
        median: median.
        high: upper quartile.
    """

    low: float
    median: float
    high: float


@dataclass(frozen=True)
class Taken:
    """How much of the style an output has taken.

    Args:
        share: 0 where the content lies, 1 where another phrase of the style would lie; less or more
            where the output lies beyond them. NaN where nothing can be said.
        low: lower end of the interval in which half of such phrases would lie.
        high: its upper end.
        why: why nothing can be said; empty where something is.
    """

    share: float
    low: float
    high: float
    why: Why = ""


def taken(output: Sound, content: Sound, style: Sound) -> Taken:
    r"""How much of the style an output has taken, as the judge hears it.

    .. math:: \frac{d(c', s) - d(o, s)}{d(c', s) - d_0}

    with *d* the judge's distance, and :math:`d_0` its median for clips of one source that are as
    long as the style and as far apart in pitch as content and style, whose notes the output plays.
    *c'* is the content with the noise of the output, if that is nearer to the style than the
    content *c* and the style is no noise, but no more than half way from *c* to :math:`d_0`.

    Args:
        output: any length, rate and channels.
        content: any length, rate and channels.
        style: any length, rate and channels.

    Returns:
        A share, or why there is none: output or content is silent, the style sounds for less than
        3 s or holds fewer than three notes, the output sounds for less than the 1 s from which on
        the scale was calibrated, or the content is nearer to the style than twice :math:`d_0`.
    """
    if not sounding_s(output):
        return _nothing("the output is silent")
    if not sounding_s(content):
        return _nothing("the content is silent")
    if not is_enough(style) or sounding_s(output) < LENGTHS_S[0]:
        return _nothing("too little to judge")
    whole, left = timbre_judge(content, style), timbre_judge(output, style)
    if not math.isfinite(whole) or not math.isfinite(left):
        return _nothing("too little to judge")
    length_s = min(sounding_s(style), sounding_s(output))
    own = same_source(length_s, _gap(content, style))
    if whole < ALIKE * own.median:
        return _nothing("already alike")
    half_way = 0.5 * (whole + own.median)
    zero = min(whole, max(_bought_by_noise(output, content, style), half_way))
    way = zero - own.median

    def share(far: float) -> float:
        return (zero - far) / way

    return Taken(
        share(left), share(left + own.high - own.median), share(left - own.median + own.low)
    )


def same_source(length_s: float, gap_semitones: float) -> Spread:
    """The judge's distances between clips of one source that play other notes.

    Args:
        length_s: how long the shorter clip sounds, in seconds.
        gap_semitones: distance of their median pitches, in semitones.
    """
    return Spread(*_between(trained_weights()["same_source"], length_s, gap_semitones))


def other_sources(length_s: float, gap_semitones: float) -> float:
    """The judge's median distance between clips of different sources.

    Args:
        length_s: how long the shorter clip sounds, in seconds.
        gap_semitones: distance of their median pitches, in semitones.
    """
    return _between(trained_weights()["other_source"][None], length_s, gap_semitones)[0]


def is_enough(style: Sound) -> bool:
    """Whether a style is long enough, and holds enough notes, to be judged by.

    A style without pitch, such as rain, needs no notes.

    Args:
        style: any length, rate and channels.
    """
    if sounding_s(style) < SHORTEST_STYLE_S:
        return False
    return not style.once(multipitch).any() or style.once(n_notes) >= FEWEST_NOTES


def sounding_s(sound: Sound) -> float:
    """How long a recording sounds, pauses left out, in seconds.

    Args:
        sound: any length, rate and channels.
    """
    return float(np.count_nonzero(sound.once(heard).weights)) / FRAME_RATE_HZ


def n_notes(sound: Sound) -> int:
    """A rough number of notes: onsets, or starts of pitches where there are more of these.

    Args:
        sound: any length, rate and channels.
    """
    sounding = sound.once(multipitch)
    starts = sounding[1:] & ~sounding[:-1]
    first = np.any(sounding[:1])
    n_starts = int(np.count_nonzero(starts.any(axis=1))) + int(first)
    return max(n_starts, len(sound.once(onset_times)))


def median_pitch(sound: Sound) -> float:
    """Median of all notes that sound, frame by frame, as a MIDI note number; NaN without any.

    Args:
        sound: any length, rate and channels.
    """
    counts = sound.once(multipitch).sum(axis=0)
    if not counts.any():
        return math.nan
    return LOWEST_MIDI + float(np.searchsorted(np.cumsum(counts), 0.5 * counts.sum()))


def _bought_by_noise(output: Sound, content: Sound, style: Sound) -> float:
    """Distance to the style of the content with as much noise as the output has."""
    of_style = style.once(impression)
    if of_style is None or is_noise(style):
        return math.inf
    noisy = with_noise_of(content, output)
    if not noisy.weights.any():
        return math.inf
    return distance(impression_of(noisy, trained_weights()), of_style)


def _gap(one: Sound, other: Sound) -> float:
    gap = abs(one.once(median_pitch) - other.once(median_pitch))
    return gap if math.isfinite(gap) else 0.0


def _between(table: NDArray, length_s: float, gap_semitones: float) -> list[float]:
    """Values of a table at a place between its own, ``(n, lengths, gaps)`` to ``n`` numbers."""
    lengths = np.log(LENGTHS_S)
    row = float(np.interp(math.log(max(length_s, 1e-3)), lengths, np.arange(len(lengths))))
    column = float(np.interp(gap_semitones, GAPS_SEMITONES, np.arange(len(GAPS_SEMITONES))))
    top, left = min(int(row), len(lengths) - 2), min(int(column), len(GAPS_SEMITONES) - 2)
    down, right = row - top, column - left
    corners = table[:, top : top + 2, left : left + 2]
    rows = corners[:, 0] * (1.0 - down) + corners[:, 1] * down
    return [float(each) for each in rows[:, 0] * (1.0 - right) + rows[:, 1] * right]


def _nothing(why: Why) -> Taken:
    return Taken(math.nan, math.nan, math.nan, why)
