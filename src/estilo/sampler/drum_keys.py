"""What is struck on the keys of a drum kit by the General MIDI percussion map.

How bright and how long each sounds is told in round numbers: to find its partner in another kit it
only counts where a drum lies among the others.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from estilo.analysis.transcription.heard import Hit

# Keys, middle of the spectrum in Hz, fall by 20 dB in seconds.
_DRUMS = (
    ((35, 36), 90.0, 0.2),
    ((41, 43), 130.0, 0.4),
    ((45, 47), 180.0, 0.35),
    ((48, 50), 250.0, 0.3),
    ((60, 61, 62, 63, 64, 65, 66), 500.0, 0.2),
    ((37, 75, 76, 77, 56), 1500.0, 0.06),
    ((38, 40, 39), 2000.0, 0.15),
    ((42, 44, 69, 70), 8000.0, 0.06),
    ((46, 54, 58), 8000.0, 0.4),
    ((51, 53, 59), 6000.0, 1.0),
    ((49, 52, 55, 57), 5000.0, 1.5),
)
_OTHER = 1000.0, 0.2


@dataclass(frozen=True)
class WrittenHit:
    """A hit that is written, and about what it sounds like.

    Args:
        start_s: time at which it begins, in seconds.
        level_db: level while it is loudest, in dB.
        brightness: mean of log2 of its frequencies in Hz.
        decay_s: time in which it falls by 20 dB, in seconds.
        drum: number of what is struck.
    """

    start_s: float
    level_db: float
    brightness: float
    decay_s: float
    drum: int


def written_hits(hits: Sequence[Hit]) -> list[WrittenHit]:
    """Hits with keys as drums that can be told apart.

    Args:
        hits: hits, each with the key that it is written on.

    Example:
        >>> kick, snare = written_hits([Hit(0.0, 0.1, -9.0, key=36), Hit(0.5, 0.6, -9.0, key=38)])
        >>> kick.brightness < snare.brightness, kick.drum == snare.drum
        (True, False)
    """
    out = []
    for hit in hits:
        found = (place for place, (keys, *_) in enumerate(_DRUMS) if hit.key in keys)
        drum = next(found, len(_DRUMS))
        middle_hz, decay_s = _DRUMS[drum][1:] if drum < len(_DRUMS) else _OTHER
        out.append(WrittenHit(hit.start_s, hit.level_db, math.log2(middle_hz), decay_s, drum))
    return out
