"""What became of each instrument of a folder, in a file of its own.

The files are written one by one as instruments are rendered; the table of the folder is made of
them. An instrument that has its file is not rendered again.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from estilo.datasets.instruments.library import InstrumentNote
from estilo.documents import parse_json
from estilo.errors import InputError
from estilo.files import read_plain
from estilo.io.atomic import output_error, write_atomic

FOLDER = "records"
"""Folder of the files, within the folder of instruments."""


@dataclass(frozen=True)
class Skip:
    """A note or an instrument that was left out.

    Args:
        instrument: name of the instrument.
        note: name of the note; empty where it is the whole instrument.
        reason: why, in a word or two that others share.
        detail: what more there is to say.
    """

    instrument: str
    note: str
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Record:
    """What became of an instrument.

    Args:
        instrument: its name.
        origin: name of the source in the table of sources.
        notes: notes that were kept.
        seconds: duration of the notes together, in seconds.
        fingerprints: what the notes sound like, by their names; see
            `estilo.datasets.instruments.duplicates`.
        skipped: what was left out.
        cpu_s: processor time that it took, in seconds, FluidSynth's included.
    """

    instrument: str
    origin: str
    notes: tuple[InstrumentNote, ...]
    seconds: float
    fingerprints: dict[str, list[int]]
    skipped: tuple[Skip, ...]
    cpu_s: float


def path_of(folder: Path, instrument: str) -> Path:
    """Where the record of an instrument lies.

    Args:
        folder: folder of instruments.
        instrument: name of the instrument.
    """
    return folder / FOLDER / f"{instrument}.json"


def write_record(folder: Path, record: Record) -> None:
    """Write what became of an instrument.

    Args:
        folder: folder of instruments.
        record: what became of it.

    Raises:
        OutputError: it cannot be written.
    """
    path = path_of(folder, record.instrument)
    make_parent(path)
    write_atomic(path, json.dumps(asdict(record)).encode(), force=True)


def make_parent(path: Path) -> None:
    """Make the folder in which a file is to be written.

    Args:
        path: path of the file.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(path.parent, error) from error


def read_records(folder: Path) -> list[Record]:
    """What became of all instruments of a folder, by their names.

    Args:
        folder: folder of instruments.

    Raises:
        InputError: a file is damaged.
    """
    paths = (folder / FOLDER).glob("*.json")
    return [_read(path) for path in sorted(paths, key=lambda path: path.stem)]


def _read(path: Path) -> Record:
    try:
        fields = parse_json(read_plain(path), what="the record")
        return Record(
            **fields
            | {
                "notes": tuple(InstrumentNote(**note) for note in fields["notes"]),
                "skipped": tuple(Skip(**skip) for skip in fields["skipped"]),
            }
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"{path} does not say what became of an instrument ({error}); delete it, and the "
            "instrument is rendered again"
        ) from error


def all_notes(records: Iterable[Record]) -> list[InstrumentNote]:
    """The notes of several instruments.

    Args:
        records: what became of them.
    """
    return [note for record in records for note in record.notes]
