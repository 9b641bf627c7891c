"""What is heard of a recording as notes: when each begins and ends, its pitch and its level.

Conventions: seconds from the beginning of the recording; pitches are MIDI note numbers with
fractions, 69 for 440 Hz; levels are dB, 0 for a sine of full scale. Courses hold a value every
`STEP_S` from the start of a note to its end.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

STEP_S = 0.01
"""Distance of two values of a course, in seconds."""

Course = NDArray[np.float32]


def _even() -> Course:
    return np.zeros(1, np.float32)


def _unknown() -> Course:
    return np.zeros((2, 0), np.float32)


@dataclass(frozen=True, eq=False)
class HeardNote:
    """A note of a recording.

    Args:
        start_s: time at which it begins.
        end_s: time at which it is let go: a key is released, a bow is taken off, a breath ends.
            What rings on after it does not count.
        pitch: median of its pitch.
        level_db: power of all its partials while they are loudest, over all channels.
        cents: course of its pitch, in cents above `pitch`. **Shape** ``(steps,)``.
        levels_db: course of its level, in dB above `level_db`. **Shape** ``(steps,)``.
    """

    start_s: float
    end_s: float
    pitch: float
    level_db: float
    cents: Course = field(default_factory=_even)
    levels_db: Course = field(default_factory=_even)

    @property
    def duration_s(self) -> float:
        """How long it is held, in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True)
class Hit:
    """A percussive event without a pitch.

    Args:
        start_s: time at which it begins.
        end_s: time at which it has faded by 30 dB, or the next one begins.
        level_db: power while it is loudest, over all channels.
        key: key of a drum kit that it is written on; None where it was heard.
    """

    start_s: float
    end_s: float
    level_db: float
    key: int | None = None


@dataclass(frozen=True)
class Transcription:
    """The notes and hits of a recording.

    Args:
        notes: notes in the order of their starts, and of their pitches where they start together.
        hits: hits in the order of their starts.
        explained: share of the recording's power that notes and hits account for, 0 to 1.
        powers: power of the recording every `STEP_S`, and what of it they do not account for.
            **Shape** ``(2, steps)``; without steps where there is no recording.
    """

    notes: tuple[HeardNote, ...] = ()
    hits: tuple[Hit, ...] = ()
    explained: float = 0.0
    powers: Course = field(default_factory=_unknown, repr=False, compare=False)
