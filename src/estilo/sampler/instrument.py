"""An instrument made of the notes of recordings, and which of them plays a note."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from estilo.analysis.transcription.heard import HeardNote, Transcription
from estilo.audio import Audio
from estilo.errors import InputError
from estilo.sampler.releases import (
    RINGS,
    USUAL_RELEASE_DB_S,
    are_held,
    release_db_s,
    ringing,
)
from estilo.sampler.zones import Zone, cut_zones

_BETTER, _NEAR_SEMITONES = 2.0, 3.0
_LEAST_QUALITY = 0.35

# What something costs in the choice of a zone, in semitones of transposition.
_FAR_SEMITONES, _TOO_FAR = 7.0, 2.0  # from where on a semitone counts for more, and how much more
_LEVEL_DB = 4.0  # a difference of so many dB counts as one semitone
_TOO_SHORT = 1.5  # per octave of duration
_NO_LOOP = 8.0  # what ends before its note leaves silence
_IMPURE = 20.0
_OTHER_CONTEXT = 0.5
_SAME_AGAIN = 2.5


@dataclass(frozen=True, eq=False)
class Instrument:
    """Zones, and what they have in common.

    Args:
        zones: zones in the order of their pitches.
        level_db: median of their levels.
        release_db_s: fall of the level after a note is let go, in dB per second; `RINGS` where no
            note is, as of bells: each fades by itself.
        fades: whether notes that go on fade, see `continuing.Continued`.
    """

    zones: tuple[Zone, ...]
    level_db: float
    release_db_s: float = USUAL_RELEASE_DB_S
    fades: bool | None = None

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
        let_go_db_s = release_db_s(best)
        if let_go_db_s == RINGS:
            return cls(tuple(map(ringing, best)), level_db, let_go_db_s, fades=True)
        # Of what fades and is let go some notes are held up all the same: their loops tell.
        return cls(tuple(best), level_db, let_go_db_s, False if are_held(best) else None)

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
