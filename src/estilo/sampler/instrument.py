"""An instrument made of the notes of recordings, and which of them plays a note."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.transcription.heard import HeardNote, Transcription
from estilo.audio import Audio
from estilo.errors import InputError
from estilo.sampler.zones import Zone, cut_zones

USUAL_RELEASE_DB_S = 145.0
"""Fall of a note that is let go where a recording does not tell it: to 1/e in 60 ms; in dB/s."""

_RELEASE_BOUNDS = (30.0, 2000.0)
_FRAME_S = 0.005
_LEAST_TAIL_S, _LEAST_FALL_DB, _MOST_FALL_DB = 0.04, 10.0, 40.0
_BEFORE_S, _FASTER = 0.2, 1.5
_BETTER, _NEAR_SEMITONES = 2.0, 3.0
_LEAST_QUALITY = 0.35

# What something costs in the choice of a zone, in semitones of transposition.
_FAR_SEMITONES, _TOO_FAR = 7.0, 2.0  # from where on a semitone counts for more, and how much more
_LEVEL_DB = 2.0  # a difference of so many dB counts as one semitone
_TOO_SHORT = 1.5  # per octave of duration
_NO_LOOP = 3.0
_IMPURE = 20.0
_OTHER_CONTEXT = 0.5
_SAME_AGAIN = 2.5


@dataclass(frozen=True, eq=False)
class Instrument:
    """Zones, and what they have in common.

    Args:
        zones: zones in the order of their pitches.
        level_db: median of their levels.
        release_db_s: fall of the level after a note is let go, in dB per second.
    """

    zones: tuple[Zone, ...]
    level_db: float
    release_db_s: float = USUAL_RELEASE_DB_S

    @classmethod
    def of(cls, recordings: Sequence[Audio], transcriptions: Sequence[Transcription]) -> Self:
        """The instrument that is heard in recordings.

        A zone that serves badly is left out where one of twice its quality lies within three
        semitones. One note is enough.

        Args:
            recordings: recordings of one instrument.
            transcriptions: what was heard of each.

        Raises:
            InputError: they are not as many as the recordings, or no note can be cut out.

        Example:
            >>> tone = Audio(np.sin(0.3 * np.arange(8000)), 8000)
            >>> heard = Transcription(notes=(HeardNote(0.1, 0.9, 66.6, 0.0),))
            >>> len(Instrument.of([tone], [heard]).zones)
            1
        """
        if len(recordings) != len(transcriptions):
            raise InputError(
                f"expected a transcription of each recording, got {len(recordings)} recordings and "
                f"{len(transcriptions)} transcriptions"
            )
        pairs = zip(recordings, transcriptions, strict=True)
        zones = [
            zone
            for source, (recording, transcription) in enumerate(pairs)
            for zone in cut_zones(recording, transcription, source=source)
        ]
        if not zones:
            raise InputError(
                "no note can be cut out of the recordings; give one in which single notes are heard"
            )
        best = sorted(filter(lambda zone: _serves(zone, zones), zones), key=lambda z: z.pitch)
        level_db = float(np.median([zone.level_db for zone in best]))
        return cls(tuple(best), level_db, _release_db_s(best))

    def choose(
        self,
        note: HeardNote,
        *,
        level_db: float,
        is_slurred: bool = False,
        recent: Sequence[int] = (),
    ) -> int:
        """Number of the zone that plays a note.

        It is the nearest in pitch; how far it is from the note's level, shorter than the note,
        impure, begun otherwise (slurred or not) and used a moment ago counts as distance. More than
        a fifth away every semitone counts three times: no instrument sounds like itself there.

        Args:
            note: note that is to be played.
            level_db: level at which it is to be played.
            is_slurred: whether it follows another without a gap.
            recent: zones that played the same pitch a moment ago, as numbers.
        """

        def cost(number: int) -> float:
            zone = self.zones[number]
            lacking = np.log2(max(note.duration_s / max(zone.held_s, 1e-3), 1.0))
            away = abs(note.pitch - zone.pitch)
            return (
                away
                + _TOO_FAR * max(away - _FAR_SEMITONES, 0.0)
                + abs(level_db - zone.level_db) / _LEVEL_DB
                + (_TOO_SHORT if zone.loop else _NO_LOOP) * lacking
                + _IMPURE * (1.0 - zone.quality)
                + _OTHER_CONTEXT * (zone.is_slurred != is_slurred)
                + _SAME_AGAIN * (number in recent)
            )

        return min(range(len(self.zones)), key=cost)


def _serves(zone: Zone, zones: Sequence[Zone]) -> bool:
    if zone.quality >= _LEAST_QUALITY:
        return True
    near = [each for each in zones if abs(each.pitch - zone.pitch) <= _NEAR_SEMITONES]
    return max(each.quality for each in near) < _BETTER * zone.quality or len(zones) == 1


def _release_db_s(zones: Sequence[Zone]) -> float:
    """Median fall in the tails of zones that are long enough to show it."""
    falls = [fall for zone in zones if (fall := _fall_db_s(zone)) is not None]
    if not falls:
        return USUAL_RELEASE_DB_S
    return float(np.clip(np.median(falls), *_RELEASE_BOUNDS))


def _fall_db_s(zone: Zone) -> float | None:
    """Fall of the tail, where it shows that the note was let go: it falls faster than before."""
    tail_db = _levels_db(zone.samples[:, zone.held :], zone.sample_rate)
    if len(tail_db) * _FRAME_S < _LEAST_TAIL_S:
        return None
    below = np.flatnonzero(tail_db < tail_db[0] - _MOST_FALL_DB)
    n_used = int(below[0]) + 1 if len(below) else len(tail_db)
    if n_used < 3 or tail_db[0] - tail_db[n_used - 1] < _LEAST_FALL_DB:
        return None
    fall_db_s = _slope_db_s(tail_db[:n_used])
    before = zone.samples[:, max(zone.held - round(_BEFORE_S * zone.sample_rate), 0) : zone.held]
    before_db = _levels_db(before, zone.sample_rate)
    if len(before_db) >= 3 and fall_db_s < _FASTER * _slope_db_s(before_db):
        return None
    return fall_db_s


def _levels_db(samples: NDArray, sample_rate: int) -> NDArray:
    size = max(round(_FRAME_S * sample_rate), 1)
    n_frames = samples.shape[1] // size
    frames = samples[:, : n_frames * size].reshape(samples.shape[0], n_frames, size)
    return 10.0 * np.log10(np.square(frames, dtype=np.float64).mean((0, 2)) + 1e-12)


def _slope_db_s(level_db: NDArray) -> float:
    return float(-np.polyfit(np.arange(len(level_db)) * _FRAME_S, level_db, 1)[0])
