"""Files that are given: plain ones only, and no more of them than is expected.

A pipe would keep us waiting for ever, a device has no end, and what is read may come from anybody.
"""

import os
import re
import stat
from io import BufferedReader
from pathlib import Path

from estilo.errors import InputError

MOST_BYTES = 2**24
"""Size of the largest document that is read; what it holds may take twenty times as much."""

# The latter, of Windows, keeps bytes as they are.
_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
# Of two letters at the least, as one alone is a drive of Windows; paths lose a second slash.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/+[^/]")


def open_plain(
    path: Path, *, what: str = "", error: type[InputError] = InputError
) -> BufferedReader:
    """Open a plain file for reading.

    Args:
        path: path of the file.
        what: what it is, for messages ("the mask").
        error: error that is raised.

    Raises:
        InputError: it is missing, a folder, a pipe, a socket or a device, or may not be read.

    Example:
        >>> open_plain(Path("missing.toml"), what="the preset")
        Traceback (most recent call last):
        ...
        estilo.errors.InputError: the preset missing.toml does not exist; check the spelling and \
the folder
    """
    name = f"{what} {path}".strip()
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as reason:  # ValueError: a null character in the name
        raise _unreadable(path, name, reason, error) from reason
    _check_kind(name, mode, error)
    try:
        # It may be another one by now, and opening a pipe would wait for whoever writes to it.
        stream = os.fdopen(os.open(path, os.O_RDONLY | _WITHOUT_WAITING), "rb")
    except OSError as reason:
        raise _unreadable(path, name, reason, error) from reason
    try:
        _check_kind(name, os.fstat(stream.fileno()).st_mode, error)
        _check_has_places(stream)
    except OSError as reason:
        stream.close()
        raise _unreadable(path, name, reason, error) from reason
    except error:
        stream.close()
        raise
    return stream


def read_plain(
    path: Path,
    *,
    most_bytes: int = MOST_BYTES,
    what: str = "",
    error: type[InputError] = InputError,
) -> bytes:
    """All of a plain file.

    Args:
        path: path of the file.
        most_bytes: size of the largest file that is read.
        what: what it is, for messages ("the mask").
        error: error that is raised.

    Raises:
        InputError: as in `open_plain`, or the file is larger.
    """
    name = f"{what} {path}".strip()
    with open_plain(path, what=what, error=error) as stream:
        try:
            data = stream.read(most_bytes + 1)
        except OSError as reason:
            raise error(f"{name} cannot be read: {_reason(reason)}; check the disk") from reason
    if len(data) > most_bytes:
        raise error(
            f"{name} is larger than {most_bytes} bytes, which is the most that is read of such a "
            "file; give a smaller one"
        )
    return data


def read_text(
    path: Path,
    *,
    most_bytes: int = MOST_BYTES,
    what: str = "",
    error: type[InputError] = InputError,
) -> str:
    """All of a plain file as text in UTF-8; a mark of the byte order at its beginning is left out.

    Args:
        path: path of the file.
        most_bytes: size of the largest file that is read.
        what: what it is, for messages.
        error: error that is raised.

    Raises:
        InputError: as in `read_plain`, or it is not text in UTF-8.
    """
    data = read_plain(path, most_bytes=most_bytes, what=what, error=error)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        raise error(
            f"{f'{what} {path}'.strip()} is not text in UTF-8; save it in that encoding"
        ) from reason


def is_there(path: Path) -> bool:
    """Whether a path leads to anything but a folder; False for what can be no name of a file.

    Args:
        path: any path.
    """
    try:
        return not stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def absolute(path: Path) -> Path:
    """The absolute path of a file.

    Args:
        path: any path.

    Raises:
        InputError: it is relative, and the folder that one is in is gone.
    """
    try:
        return path.absolute()
    except OSError as reason:
        raise InputError(
            f"{path} cannot be found, as the folder that you are in does not exist any more; "
            "change to another folder"
        ) from reason


def _check_has_places(stream: BufferedReader) -> None:
    """Refuse what the system calls a file and is a stream, as its log is."""
    descriptor = stream.fileno()
    if os.fstat(descriptor).st_size == 0 and hasattr(os, "pread"):
        os.pread(descriptor, 1, 0)


def _check_kind(name: str, mode: int, error: type[InputError]) -> None:
    if stat.S_ISDIR(mode):
        raise error(f"{name} is a folder; give the path of one file")
    if not stat.S_ISREG(mode):
        raise error(f"{name} is a pipe or a device, not a plain file; save it to a file first")


def _unreadable(path: Path, name: str, reason: Exception, error: type[InputError]) -> InputError:
    if isinstance(reason, FileNotFoundError):
        if _ADDRESS.match(str(path)):
            return error(
                f"{name} is an address, and no file of that name exists; download it, and give the "
                "path of the file"
            )
        if str(path) == "-":
            return error("standard input is not read; save it to a file, and give its path")
        return error(f"{name} does not exist; check the spelling and the folder")
    if isinstance(reason, PermissionError):
        return error(f"{name} may not be read (no permission); change its permissions or copy it")
    return error(f"{name} cannot be read: {_reason(reason)}; check the path")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
