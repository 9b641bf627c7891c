"""The files of a result: which there are, and where."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

OUTPUT = "output.wav"
KINDS = {
    "wav": "audio/wav",
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "png": "image/png",
    "json": "application/json",
    "mid": "audio/midi",
}
"""What of a result can be kept, with the media types: output, picture, recipe, its notes."""
_PLAYS_NOTES = "notes"


def path_of(folder: Path, kind: str) -> Path:
    """Where a file of a result is, or will be once somebody asks for it.

    Args:
        folder: folder of the job.
        kind: one of `KINDS`.
    """
    return folder / (f"{OUTPUT}.json" if kind == "json" else f"output.{kind}")


def files_of(folder: Path, *, engine: str) -> list[dict[str, Any]]:
    """The files of a result, with their sizes in bytes where they are there.

    Args:
        folder: folder of the job.
        engine: name of the engine that ran: one that plays notes has notes to keep.
    """
    has_notes = engine == _PLAYS_NOTES and find_spec("mido") is not None
    found = []
    for kind in KINDS:
        if kind != "mid" or has_notes:
            path = path_of(folder, kind)
            found.append({"kind": kind, "size": path.stat().st_size if path.exists() else None})
    return found
