"""Hidden files that are being written: locked by whoever lives, swept where nobody does.

A lock of the system ends with its process, however that ends, so a lock file that can be locked is
of a run that is dead. Where there are no such locks, as on Windows, nothing is swept.
"""

import contextlib
import os
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from estilo.interrupts import interrupts_wait
from estilo.io.unit import PREFIX, Unit, part_paths, remove
from estilo.io.with_folder import WithFolder

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

_LOCK_NAME = re.compile(re.escape(PREFIX) + r"([0-9a-f]{16})\.lock")
_MOST_BYTES = 2**16  # of a journal
_REST = 100.0  # between two sweeps of a folder, in times of what one takes
_next_sweep_s: dict[Path, float] = {}
_n_published = 0


def n_published() -> int:
    """How many times this process has put files in their places."""
    return _n_published


class Claim:
    """Hidden files of one run in some folders, with a lock file in each of them.

    Args:
        targets: places that the hidden files are to take; the first decides, see `Unit`.
    """

    def __init__(self, targets: Sequence[Path]) -> None:
        self._targets = tuple(targets)
        self._locks: dict[Path, int] = {}
        self._unit: Unit | WithFolder | None = None
        self.parts: tuple[Path, ...] = ()

    def take(self) -> None:
        """Make the lock files and the first of the hidden ones, empty."""
        while not self._is_taken():  # a sweep came between making and locking
            self.give_back()
        os.close(os.open(self.parts[0], os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))

    def publish(self, *, force: bool) -> None:
        """Put the hidden files in their places, as one unit.

        Args:
            force: replace what stands there.

        Raises:
            FileExistsError: something does, and may not be replaced.
            OSError: the system refuses.
        """
        self.publish_unit(Unit.of(self.parts, self._targets, force=force))

    def publish_unit(self, unit: Unit | WithFolder) -> None:
        """Do what `publish` does with a unit of these hidden files that the caller has made.

        Args:
            unit: the unit.

        Raises:
            FileExistsError: something stands in its places, and may not be replaced.
            OSError: the system refuses.
        """
        self._unit = unit
        if len(self.parts) > 1 and len(self._locks) == 1:  # else a journal could not name them
            lock = next(iter(self._locks.values()))
            os.write(lock, unit.journal)
            os.fsync(lock)
        try:
            unit.publish()
            global _n_published
            _n_published += 1
        finally:
            unit.settle()
        self._unit = None

    def give_back(self) -> None:
        """Remove what is left; only what cannot be settled now is left for a later run."""
        try:
            if self._unit is not None:
                self._unit.settle()
            for part in self.parts:
                remove(part)
            for path in self._locks:
                path.unlink(missing_ok=True)
        except OSError:
            pass
        finally:
            for lock in self._locks.values():
                os.close(lock)
            self._locks.clear()

    def _is_taken(self) -> bool:
        token = secrets.token_hex(8)
        self.parts = part_paths(self._targets, token=token)
        for folder in dict.fromkeys(target.parent for target in self._targets):
            path = folder / f"{PREFIX}{token}.lock"
            self._locks[path] = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
        return all(
            _locked(lock) is not False and path.exists() for path, lock in self._locks.items()
        )


def sweep(folder: Path) -> None:
    """Finish or remove what dead runs left in a folder.

    Args:
        folder: a folder; nothing happens where there is none.
    """
    if fcntl is None:
        return
    start_s = time.monotonic()
    with contextlib.suppress(OSError):
        for name in [each.name for each in os.scandir(folder) if each.name.startswith(PREFIX)]:
            found = _LOCK_NAME.fullmatch(name)
            if found is not None:
                with interrupts_wait(), contextlib.suppress(OSError):
                    _sweep(folder / name, token=found[1])
    took_s = time.monotonic() - start_s
    _next_sweep_s[folder.absolute()] = time.monotonic() + _REST * took_s


def sweep_now_and_then(folder: Path) -> None:
    """Sweep, but spend little time on it where many files are written to a large folder.

    Args:
        folder: a folder.
    """
    if time.monotonic() >= _next_sweep_s.get(folder.absolute(), 0.0):
        sweep(folder)


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait until nobody else publishes in a folder: two units may not mix.

    Args:
        folder: the folder.
    """
    descriptor = None
    try:
        if fcntl is not None:
            with contextlib.suppress(OSError):  # a file system without locks
                descriptor = os.open(folder, os.O_RDONLY)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _sweep(lock: Path, *, token: str) -> None:
    """Settle what a lock file stands for, unless somebody holds it."""
    if not lock.is_file():
        return
    descriptor = os.open(lock, os.O_RDONLY)
    try:
        if not (_locked(descriptor) and lock.exists()):
            return
        with one_at_a_time(lock.parent):
            journal = os.read(descriptor, _MOST_BYTES)
            unit = Unit.read(journal, lock.parent, token=token) or WithFolder.read(
                journal, lock.parent, token=token
            )
            if unit is not None:
                unit.settle()
            for part in lock.parent.glob(f"{lock.stem}.*"):
                if part != lock:
                    remove(part)
            lock.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool | None:
    """Whether the lock is ours now; None where the system or the file system has no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
