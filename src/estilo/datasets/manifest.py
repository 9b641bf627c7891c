"""The manifest of a folder of clips, which lists them and what is known of each.

One line of JSON per clip, in the order of their paths, so that two manifests compare line by line.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path, PurePosixPath
from typing import Literal, get_args

from estilo.documents import parse_json
from estilo.errors import InputError
from estilo.files import read_plain
from estilo.io.atomic import write_atomic

MANIFEST = "manifest.jsonl"
_MOST_BYTES = 2**27

Split = Literal["train", "validation"]


@dataclass(frozen=True)
class ManifestEntry:
    """One clip of a dataset: a WAV file, whose first channel is heard.

    Args:
        path: path relative to the folder, with forward slashes.
        n_samples: length in samples.
        sample_rate: sample rate in Hz.
        split: ``train`` or ``validation``.
        label: what sounds: clips of one label are of one instrument, voice or place.
        phrase: what is played: clips of one phrase hold the same notes at the same times. Empty
            where no other clip is known to hold them.
        source: where the clip comes from.
        licence: terms of use, as an SPDX identifier where there is one.
    """

    path: str
    n_samples: int
    sample_rate: int
    split: Split
    label: str
    phrase: str
    source: str
    licence: str

    @property
    def duration_s(self) -> float:
        """Duration in seconds."""
        return self.n_samples / self.sample_rate


def write_manifest(folder: Path, clips: Iterable[ManifestEntry]) -> Path:
    """Write the manifest of a folder, in place of the one before.

    Args:
        folder: folder of the dataset.
        clips: entries, in any order.

    Raises:
        OutputError: it cannot be written.
    """
    lines = [json.dumps(asdict(clip)) for clip in sorted(clips, key=lambda clip: clip.path)]
    return write_atomic(
        folder / MANIFEST, "".join(f"{line}\n" for line in lines).encode(), force=True
    )


def read_manifest(folder: Path) -> list[ManifestEntry]:
    """The clips of a folder.

    Raises:
        InputError: there is no manifest, or a line of it is not a clip, or names one again.
    """
    path = folder / MANIFEST
    try:
        data = read_plain(path, most_bytes=_MOST_BYTES)
    except InputError as error:
        raise InputError(
            f"{error}; make a dataset with 'estilo data synth' or 'estilo data add'"
        ) from error
    lines = data.splitlines()
    clips: dict[str, ManifestEntry] = {}
    for number, line in enumerate(lines, 1):
        clip = _clip(line, place=f"{path}:{number}")
        if clip.path in clips:
            raise InputError(f"{path}:{number}: {clip.path} is there already; take the line out")
        clips[clip.path] = clip
    return list(clips.values())


def read_if_there(folder: Path) -> list[ManifestEntry]:
    """Read the manifest as `read_manifest` does; without a manifest there are no clips."""
    return read_manifest(folder) if (folder / MANIFEST).exists() else []


def _clip(line: bytes, *, place: str) -> ManifestEntry:
    try:
        clip = ManifestEntry(**parse_json(line, what="the line"))
    except (ValueError, TypeError) as error:
        raise InputError(
            f"{place} does not describe a clip ({error}); make the dataset anew"
        ) from error
    for each in fields(ManifestEntry):
        kind = int if each.type is int else str
        got = getattr(clip, each.name)
        if type(got) is not kind:
            raise InputError(f"{place}: expected {each.name} as {kind.__name__}, got {got!r}")
    if clip.split not in get_args(Split):
        raise InputError(f"{place}: expected split train or validation, got {clip.split!r}")
    if clip.n_samples < 1 or clip.sample_rate < 1:
        raise InputError(f"{place}: expected a positive length and rate; make the dataset anew")
    if PurePosixPath(clip.path).is_absolute() or ".." in PurePosixPath(clip.path).parts:
        raise InputError(f"{place}: expected a path inside the folder, got {clip.path!r}")
    return clip
