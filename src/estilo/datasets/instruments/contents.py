"""What is in a folder of instruments, source by source."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from estilo.datasets.instruments.library import InstrumentNote, by_instrument, read_library
from estilo.io import probe


@dataclass(frozen=True)
class SourceContents:
    """What a folder has from one source.

    Args:
        source: library, soundfont or program.
        licences: terms of use.
        n_instruments: number of instruments.
        n_notes: number of notes.
        hours: duration of the notes together, in hours.
    """

    source: str
    licences: tuple[str, ...]
    n_instruments: int
    n_notes: int
    hours: float


def contents(folder: Path) -> list[SourceContents]:
    """What is in a folder, source by source; reads the header of every file.

    Args:
        folder: folder with a table of notes, whoever made it.

    Raises:
        InputError: there is no table, or a file is missing.
    """
    by_source: dict[str, list[InstrumentNote]] = {}
    for note in read_library(folder):
        by_source.setdefault(note.source, []).append(note)
    return [_of(source, notes, folder) for source, notes in sorted(by_source.items())]


def _of(source: str, notes: Sequence[InstrumentNote], folder: Path) -> SourceContents:
    seconds = sum(probe(folder / note.path).duration_s for note in notes)
    return SourceContents(
        source=source,
        licences=tuple(sorted({note.licence for note in notes})),
        n_instruments=len(by_instrument(notes)),
        n_notes=len(notes),
        hours=seconds / 3600.0,
    )
