"""Where a recording is made of notes and hits, and where of something else.

A recording is cut where what explains it changes for long enough: of all ways to call each tenth of
a second *played* or not, the one is taken whose sum is least, of how far the explained share lies
on the wrong side of `EXPLAINED`, in seconds, and of a price for each cut. So four seconds without
any notes at an end are a region of their own, in the middle eight.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.transcription import Transcription
from estilo.analysis.transcription.heard import STEP_S

EXPLAINED = 0.3
"""Share of a recording's power in notes and hits from which they are taken for what it is."""

_FRAME = 10  # steps
_PRICE_S = 1.2
_SOUNDING = 1e-4  # of the loudest frame's power
_NEAR_S = 0.3
_CLEAR_S = 0.06


@dataclass(frozen=True)
class Region:
    """A stretch of a recording.

    Args:
        start: first sample.
        stop: sample after the last.
        is_played: whether it is made of notes and hits.
    """

    start: int
    stop: int
    is_played: bool


def regions_of(
    transcription: Transcription, n_samples: int, *, sample_rate: int
) -> tuple[Region, ...]:
    """The regions that make up a recording, in order; one where nothing changes for long.

    Args:
        transcription: what was heard of it.
        n_samples: its length.
        sample_rate: sample rate in Hz.

    Example:
        >>> powers = np.array([[1.0] * 2000, [0.1] * 1000 + [0.9] * 1000])
        >>> regions_of(Transcription(explained=0.5, powers=powers), 20_000, sample_rate=1000)[1]
        Region(start=10000, stop=20000, is_played=False)
    """
    is_played = _played(transcription.powers)
    cuts = np.flatnonzero(np.diff(is_played.astype(int))) + 1
    if not len(cuts):
        return (Region(0, n_samples, transcription.explained >= EXPLAINED),)
    edges = [
        0,
        *(round(_clear(transcription, cut * _FRAME * STEP_S) * sample_rate) for cut in cuts),
        n_samples,
    ]
    states = is_played[[0, *cuts]]
    return tuple(
        Region(start, stop, bool(state))
        for start, stop, state in zip(edges, edges[1:], states, strict=False)
    )


def within(transcription: Transcription, regions: Sequence[Region], rate: int) -> Transcription:
    """The notes and hits the middle of which lies in a region that is played.

    Args:
        transcription: all that was heard.
        regions: those of the recording.
        rate: sample rate of the regions, in Hz.
    """
    spans = [(each.start / rate, each.stop / rate) for each in regions if each.is_played]

    def is_in(start_s: float, end_s: float) -> bool:
        return any(start <= 0.5 * (start_s + end_s) < stop for start, stop in spans)

    return Transcription(
        tuple(note for note in transcription.notes if is_in(note.start_s, note.end_s)),
        tuple(hit for hit in transcription.hits if is_in(hit.start_s, hit.end_s)),
        transcription.explained,
    )


def _played(powers: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether each frame is made of notes and hits, by the cheapest way to cut the recording."""
    n_frames = powers.shape[1] // _FRAME
    if not n_frames:
        return np.zeros(1, bool)
    frames = powers[:, : n_frames * _FRAME].reshape(2, n_frames, _FRAME).sum(2, dtype=np.float64)
    is_heard = frames[0] > _SOUNDING * frames[0].max()
    share = 1.0 - frames[1] / np.maximum(frames[0], 1e-20)
    wrong_s = np.where(is_heard, _FRAME * STEP_S * (share - EXPLAINED), 0.0)
    costs = np.stack([np.maximum(wrong_s, 0.0), np.maximum(-wrong_s, 0.0)], axis=1)
    total, came_from = costs[0], np.zeros((n_frames, 2), int)
    for number in range(1, n_frames):
        changed = total[::-1] + _PRICE_S
        is_changed = changed < total
        came_from[number] = np.where(is_changed, [1, 0], [0, 1])
        total = np.where(is_changed, changed, total) + costs[number]
    path = np.empty(n_frames, bool)
    state = int(total.argmin())
    for number in range(n_frames - 1, -1, -1):
        path[number], state = state, came_from[number, state]
    return path


def _clear(transcription: Transcription, near_s: float) -> float:
    """A time near another at which nothing begins and it is quiet, in seconds."""
    whole = transcription.powers[0]
    first = max(round((near_s - _NEAR_S) / STEP_S), 1)
    steps = np.arange(first, min(round((near_s + _NEAR_S) / STEP_S) + 1, whole.size))
    begin_s = [each.start_s for each in (*transcription.notes, *transcription.hits)]
    nearest_s = np.abs(np.array([*begin_s, np.inf]) - steps[:, None] * STEP_S).min(1)
    clear = steps[nearest_s > _CLEAR_S]
    steps = clear if len(clear) else steps
    level = np.convolve(whole, np.ones(_FRAME), "same")[steps]
    quiet = steps[level <= 2.0 * level.min()]
    return float(quiet[np.abs(quiet * STEP_S - near_s).argmin()]) * STEP_S
