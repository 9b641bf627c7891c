"""Notes played by an instrument, readable at any place in bounded memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.transcription.heard import HeardNote
from estilo.sampler.instrument import Instrument
from estilo.sampler.player import (
    choked,
    choose_zones,
    played_levels_db,
    restarts_s,
    usual_level_db,
)
from estilo.sampler.voice import Voice, Voices

_KEPT = 64

Panning = Callable[[int], NDArray[np.float32]]
"""Takes the number of a note; gives the gain of each channel, ``(channels,)``."""


@dataclass(frozen=True)
class Playing:
    """How an instrument is to play.

    Args:
        sample_rate: sample rate of the result, in Hz.
        expression: share of the notes' own courses of level, 0 to 1.
        pitch_expression: share of the notes' own courses of pitch, 0 to 1.
    """

    sample_rate: int
    expression: float = 0.0
    pitch_expression: float = 0.0


class Performance:
    """What an instrument makes of notes.

    Every note is as loud as it was heard; which zone plays it depends on how loud it is among the
    others.

    Args:
        notes: notes in the order of their starts.
        instrument: instrument of one channel, or of as many as the output, all equally loud.
        playing: how it is played.
        panning: gains of the channels of each note.
    """

    def __init__(
        self,
        notes: Sequence[HeardNote],
        instrument: Instrument,
        playing: Playing,
        *,
        panning: Panning,
    ) -> None:
        self.notes, self.instrument, self.playing = tuple(notes), instrument, playing
        self._panning = panning
        self._levels_db = played_levels_db(notes, instrument)
        above_db = usual_level_db(notes) - instrument.level_db
        self.gain = np.float32(10.0 ** (above_db / 20.0))
        """What brings the instrument's usual level to that of the notes."""
        self.zones = tuple(choose_zones(notes, instrument, self._levels_db))
        self._voices = Voices(instrument, notes, self.zones, sample_rate=playing.sample_rate)
        self._restarts_s = restarts_s(notes)
        rate = playing.sample_rate
        starts_s = np.array([note.start_s for note in notes])
        lasts_s = np.array([*map(self._voices.lasts_s, notes, self.zones)])
        self._first, self._last = (starts_s - 0.01) * rate, (starts_s + lasts_s + 0.01) * rate
        self._made: dict[int, Voice] = {}

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """A part of the result: the same samples whatever else is read.

        Args:
            start: number of its first sample.
            stop: number of the sample after its last.

        **Shape**: result ``(channels, stop - start)``.
        """
        out: NDArray[np.float32] | None = None
        for number in np.flatnonzero((self._first < stop) & (self._last > start)).tolist():
            gains = self.gain * self._panning(number)
            if out is None:
                out = np.zeros((len(gains), stop - start), np.float32)
            _add(out, self.voice(number), start, gains)
        return np.zeros((1, stop - start), np.float32) if out is None else out

    def voice(self, number: int) -> Voice:
        """A note by itself, at the level of the instrument.

        Args:
            number: number of the note.
        """
        if number not in self._made:
            while len(self._made) >= _KEPT:
                del self._made[next(iter(self._made))]
            self._made[number] = self._played(number)
        return self._made[number]

    def _played(self, number: int) -> Voice:
        voice = self._voices.voice(
            self.notes[number],
            self.zones[number],
            self._levels_db[number],
            expression=self.playing.expression,
            pitch_expression=self.playing.pitch_expression,
        )
        return choked(voice, self._restarts_s[number], self.playing.sample_rate)


def _add(out: NDArray, voice: Voice, start: int, gains: NDArray) -> None:
    first = voice.first - start
    begin, end = max(first, 0), min(first + voice.samples.shape[1], out.shape[1])
    if end > begin:
        out[:, begin:end] += gains[:, None] * voice.samples[:, begin - first : end - first]
