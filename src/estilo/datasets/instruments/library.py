"""A folder of instruments: single notes in audio files, and a table that says what each one is.

The table is ``notes.csv`` with a line per note and these columns: ``path`` relative to the folder,
``instrument``, ``midi_pitch``, ``velocity`` (1 to 127), ``held_s`` (time until the key is released,
in seconds), ``split`` (``train`` or ``test``), ``licence``, ``source``, and, where the notes were
rendered by programs that do not repeat themselves, ``sha256`` of the file.
"""

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path, PurePosixPath
from typing import Literal, get_args

from estilo.errors import InputError
from estilo.files import read_text
from estilo.io.atomic import write_atomic

_MOST_BYTES = 2**27
TABLE = "notes.csv"
Split = Literal["train", "test"]


@dataclass(frozen=True)
class InstrumentNote:
    """One note of an instrument, in a file of its own.

    Args:
        path: path relative to the folder, with forward slashes.
        instrument: what plays it.
        midi_pitch: pitch that sounds, as a MIDI note number.
        velocity: how hard it is played, 1 to 127.
        held_s: time until the key is released, in seconds.
        split: ``train``, or ``test`` where nothing may be trained, tuned or chosen on it.
        licence: terms of use, as an SPDX identifier where there is one.
        source: library, soundfont or program that it comes from.
        sha256: hash of the file; empty where nobody noted it.
    """

    path: str
    instrument: str
    midi_pitch: int
    velocity: int
    held_s: float
    split: Split
    licence: str
    source: str
    sha256: str = ""


def recorded_folder() -> Path:
    """The folder in the environment variable ``ESTILO_INSTRUMENTS``, or ``../shared/instruments``.

    Raises:
        InputError: it is not there.
    """
    folder = Path(os.environ.get("ESTILO_INSTRUMENTS", "../shared/instruments"))
    if not (folder / TABLE).is_file():
        raise InputError(
            f"there is no {TABLE} in {folder}, where recorded instruments are expected; name their "
            "folder in the environment variable ESTILO_INSTRUMENTS"
        )
    return folder


def read_library(folder: Path, *, split: Split | None = None) -> list[InstrumentNote]:
    """The notes of a folder, in the order of its table.

    Args:
        folder: folder with a table of notes.
        split: only the notes of this half; all if not given.

    Raises:
        InputError: there is no table, or a line of it is not a note.
    """
    path = folder / TABLE
    try:
        rows = list(csv.DictReader(io.StringIO(read_text(path, most_bytes=_MOST_BYTES))))
    except (InputError, csv.Error) as error:
        raise InputError(
            f"there are no instruments in {folder} ({error}); make a folder of instruments with "
            "'estilo data instruments'"
        ) from error
    notes = [_note(row, place=f"{path}:{number}") for number, row in enumerate(rows, 2)]
    return [note for note in notes if split in (None, note.split)]


def write_library(folder: Path, notes: Iterable[InstrumentNote]) -> Path:
    """Write the table of a folder, in place of the one before, in the order of the paths.

    Args:
        folder: folder of the files.
        notes: what they are.

    Returns:
        Path of the table.

    Raises:
        OutputError: it cannot be written.
    """
    stream = io.StringIO()
    names = [each.name for each in fields(InstrumentNote)]
    writer = csv.DictWriter(stream, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(note) for note in sorted(notes, key=lambda note: note.path))
    return write_atomic(folder / TABLE, stream.getvalue().encode(), force=True)


def by_instrument(notes: Iterable[InstrumentNote]) -> dict[str, list[InstrumentNote]]:
    """Notes by the name of their instrument, in the order in which they come.

    Args:
        notes: notes of any instruments.

    Example:
        >>> note = InstrumentNote("a.ogg", "flute", 60, 64, 1.0, "train", "own", "mine")
        >>> list(by_instrument([note]))
        ['flute']
    """
    found: dict[str, list[InstrumentNote]] = {}
    for note in notes:
        found.setdefault(note.instrument, []).append(note)
    return found


def common_pitches(one: Sequence[InstrumentNote], other: Sequence[InstrumentNote]) -> list[int]:
    """Pitches that two instruments both have, from the lowest.

    Args:
        one: notes of one instrument.
        other: notes of the other.

    Example:
        >>> note = InstrumentNote("a.ogg", "flute", 60, 64, 1.0, "train", "own", "mine")
        >>> common_pitches([note], [note])
        [60]
    """
    return sorted({note.midi_pitch for note in one} & {note.midi_pitch for note in other})


def _note(row: Mapping[str | None, str | None], *, place: str) -> InstrumentNote:
    text = {name: value for name, value in row.items() if name is not None and value is not None}
    missing = [
        each.name
        for each in fields(InstrumentNote)
        if each.name != "sha256" and not text.get(each.name)
    ]
    if missing:
        raise InputError(f"{place}: {', '.join(missing)} is missing; expected one note per line")
    try:
        note = InstrumentNote(
            path=text["path"],
            instrument=text["instrument"],
            midi_pitch=int(text["midi_pitch"]),
            velocity=int(text["velocity"]),
            held_s=float(text["held_s"]),
            split=text["split"],  # type: ignore[arg-type]  # checked below
            licence=text["licence"],
            source=text["source"],
            sha256=text.get("sha256", ""),
        )
    except ValueError as error:
        raise InputError(f"{place} does not describe a note ({error})") from error
    _check(note, place)
    return note


def _check(note: InstrumentNote, place: str) -> None:
    path = PurePosixPath(note.path)
    if path.is_absolute() or ".." in path.parts:
        raise InputError(f"{place}: expected a path within the folder, got {note.path!r}")
    if note.split not in get_args(Split):
        raise InputError(f"{place}: expected split train or test, got {note.split!r}")
    if not 0 <= note.midi_pitch <= 127 or not 1 <= note.velocity <= 127:
        raise InputError(
            f"{place}: expected a pitch of 0 to 127 and a velocity of 1 to 127, got "
            f"{note.midi_pitch} and {note.velocity}"
        )
    if not 0.0 < note.held_s < 600.0:
        raise InputError(f"{place}: expected held_s above 0 and below 600 s, got {note.held_s}")
