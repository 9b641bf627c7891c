"""From what the network says of each frame to when each note starts and ends."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.transcription.network import Array, Heard
from estilo.analysis.transcription.spectra import FRAME_RATE_HZ

_SHORTEST_FRAMES = 2
_GAP_FRAMES = 2
_NEARLY_HELD = 0.5  # of the threshold
_NEAR_FRAMES = 3
_TOGETHER_FRAMES = 2
_SCOOP_S, _SCOOP_SEMITONES, _SCOOP_APART_S = 0.1, 2, 0.03
HARMONICS = (12, 19, 24, 28, 31)
"""Semitones from a note to its second to sixth partials."""


@dataclass(frozen=True)
class Thresholds:
    """Where probabilities begin to count.

    Args:
        onset: probability of a start from which on there is one.
        harmonic: the same for a note at a harmonic of another one that starts with it, whose
            partials may be taken for it.
        held: probability of being held below which a note has ended.
        lone: mean probability of being held from which on a note without a start is one.
        hit: probability of a hit from which on there is one.
    """

    onset: float
    harmonic: float
    held: float
    lone: float
    hit: float


@dataclass(frozen=True, order=True)
class Span:
    """When a note is held.

    Args:
        start_s: start, in seconds.
        column: number of the note, 0 for the lowest.
        end_s: end, in seconds.
    """

    start_s: float
    column: int
    end_s: float


def spans(heard: Heard, thresholds: Thresholds) -> list[Span]:
    """Notes in the order of their starts, and of their pitches where they start together.

    A note starts at a peak of its onset, told to a part of a frame by a parabola through the
    logarithms, and lasts until it is held no more or starts again; it also starts where it is held
    for long though no start was heard. Where a note starts at whose harmonic it lies, more is asked
    of it. A short one that starts with a longer one a step away is how that one begins: many blown
    notes come from below.

    Args:
        heard: what the network says.
        thresholds: where probabilities begin to count.
    """
    onset, held = probability(heard.onset), probability(heard.held)
    padded = np.pad(onset, ((_TOGETHER_FRAMES, _TOGETHER_FRAMES), (0, 0)))
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * _TOGETHER_FRAMES + 1, axis=0)
    is_near = around.max(axis=-1) > thresholds.onset
    found: list[Span] = []
    for column in range(held.shape[1]):
        if held[:, column].max(initial=0.0) > thresholds.held:
            lower = [column - each for each in HARMONICS if each <= column]
            is_harmonic = is_near[:, lower].any(1)
            needed = np.where(is_harmonic, thresholds.harmonic, thresholds.onset)
            starts = peaks(onset[:, column], needed)
            found += _spans_of(starts, held[:, column], column, thresholds)
    found.sort()
    return [each for each in found if not _is_scoop(each, found)]


def neighbours(of: Sequence[Span]) -> list[list[Span]]:
    """The notes of other pitches that sound at the same time as each.

    Args:
        of: notes in the order of their starts.

    Example:
        >>> one, other, late = Span(0.0, 40, 1.0), Span(0.5, 43, 2.0), Span(1.5, 40, 2.0)
        >>> [[each.column for each in beside] for beside in neighbours([one, other, late])]
        [[43], [40, 40], [43]]
    """
    found: list[list[Span]] = [[] for _ in of]
    sounding: list[int] = []
    for number, span in enumerate(of):
        sounding = [each for each in sounding if of[each].end_s > span.start_s]
        for each in sounding:
            if of[each].column != span.column:
                found[each].append(span)
                found[number].append(of[each])
        sounding.append(number)
    return found


def hit_times(heard: Heard, thresholds: Thresholds) -> list[float]:
    """When there are hits, in seconds.

    Args:
        heard: what the network says.
        thresholds: where probabilities begin to count.
    """
    return [place / FRAME_RATE_HZ for place in peaks(probability(heard.hit), thresholds.hit)]


def probability(logit: Array) -> Array:
    """Probabilities of logits.

    Args:
        logit: logits of any shape.

    Example:
        >>> probability(np.zeros(1, np.float32)).tolist()
        [0.5]
    """
    return (1.0 / (1.0 + np.exp(-np.clip(logit, -30.0, 30.0)))).astype(np.float32)


def peaks(row: Array, threshold: float | Array) -> list[float]:
    """Peaks above a threshold, each the highest of two frames to either side, in frames.

    Args:
        row: probabilities. **Shape** ``(n_frames,)``.
        threshold: height from which on a peak counts, everywhere or frame by frame.

    Example:
        >>> bell = np.exp(-0.5 * (np.arange(9) - 4.3) ** 2)
        >>> [round(place, 3) for place in peaks(bell, 0.5)]
        [4.3]
    """
    padded = np.pad(row, 2)
    around = np.lib.stride_tricks.sliding_window_view(padded, 5)
    is_first = (around[:, 2:3] > around[:, :2]).all(1) & (around[:, 2:3] >= around[:, 3:]).all(1)
    found = []
    for place in np.flatnonzero(is_first & (row > threshold)):
        before, here, after = np.log(np.maximum(padded[place + 1 : place + 4], 1e-6))
        bend = before - 2.0 * here + after
        shift = 0.5 * (before - after) / bend if bend < -1e-9 else 0.0
        found.append(max(float(place + np.clip(shift, -0.5, 0.5)), 0.0))
    return found


def _is_scoop(span: Span, among: Sequence[Span]) -> bool:
    """Whether a note is the beginning of another; among notes in the order of their starts."""
    length_s = span.end_s - span.start_s
    if length_s > _SCOOP_S:
        return False
    first = bisect_left(among, Span(span.start_s - _SCOOP_APART_S, 0, 0.0))
    last = bisect_left(among, Span(span.start_s + _SCOOP_APART_S, 0, 0.0))
    return any(
        0 < abs(each.column - span.column) <= _SCOOP_SEMITONES
        and each.end_s - each.start_s > 2.0 * length_s
        for each in among[first:last]
    )


def _spans_of(
    starts: Sequence[float], held: Array, column: int, thresholds: Thresholds
) -> list[Span]:
    runs = _runs(held > thresholds.held, is_near=held > _NEARLY_HELD * thresholds.held)
    found: list[Span] = []
    for first, last in runs:
        own = [s for s in starts if first - _NEAR_FRAMES <= s < last - 0.5]
        is_lone = not own or own[0] > first + _NEAR_FRAMES + 2
        if is_lone:
            until = int(own[0]) if own else last
            if until - first >= 5 and held[first:until].mean() > thresholds.lone:
                own = [float(first), *own]
        stops = [*own, _crossing(held, last, thresholds.held)][1:]
        for start, stop in zip(own, stops, strict=True):
            if stop - start >= _SHORTEST_FRAMES:
                found.append(Span(start / FRAME_RATE_HZ, column, stop / FRAME_RATE_HZ))
    return found


def _runs(is_held: NDArray[np.bool_], *, is_near: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First frame, and the one after the last, of each run.

    Short gaps do not part them, nor do those through which the note is nearly held.
    """
    edges = np.flatnonzero(np.diff(np.pad(is_held, 1).astype(np.int8)))
    runs: list[tuple[int, int]] = []
    for first, last in edges.reshape(-1, 2).tolist():
        before = runs[-1][1] if runs else -_GAP_FRAMES
        if first - before < _GAP_FRAMES or (runs and is_near[before:first].all()):
            runs[-1] = (runs[-1][0], last)
        else:
            runs.append((first, last))
    return runs


def _crossing(held: Array, last: int, threshold: float) -> float:
    """Where the line between the last frame that is held and the next one crosses a threshold."""
    if last >= len(held):
        return float(len(held) - 1)
    above, below = float(held[last - 1]), float(held[last])
    return last - 1 + (above - threshold) / max(above - below, 1e-6)
