"""A file and the folder that it names, as one unit: at every moment the file names a whole one.

A folder cannot take another one's place in one step. So the new one gets another name, which the
file holds, and the file decides: before it is replaced all is as it was, after it the old folder is
nobody's and goes.
"""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

from estilo.documents import parse_json
from estilo.io.unit import Stamp, part_paths, place, plain_name, remove, stamp_of


@dataclass(frozen=True)
class WithFolder:
    """A hidden file and a hidden folder, and the places that they are to take.

    Args:
        parts: the file, which decides, and the folder.
        targets: their places; while it is published, nothing that counts has the folder's name.
        asides: hidden names for what has it all the same, and for the folder that is replaced.
        replaced: folder that the file that stands there names; None for none.
        is_forced: whether that file is replaced.
        made: stamps of file and folder.
        old: stamp of the folder that is replaced.
    """

    parts: tuple[Path, Path]
    targets: tuple[Path, Path]
    asides: tuple[Path, Path]
    replaced: Path | None
    is_forced: bool
    made: tuple[Stamp | None, Stamp | None]
    old: Stamp | None

    @classmethod
    def of(
        cls,
        parts: tuple[Path, Path],
        targets: tuple[Path, Path],
        *,
        replaced: Path | None,
        force: bool,
    ) -> "WithFolder":
        """The unit of a file and a folder that are written.

        Args:
            parts: the hidden file and the hidden folder.
            targets: their places.
            replaced: folder that goes when the file has its place, if any.
            force: whether a file that stands there is replaced.
        """
        made = stamp_of(parts[0]), stamp_of(parts[1])
        old = None if replaced is None else stamp_of(replaced)
        return cls(parts, targets, _asides(parts), replaced, force, made, old)

    def publish(self) -> None:
        """Give the folder its name, and then the file.

        Raises:
            FileExistsError: there is such a file already, and it may not be replaced.
            OSError: the system refuses; what was begun is for `settle`.
        """
        with contextlib.suppress(FileNotFoundError):
            self.targets[1].rename(self.asides[0])
        self.parts[1].rename(self.targets[1])
        place(self.parts[0], self.targets[0], force=self.is_forced)

    def settle(self) -> None:
        """Finish what was begun where the file has its place, and undo it where not.

        Raises:
            OSError: the system refuses; it can be tried again.
        """
        if self.made[0] is not None and stamp_of(self.targets[0]) == self.made[0]:
            if self.replaced is not None and self.old == stamp_of(self.replaced) is not None:
                self.replaced.rename(self.asides[1])
        else:
            if self.made[1] is not None and stamp_of(self.targets[1]) == self.made[1]:
                self.targets[1].rename(self.parts[1])
            if self.asides[0].exists() and not self.targets[1].exists():
                self.asides[0].rename(self.targets[1])
        for path in (*self.parts, *self.asides):
            remove(path)

    @property
    def journal(self) -> bytes:
        """The unit as a line of text, without the folder that it lies in, which may be moved."""
        said = {
            "with_folder": [each.name for each in self.targets],
            "replaced": None if self.replaced is None else self.replaced.name,
            "is_forced": self.is_forced,
            "made": self.made,
            "old": self.old,
        }
        return f"{json.dumps(said)}\n".encode()

    @classmethod
    def read(cls, journal: bytes, folder: Path, *, token: str) -> "WithFolder | None":
        """The unit that a journal tells of; None where it tells of none.

        Only a folder with the stamp that the journal has is ever moved, so that a stranger's
        journal cannot name one that is not of this unit.

        Args:
            journal: what `journal` was.
            folder: folder that it lies in.
            token: name of its hidden files.
        """
        try:
            said = parse_json(journal, what="the journal")
            file, beside = (folder / plain_name(name) for name in said["with_folder"])
            replaced = None if said["replaced"] is None else folder / plain_name(said["replaced"])
            stamps = [each and tuple(map(int, each)) for each in (*said["made"], said["old"])]
            first, second, old = stamps
            is_forced = bool(said["is_forced"])
        except (ValueError, TypeError, KeyError):
            return None
        parts = part_paths([file, beside], token=token)
        pair = parts[0], parts[1]
        made = first, second
        return cls(pair, (file, beside), _asides(pair), replaced, is_forced, made, old)


def _asides(parts: tuple[Path, Path]) -> tuple[Path, Path]:
    return parts[1].with_suffix(".other"), parts[1].with_suffix(".before")
