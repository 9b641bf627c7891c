"""Two instruments that play every note together."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from estilo.synthesis.notes import Note
from estilo.synthesis.patches import FAMILIES, HIGHEST_SHARE, Patch
from estilo.units import midi_to_hz


@dataclass(frozen=True)
class LayeredPatch:
    """Two instruments in unison or octaves: piano and strings, flute and bell.

    Args:
        first: louder instrument.
        second: softer instrument.
        second_db: gain of the softer instrument, in dB.
        shift: transposition of the softer instrument, in semitones.
    """

    first: Patch
    second: Patch
    second_db: float
    shift: float

    @property
    def is_pitched(self) -> bool:
        """Whether the louder instrument is pitched."""
        return self.first.is_pitched

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "LayeredPatch":
        """Any two of the plain families that have a pitch to share.

        Example:
            >>> LayeredPatch.draw(np.random.default_rng(0)).second_db <= 0.0
            True
        """
        names = ("additive", "fm", "subtractive", "plucked")
        seconds = (*names, "noise")
        return cls(
            first=FAMILIES[str(rng.choice(names))].draw(rng),
            second=FAMILIES[str(rng.choice(seconds))].draw(rng),
            second_db=rng.uniform(-14.0, -2.0),
            shift=float(rng.choice((0.0, 12.0), p=(0.75, 0.25))),
        )

    def play(self, note: Note, *, sample_rate: int, rng: np.random.Generator) -> NDArray:
        """Play one note with its release, ``(time,)``; see `Patch.play`."""
        first = self.first.play(note, sample_rate=sample_rate, rng=rng)
        moved = replace(note, pitch=note.pitch + self.shift)
        if midi_to_hz(moved.pitch) > HIGHEST_SHARE * sample_rate:
            moved = note
        second = self.second.play(moved, sample_rate=sample_rate, rng=rng)
        sound = np.zeros(max(len(first), len(second)), dtype=np.float32)
        sound[: len(first)] += first
        sound[: len(second)] += second * 10.0 ** (self.second_db / 20.0)
        return sound
