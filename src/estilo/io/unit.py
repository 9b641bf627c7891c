"""Files that take their places as one unit, finished or undone by whoever finds a dead run's.

The first file decides: when it has its place, the others follow; before, all is as it was. Older
files beside it are set aside first, so that none ever stands beside a first file that it does not
belong to. A journal, written before the first step, tells a later run what to do after a kill.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from estilo.documents import parse_json

PREFIX = ".estilo-"
"""Begins the names of hidden files."""

Stamp = tuple[int, ...]
"""What a rename leaves as it is: inode, size and time of the last change."""


@dataclass(frozen=True)
class Unit:
    """Hidden parts and the places that they are to take.

    Args:
        parts: hidden files, the first of which decides; others that are not there are left out.
        targets: their places, each in the folder of its part.
        asides: hidden names for what stands in these places; the first is never needed.
        is_forced: whether what stands there is replaced.
        made: stamp of the first part.
        before: stamp of what stands in its place; None for nothing.
    """

    parts: tuple[Path, ...]
    targets: tuple[Path, ...]
    asides: tuple[Path, ...]
    is_forced: bool
    made: Stamp | None
    before: Stamp | None

    @classmethod
    def of(cls, parts: Sequence[Path], targets: Sequence[Path], *, force: bool) -> "Unit":
        """The unit of parts that are written.

        Args:
            parts: hidden files, the first of which decides.
            targets: their places.
            force: whether what stands there is replaced.
        """
        made, before = stamp_of(parts[0]), stamp_of(targets[0])
        return cls(tuple(parts), tuple(targets), _asides(parts), force, made, before)

    def publish(self) -> None:
        """Put all parts in their places.

        Raises:
            FileExistsError: there is one already, and none may be replaced.
            OSError: the system refuses; what was begun is for `settle`.
        """
        if self.is_forced:
            for target, aside in zip(self.targets[1:], self.asides[1:], strict=True):
                with contextlib.suppress(FileNotFoundError):
                    target.replace(aside)
        for part, target in zip(self.parts, self.targets, strict=True):
            if part == self.parts[0] or part.exists():
                place(part, target, force=self.is_forced)

    def settle(self) -> None:
        """Finish what was begun where the first file has its place, and undo it where not.

        Raises:
            OSError: the system refuses; it can be tried again.
        """
        now = stamp_of(self.targets[0])
        beside = [*zip(self.parts, self.targets, self.asides, strict=True)][1:]
        for part, target, aside in beside:
            if now is not None and now == self.made:
                if part.exists():
                    with contextlib.suppress(FileExistsError):
                        place(part, target, force=self.is_forced)
            elif now == self.before and aside.exists() and not target.exists():
                aside.replace(target)
        for path in (*self.parts, *self.asides):
            remove(path)

    @property
    def journal(self) -> bytes:
        """The unit as a line of text, without the folder, which may be moved."""
        said = {
            "targets": [each.name for each in self.targets],
            "is_forced": self.is_forced,
            "made": self.made,
            "before": self.before,
        }
        return f"{json.dumps(said)}\n".encode()

    @classmethod
    def read(cls, journal: bytes, folder: Path, *, token: str) -> "Unit | None":
        """The unit that a journal tells of; None where it was not written to its end.

        Folders come from strangers as well, so no journal names a file outside of its own.

        Args:
            journal: what `journal` was.
            folder: folder that it lies in.
            token: name of its hidden files.
        """
        try:
            said = parse_json(journal, what="the journal")
            targets = [folder / plain_name(name) for name in said["targets"]]
            made, before = (said[each] and tuple(map(int, said[each])) for each in _STAMPS)
            is_forced = bool(said["is_forced"])
        except (ValueError, TypeError, KeyError):
            return None
        if not targets:
            return None
        parts = part_paths(targets, token=token)
        return cls(parts, tuple(targets), _asides(parts), is_forced, made, before)


_STAMPS = ("made", "before")


def part_paths(targets: Sequence[Path], *, token: str) -> tuple[Path, ...]:
    """Names of hidden files beside their targets.

    They have a length of their own: the target's may already be as long as the system allows.

    Args:
        targets: places that they are to take.
        token: what they have in common.
    """
    return tuple(
        target.with_name(f"{PREFIX}{token}.{place}.part") for place, target in enumerate(targets)
    )


def plain_name(name: str) -> str:
    """A name, if it leads nowhere but to a file of the folder that a journal lies in.

    Args:
        name: name in a journal.

    Raises:
        ValueError: it does.
    """
    if Path(name).name != name or name in ("", "..") or "\0" in name:
        raise ValueError(f"expected the name of a file, got {name!r}")
    return name


def _asides(parts: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(part.with_suffix(".before") for part in parts)


def place(part: Path, target: Path, *, force: bool) -> None:
    """Give a hidden file its name.

    Args:
        part: the hidden file; without ``force`` it may keep its hidden name as well.
        target: name that it gets.
        force: replace a file that is there.

    Raises:
        FileExistsError: there is one, and it may not be replaced.
    """
    if force:
        part.replace(target)
        return
    try:
        os.link(part, target)  # unlike a rename it fails when the target exists
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: the check is a moment before the rename
        if target.exists():
            raise FileExistsError(target) from None
        part.replace(target)


def remove(path: Path) -> None:
    """Remove a hidden file or folder, if it is there.

    Args:
        path: the file or folder.

    Raises:
        OSError: the system refuses.
    """
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def stamp_of(path: Path) -> Stamp | None:
    """What tells a file or a folder from every other, wherever it is moved; None for none.

    Args:
        path: the file or folder.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
