"""Instruments of a folder that has a table of notes already, whoever made it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from estilo.datasets.instruments.keys import Key
from estilo.datasets.instruments.library import (
    InstrumentNote,
    Split,
    by_instrument,
    read_library,
)
from estilo.datasets.instruments.takes import SAMPLE_RATE, Take
from estilo.dsp.resample import resample
from estilo.io import load


@dataclass(frozen=True)
class FolderInstrument:
    """An instrument of which there are files.

    Args:
        name: name of the instrument.
        folder: folder of the files.
        notes: what they are.
    """

    name: str
    folder: Path
    notes: tuple[InstrumentNote, ...]

    @property
    def source(self) -> str:
        """Library that it comes from."""
        return self.notes[0].source

    @property
    def licence(self) -> str:
        """Terms of use."""
        return self.notes[0].licence

    def play(self) -> list[Take]:
        """Its notes; see `estilo.datasets.instruments.sources.base.Instrument`."""
        return [
            Take(
                Key(note.midi_pitch, note.velocity, note.held_s), read_mono(self.folder / note.path)
            )
            for note in self.notes
        ]


def read_mono(path: Path) -> np.ndarray:
    """A file as one channel at 44.1 kHz; **shape** ``(time,)``, float32.

    Args:
        path: file of any rate and number of channels.

    Raises:
        InputError: it cannot be read.
    """
    audio = load(path)
    mono = audio.samples.mean(0, keepdims=True)
    if audio.sample_rate != SAMPLE_RATE:
        mono = resample(mono, audio.sample_rate, SAMPLE_RATE)
    return mono[0]


def instruments_in(
    folder: Path, *, prefix: str = "", split: Split = "train"
) -> Sequence[FolderInstrument]:
    """The instruments of a folder that has a table of notes.

    Args:
        folder: folder with a table of notes.
        prefix: what to put before their names.
        split: the half to take.

    Raises:
        InputError: there is no table, or a line of it is not a note.
    """
    found = by_instrument(read_library(folder, split=split))
    return [FolderInstrument(prefix + name, folder, tuple(notes)) for name, notes in found.items()]
