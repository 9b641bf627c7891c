"""The notes behind a dataset's phrases, where they are known."""

import json
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path

from estilo.documents import parse_json
from estilo.errors import InputError
from estilo.files import read_plain
from estilo.io.atomic import write_atomic
from estilo.synthesis.notes import Note

PHRASES = "phrases.json"

Phrases = Mapping[str, tuple[Note, ...]]
"""Notes by the name of the phrase, as in the manifest."""


def write_phrases(folder: Path, phrases: Phrases) -> Path:
    """Write the notes of a folder's phrases, in place of those before.

    Args:
        folder: folder of the dataset.
        phrases: notes by the name of the phrase.

    Raises:
        OutputError: it cannot be written.
    """
    rows = {
        name: [[round(value, 6) for value in astuple(note)] for note in notes]
        for name, notes in sorted(phrases.items())
    }
    text = ",\n".join(f"{json.dumps(name)}: {json.dumps(each)}" for name, each in rows.items())
    return write_atomic(folder / PHRASES, f"{{\n{text}\n}}\n".encode(), force=True)


def read_phrases(folder: Path) -> Phrases:
    """Read the notes of a folder's phrases; there may be none.

    Raises:
        InputError: the file does not hold notes.
    """
    path = folder / PHRASES
    if not path.is_file():
        return {}
    try:
        rows = parse_json(read_plain(path), what="the table of phrases")
        return {
            name: tuple(Note(*(float(value) for value in note)) for note in notes)
            for name, notes in rows.items()
        }
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path} does not hold notes ({error}); make the dataset anew") from error
