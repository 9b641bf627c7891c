"""The user's own recordings as clips of a dataset.

Every recording is mixed to mono, brought to 48 kHz and cut into clips of 8 s; silent clips are left
out. A recording is known by the hash of its file, which also says its split: the same file goes the
same way on every machine, and no recording is heard in both splits.
"""

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from estilo.audio import Audio
from estilo.datasets.clips import SAMPLE_RATE, make_folder, normalised, write_clip
from estilo.datasets.manifest import ManifestEntry, Split, read_if_there, write_manifest
from estilo.dsp.resample import resample
from estilo.errors import Cancelled, InputError, OutputError, SettingsError
from estilo.io import load, probe, release, scratch_array
from estilo.progress import Cancel, Counted

CLIP_S = 8.0
SHORTEST_S = 2.0
_SILENT_RMS = 1e-3  # -60 dB
_BLOCK = 2**20
_HASH = re.compile(r"sha256:([0-9a-f]{64})\b")


@dataclass(frozen=True)
class Skipped:
    """A file or a folder that was not taken.

    Args:
        path: path relative to the folder that was walked.
        reason: why it was not taken.
    """

    path: str
    reason: str


@dataclass(frozen=True)
class Added:
    """What adding a folder of recordings led to.

    Args:
        new: clips that were not there before.
        clips: all clips of the dataset.
        skipped: everything that was not taken, in the order of the folder.
    """

    new: tuple[ManifestEntry, ...]
    clips: tuple[ManifestEntry, ...]
    skipped: tuple[Skipped, ...]


def add(
    folder: Path,
    out: Path,
    *,
    licence: str,
    label: str | None = None,
    validation: float = 0.1,
    on_file: Callable[[Counted[str]], None] | None = None,
    cancel: Cancel | None = None,
) -> Added:
    """Cut every recording under a folder into clips, and add them to a dataset.

    The manifest is written in the end, and also when something ends this before: recordings that
    were taken until then are in it, and the same call takes the others.

    Args:
        folder: folder of recordings, which may lie in folders of their own. Nothing in it is
            changed.
        out: the dataset; made if it is not there.
        licence: terms of the recordings, as an SPDX identifier where there is one.
        label: label of all clips; when None, the name of a recording's folder (below ``folder``),
            or the recording's own name where it lies at the top.
        validation: share of recordings in the validation split, 0 to 1.
        on_file: function that is called after every file, with its path relative to ``folder``.
        cancel: token that is asked after every file.

    Raises:
        InputError: there is no such folder, or it lies in the dataset.
        SettingsError: licence or label is empty, or the share is outside 0 to 1.
        OutputError: the dataset cannot be written.
        Cancelled: ``cancel`` was set.
    """
    _check(folder, out, licence=licence, label=label, validation=validation)
    clips = read_if_there(out)
    known = {found[1]: clip for clip in clips if (found := _HASH.match(clip.source))}
    files, skipped = _walk(folder, out)
    new: list[ManifestEntry] = []
    start_s = time.monotonic()
    try:
        for n_done, path in enumerate(files, 1):
            name = path.relative_to(folder).as_posix()
            try:
                recording = _recognised(path, name, known)
                taken = recording.cut(
                    out,
                    split=recording.split(validation),
                    label=_label(name) if label is None else label,
                    licence=licence,
                )
                new += taken
                known[recording.digest] = taken[0]
            except OutputError:
                raise
            except InputError as error:
                skipped.append(Skipped(name, str(error).removeprefix(f"{path} ")))
            if on_file is not None:
                left_s = (time.monotonic() - start_s) / n_done * (len(files) - n_done)
                on_file(Counted(name, n_done, len(files), remaining_s=left_s))
            if cancel is not None and cancel.is_set() and n_done < len(files):
                raise Cancelled(f"cancelled after {n_done} of {len(files)} files")
    finally:
        if new:
            write_manifest(out, [*clips, *new])
    return Added(tuple(new), (*clips, *new), tuple(sorted(skipped, key=lambda each: each.path)))


@dataclass(frozen=True)
class _Recording:
    """A file that is new to the dataset, with its name in the folder and the hash of its bytes."""

    path: Path
    name: str
    digest: str

    def split(self, validation: float) -> Split:
        return "validation" if int(self.digest[:8], 16) < validation * 2**32 else "train"

    def cut(self, out: Path, *, split: Split, label: str, licence: str) -> list[ManifestEntry]:
        """Write its clips; in the order of the recording, at least one."""
        samples = _working(load(self.path))
        seconds = len(samples) / SAMPLE_RATE
        if seconds < SHORTEST_S:
            raise InputError(f"is {seconds:.2f} s long; {SHORTEST_S:g} s or more are needed")
        clips = []
        for number, piece in enumerate(_pieces(samples)):
            path = f"{split}/{_safe(label)}/{self.digest[:16]}-{number:05d}.wav"
            if not clips:
                make_folder(out)
            write_clip(normalised(piece), out / path)
            source = f"sha256:{self.digest} {self.name}"
            clips.append(
                ManifestEntry(path, len(piece), SAMPLE_RATE, split, label, "", source, licence)
            )
        if not clips:
            raise InputError("is silent once it is mixed to mono")
        return clips


def _check(folder: Path, out: Path, *, licence: str, label: str | None, validation: float) -> None:
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give the folder of your recordings")
    if folder.resolve().is_relative_to(out.resolve()):
        raise InputError(f"{folder} lies in the dataset {out}; keep recordings and dataset apart")
    if not licence.strip():
        raise SettingsError("the licence is empty; give the terms of the recordings, CC0-1.0 say")
    if label is not None and not label.strip():
        raise SettingsError("the label is empty; give a name, or leave it out")
    if not 0.0 <= validation <= 1.0:
        raise SettingsError(f"validation must be a share, 0 to 1, got {validation}")


def _walk(folder: Path, out: Path) -> tuple[list[Path], list[Skipped]]:
    """Files to be tried, in order, and what is not even looked at."""
    files: list[Path] = []
    skipped: list[Skipped] = []

    def skip(path: Path, reason: str) -> None:
        skipped.append(Skipped(path.relative_to(folder).as_posix(), reason))

    def refused(error: OSError) -> None:
        skip(Path(error.filename), f"cannot be listed: {error.strerror}")

    for root, folders, names in os.walk(folder, onerror=refused):
        for name in list(folders):
            path = Path(root, name)
            if name.startswith("."):
                reason = "is a hidden folder"
            elif path.is_symlink():
                reason = "is a link to a folder, and those are not followed"
            elif path.resolve() == out.resolve():
                reason = "is the dataset itself"
            else:
                continue
            skip(path, reason)
            folders.remove(name)
        for name in names:
            if name.startswith("."):
                skip(Path(root, name), "is a hidden file")
            else:
                files.append(Path(root, name))
    return sorted(files), skipped


def _recognised(path: Path, name: str, known: dict[str, ManifestEntry]) -> _Recording:
    """Know a recording by its bytes, and refuse one that is in the dataset already."""
    probe(path)  # so that no film is read through
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}") from error
    if digest in known:
        first = known[digest]
        its_name = first.source.partition(" ")[2]
        raise InputError(f"is in the dataset already, as {its_name} with the label {first.label}")
    return _Recording(path, name, digest)


def _label(name: str) -> str:
    path = PurePosixPath(name)
    return path.stem if path.parent == PurePosixPath() else str(path.parent)


def _safe(label: str) -> str:
    """The label as the name of a folder on any system."""
    return re.sub(r"[^\w-]+", "_", label)[:60]


def _working(audio: Audio) -> NDArray[np.float32]:
    """Mono at the working rate, ``(time,)``; long recordings stay out of memory."""
    mono = scratch_array((1, audio.n_samples))
    for start in range(0, audio.n_samples, _BLOCK):
        mono[0, start : start + _BLOCK] = audio.samples[:, start : start + _BLOCK].mean(0)
    release(audio.samples)
    n_samples = round(audio.n_samples * SAMPLE_RATE / audio.sample_rate)
    out = scratch_array((1, n_samples))
    return resample(mono, audio.sample_rate, SAMPLE_RATE, out=out, n_samples=n_samples)[0]


def _pieces(samples: NDArray) -> Iterator[NDArray]:
    """Stretches of a clip's length that are not silent; the last one may be shorter."""
    length = round(CLIP_S * SAMPLE_RATE)
    for start in range(0, len(samples), length):
        piece = samples[start : start + length]
        if len(piece) < SHORTEST_S * SAMPLE_RATE:
            continue
        if np.sqrt(np.mean(np.square(piece, dtype=np.float64))) > _SILENT_RMS:
            yield piece
