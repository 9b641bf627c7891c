"""Notes played by several instruments: all together by weight, or each in its own range."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from estilo.analysis.transcription.heard import HeardNote
from estilo.audio import Audio
from estilo.errors import InputError
from estilo.sampler.instrument import Instrument
from estilo.sampler.player import Played, play


@dataclass(frozen=True, eq=False)
class Layered:
    """What several instruments made of notes.

    Args:
        audio: sound of all.
        parts: what each instrument played, at its own level.
        notes: numbers of the notes that each played, in the order of its part's zones.
    """

    audio: Audio
    parts: tuple[Played, ...]
    notes: tuple[tuple[int, ...], ...]


def play_together(
    notes: Sequence[HeardNote],
    instruments: Sequence[Instrument],
    *,
    weights: Sequence[float] | None = None,
    sample_rate: int,
    duration_s: float,
    expression: float = 0.0,
) -> Layered:
    """Every note on every instrument, their powers shared out by weight.

    Args:
        notes: notes in any order.
        instruments: instruments, as loud as each other whatever their recordings are.
        weights: share of each in the power; equal ones if not given.
        sample_rate: sample rate of the result, in Hz.
        duration_s: duration of the result, in seconds.
        expression: share of the notes' own courses, as in `player.play`.

    Raises:
        InputError: there is no instrument, or the weights are not one for each, none below 0 and
            one above.
    """
    shares = np.asarray([1.0] * len(instruments) if weights is None else weights, np.float64)
    if len(shares) != len(instruments) or (shares < 0.0).any() or not shares.sum() > 0.0:
        raise InputError(
            f"expected a weight for each of {len(instruments)} instruments, none below 0 and one "
            f"above, got {shares.tolist()}"
        )
    everything = tuple(range(len(notes)))
    return _mixed(
        notes,
        instruments,
        (shares / shares.sum()).tolist(),
        [everything] * len(instruments),
        sample_rate=sample_rate,
        duration_s=duration_s,
        expression=expression,
    )


def play_split(
    notes: Sequence[HeardNote],
    instruments: Sequence[Instrument],
    *,
    bounds: Sequence[float] | None = None,
    sample_rate: int,
    duration_s: float,
    expression: float = 0.0,
) -> Layered:
    """Low notes on one instrument, higher ones on the next.

    Args:
        notes: notes in any order.
        instruments: instruments; from the lowest range to the highest if there are bounds.
        bounds: pitches at which the next instrument begins, rising, one fewer than there are
            instruments; if not given, instruments are ordered by the median pitch of their zones,
            and the bounds lie half way between these.
        sample_rate: sample rate of the result, in Hz.
        duration_s: duration of the result, in seconds.
        expression: share of the notes' own courses, as in `player.play`.

    Raises:
        InputError: there is no instrument, or the bounds are not as many as they should be, rising.
    """
    if not instruments:
        raise InputError("expected instruments to play, got none")
    if bounds is None:
        middles = [float(np.median([zone.pitch for zone in each.zones])) for each in instruments]
        order = np.argsort(middles, kind="stable")
        between = [0.5 * (middles[a] + middles[b]) for a, b in pairwise(order)]
    elif len(bounds) == len(instruments) - 1 and all(a < b for a, b in pairwise(bounds)):
        order, between = np.arange(len(instruments)), list(bounds)
    else:
        raise InputError(
            f"expected {len(instruments) - 1} rising bounds for {len(instruments)} instruments, "
            f"got {list(bounds)}"
        )
    place = np.searchsorted(between, [note.pitch for note in notes], side="right")
    own = [tuple(np.flatnonzero(order[place] == number).tolist()) for number in range(len(order))]
    return _mixed(
        notes,
        instruments,
        [1.0] * len(instruments),
        own,
        sample_rate=sample_rate,
        duration_s=duration_s,
        expression=expression,
    )


def _mixed(
    notes: Sequence[HeardNote],
    instruments: Sequence[Instrument],
    shares: Sequence[float],
    numbers: Sequence[tuple[int, ...]],
    *,
    sample_rate: int,
    duration_s: float,
    expression: float,
) -> Layered:
    """The sum, each instrument brought to the mean level of all, and to its notes' among all."""
    usual_db = float(np.mean([each.level_db for each in instruments]))
    middle_db = float(np.median([note.level_db for note in notes])) if notes else 0.0
    parts, sounds = [], []
    for instrument, share, own in zip(instruments, shares, numbers, strict=True):
        chosen = [notes[number] for number in own]
        part = play(
            chosen,
            instrument,
            sample_rate=sample_rate,
            duration_s=duration_s,
            expression=expression,
        )
        own_db = float(np.median([note.level_db for note in chosen])) if chosen else middle_db
        gain_db = usual_db - instrument.level_db + own_db - middle_db
        gain = np.sqrt(share) * 10.0 ** (gain_db / 20.0)
        parts.append(part)
        sounds.append(np.float32(gain) * part.audio.samples)
    n_channels = max(len(sound) for sound in sounds)
    whole = sum(np.broadcast_to(sound, (n_channels, sound.shape[1])) for sound in sounds)
    return Layered(Audio(np.asarray(whole), sample_rate), tuple(parts), tuple(numbers))
