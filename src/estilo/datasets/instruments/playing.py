"""Phrases played by an instrument of which there are single notes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from estilo.datasets.instruments.library import InstrumentNote
from estilo.dsp.resample import resample
from estilo.errors import InputError
from estilo.io import load
from estilo.synthesis.notes import Note


class SampledInstrument:
    """An instrument that plays the notes that it has, each as it was recorded.

    Files are read when they are first played, and kept.

    Args:
        folder: folder of the files.
        notes: notes of one instrument.
        sample_rate: rate at which it plays, in Hz.

    Raises:
        InputError: there are no notes, or notes of several instruments.
    """

    def __init__(self, folder: Path, notes: Sequence[InstrumentNote], *, sample_rate: int) -> None:
        names = sorted({note.instrument for note in notes})
        if len(names) != 1:
            raise InputError(f"expected the notes of one instrument, got {names or 'none'}")
        self.name = names[0]
        """Name of the instrument."""
        self.pitches = sorted({note.midi_pitch for note in notes})
        """MIDI pitches that it can play."""
        self.notes = list(notes)
        """Notes that it has."""
        self.sample_rate = sample_rate
        """Rate at which it plays, in Hz."""
        self._folder = folder
        self._samples: dict[str, NDArray[np.float32]] = {}

    def play(self, phrase: Sequence[Note], *, duration_s: float) -> NDArray[np.float32]:
        """A phrase at the level at which its notes were recorded.

        Each note is played by the `nearest` one and sounds to its own end. What passes the end of
        the phrase fades out within its last 10 ms.

        Args:
            phrase: notes whose pitches the instrument has.
            duration_s: duration of the result, in seconds.

        Returns:
            **Shape** ``(time,)``, float32; zeros where nothing sounds.

        Raises:
            InputError: it has no note of a pitch, or a file cannot be read.
        """
        out = np.zeros(round(duration_s * self.sample_rate), np.float32)
        for note in phrase:
            samples = self.samples(self.nearest(note))
            start = round(note.start_s * self.sample_rate)
            heard = samples[: max(len(out) - start, 0)]
            out[start : start + len(heard)] += heard
        n_fade = min(round(0.01 * self.sample_rate), len(out))
        out[len(out) - n_fade :] *= np.linspace(1.0, 0.0, n_fade, dtype=np.float32)
        return out

    def nearest(self, note: Note) -> InstrumentNote:
        """The recorded note that plays a note.

        It has its pitch, its velocity is nearest, and it is held for as long as it should be, or is
        the longest that is shorter.

        Args:
            note: note that is to be played.

        Raises:
            InputError: the instrument has no note of this pitch.
        """
        there = [each for each in self.notes if each.midi_pitch == round(note.pitch)]
        if not there:
            raise InputError(
                f"{self.name} has no note of the pitch {note.pitch:g}; it has "
                f"{self.pitches[0]} to {self.pitches[-1]}"
            )

        def cost(each: InstrumentNote) -> tuple[float, float, str]:
            velocity = abs(each.velocity - 127.0 * note.velocity)
            spare_s = note.duration_s - each.held_s
            # Too long by any time is worse than too short by any: it would sound into the next.
            return velocity, spare_s if spare_s >= -1e-6 else 1000.0 - spare_s, each.path

        return min(there, key=cost)

    def samples(self, note: InstrumentNote) -> NDArray[np.float32]:
        """The sound of a recorded note at the rate of the instrument; **shape** ``(time,)``.

        Args:
            note: one of the instrument's notes.

        Raises:
            InputError: its file cannot be read.
        """
        if note.path not in self._samples:
            audio = load(self._folder / note.path)
            mono = audio.samples.mean(0, keepdims=True)
            if audio.sample_rate != self.sample_rate:
                mono = resample(mono, audio.sample_rate, self.sample_rate)
            self._samples[note.path] = mono[0]
        return self._samples[note.path]
