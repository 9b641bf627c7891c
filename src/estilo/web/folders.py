"""The server's folder: private, locked while the server lives, and swept by the next one if not."""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where nothing is swept
    fcntl = None

_PREFIX = "estilo-web-"
_LOCK = "lock"
_NEW_S = 60.0


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder that only the user can look into, removed in the end; those of dead servers as well.

    Nothing of a server outlives it, so that a next one offers nothing that is half-written.
    """
    above = Path(tempfile.gettempdir())
    sweep(above)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=above))  # with mode 0700
    descriptor = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        _lock(descriptor)
        yield folder
    finally:
        remove(folder)
        os.close(descriptor)


def sweep(above: Path) -> None:
    """Remove the folders of servers that were killed.

    Args:
        above: the folder in which they are.
    """
    if fcntl is None:
        return
    for folder in above.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            status = folder.lstat()
            if status.st_uid != os.getuid() or not folder.is_dir() or folder.is_symlink():
                continue
            try:
                descriptor = os.open(folder / _LOCK, os.O_RDWR)
            except FileNotFoundError:
                if time.time() - status.st_mtime > _NEW_S:  # else one is just being made
                    remove(folder)
                continue
            try:
                if _lock(descriptor):
                    remove(folder)
            finally:
                os.close(descriptor)


def remove(folder: Path) -> None:
    """Remove a folder and all that is in it, as far as the system lets.

    Args:
        folder: a folder; nothing happens where there is none.
    """
    shutil.rmtree(folder, ignore_errors=True)


def used_bytes(folder: Path) -> int:
    """Size of all files below a folder.

    Args:
        folder: a folder.
    """
    total = 0
    for each in folder.rglob("*"):
        with contextlib.suppress(OSError):  # it was removed meanwhile
            total += each.lstat().st_size
    return total


def _lock(descriptor: int) -> bool:
    if fcntl is None:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
