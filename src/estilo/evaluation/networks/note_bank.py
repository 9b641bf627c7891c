"""Single notes of many instruments as the judge of timbre hears them, in one array."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import Sound
from estilo.datasets.instruments.library import TABLE, InstrumentNote, read_library
from estilo.errors import InputError
from estilo.evaluation.cache import cache_folder
from estilo.io import load
from estilo.metrics.judge.hearing import N_BANDS, band_powers

NOTE_FRAMES = 208
"""Frames that are kept of a note: 2.4 s."""

SILENT_DB = -120.0
_VERSION = 1
_HELD_OUT = 10
_SYNTHESISERS = ("amsynth", "ZynAddSubFX")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NoteBank:
    """Notes of many instruments.

    Args:
        levels_db: levels of bands, `SILENT_DB` where a note has ended; **shape** ``(notes, N_BANDS,
            NOTE_FRAMES)``, half precision.
        notes: what each one is.
        instrument: number of the instrument of each note; **shape** ``(notes,)``.
        library: number of the library, soundfont or synthesiser of each instrument; **shape**
            ``(instruments,)``.
        names: names of the instruments, with their source.
    """

    levels_db: NDArray[np.float16]
    notes: tuple[InstrumentNote, ...]
    instrument: NDArray[np.int64]
    library: NDArray[np.int64]
    names: tuple[str, ...]

    @cached_property
    def pitch(self) -> NDArray[np.int64]:
        """MIDI pitch of each note."""
        return np.array([note.midi_pitch for note in self.notes])

    @cached_property
    def velocity(self) -> NDArray[np.int64]:
        """MIDI velocity of each note."""
        return np.array([note.velocity for note in self.notes])

    @cached_property
    def of_instrument(self) -> tuple[NDArray[np.int64], ...]:
        """Numbers of the notes of each instrument."""
        order = np.argsort(self.instrument, kind="stable")
        bounds = np.searchsorted(self.instrument[order], np.arange(1, len(self.names)))
        return tuple(np.split(order, bounds))

    def power(self, note: int) -> NDArray[np.float32]:
        """Powers of a note, 1 at its loudest frame; **shape** ``(N_BANDS, NOTE_FRAMES)``.

        Args:
            note: its number.
        """
        level_db = self.levels_db[note].astype(np.float32)
        power = np.where(level_db > SILENT_DB + 0.1, 10.0 ** (level_db / 10.0), 0.0)
        return (power / max(float(power.sum(axis=0).max()), 1e-12)).astype(np.float32)

    @cached_property
    def held_out(self) -> NDArray[np.bool_]:
        """Which instruments training must not hear: a tenth, by the hash of their names.

        What a soundfont's program was bent into goes with the program.
        """
        bases = [name.partition("-bent-")[0] for name in self.names]
        digests = [hashlib.sha256(base.encode()).hexdigest() for base in bases]
        return np.array([int(digest[:8], 16) % _HELD_OUT == 0 for digest in digests])


def read_bank(folders: Sequence[Path], *, split: str = "train") -> NoteBank:
    """The notes of several folders of instruments; what is heard of them is cached.

    Args:
        folders: folders with tables of notes.
        split: half that is read: ``train`` or ``test``.

    Raises:
        InputError: a folder has no table, a note cannot be read, or there is no note.
    """
    levels, notes, owners = [], [], []
    for folder in folders:
        found = read_library(folder, split="train" if split == "train" else "test")
        levels.append(_levels_of(folder, found, split))
        notes += found
        owners += [f"{note.source}: {note.instrument}" for note in found]
    if not notes:
        raise InputError(f"there is no {split} note in {', '.join(map(str, folders))}")
    names = tuple(dict.fromkeys(owners))
    number = {name: place for place, name in enumerate(names)}
    source = {owner: _library(note) for owner, note in zip(owners, notes, strict=True)}
    libraries = {each: place for place, each in enumerate(dict.fromkeys(source.values()))}
    return NoteBank(
        levels_db=levels[0] if len(levels) == 1 else np.concatenate(levels),
        notes=tuple(notes),
        instrument=np.array([number[owner] for owner in owners]),
        library=np.array([libraries[source[name]] for name in names]),
        names=names,
    )


def joined(one: NoteBank, other: NoteBank) -> NoteBank:
    """The notes of two banks.

    Args:
        one: bank whose instruments come first.
        other: bank of other instruments.
    """
    return NoteBank(
        levels_db=np.concatenate([one.levels_db, other.levels_db]),
        notes=one.notes + other.notes,
        instrument=np.concatenate([one.instrument, other.instrument + len(one.names)]),
        library=np.concatenate([one.library, other.library + one.library.max() + 1]),
        names=one.names + other.names,
    )


def note_levels(sound: Sound) -> NDArray[np.float16]:
    """Levels of the bands of a note, in dB; **shape** ``(N_BANDS, NOTE_FRAMES)``.

    Args:
        sound: the note; its first 2.4 s are kept.
    """
    power = band_powers(sound)[:, :NOTE_FRAMES]
    out = np.full((N_BANDS, NOTE_FRAMES), SILENT_DB, np.float16)
    out[:, : power.shape[1]] = 10.0 * np.log10(np.maximum(power, 10.0 ** (SILENT_DB / 10.0)))
    return out


def _library(note: InstrumentNote) -> str:
    """The source of a note; all banks of one synthesiser together."""
    first = note.source.partition(", ")[0]
    return first if first in _SYNTHESISERS else note.source


def _levels_of(folder: Path, notes: Sequence[InstrumentNote], split: str) -> NDArray[np.float16]:
    """Levels of all notes of a folder, from the cache where its table is the same."""
    digest = hashlib.sha256((folder / TABLE).read_bytes()).hexdigest()[:16]
    file = cache_folder() / f"judge-v{_VERSION}" / f"{digest}-{split}.npy"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        rows = np.empty((len(notes), N_BANDS, NOTE_FRAMES), np.float16)
        for number, note in enumerate(notes):
            rows[number] = note_levels(Sound.of(load(folder / note.path)))
            if (number + 1) % 2000 == 0:
                _log.info("heard %d of %d notes of %s", number + 1, len(notes), folder)
        np.save(file, rows)
    return np.load(file, mmap_mode="r")
