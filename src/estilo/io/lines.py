"""Files that only ever grow, line by line, and lose nothing but a line that was cut off."""

import os
from pathlib import Path

from estilo.errors import InputError
from estilo.io.atomic import output_error


def append_line(path: Path, line: str) -> None:
    r"""Add a line, on the disk when this returns; what a cut-off line left is removed first.

    Args:
        path: file to add to; made with its first line.
        line: text of the line, without its end.

    Raises:
        OutputError: it cannot be written.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "log.txt"
        >>> append_line(path, "one")
        >>> whole_lines(path)
        [b'one']
    """
    try:
        with path.open("r+b" if path.exists() else "xb") as file:
            file.truncate(_whole_size(path))
            file.seek(0, os.SEEK_END)
            file.write(f"{line}\n".encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise output_error(path, error) from error


def whole_lines(path: Path) -> list[bytes]:
    """The lines of a file without one that was cut off; none where there is no file.

    Args:
        path: file to read.

    Raises:
        InputError: it cannot be read.
    """
    try:
        if not path.exists():
            return []
        # Not `splitlines`, which would part a line at a lone carriage return.
        return path.read_bytes()[: _whole_size(path)].split(b"\n")[:-1]
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}); see whether it is a file that you may read"
        ) from error


def _whole_size(path: Path) -> int:
    """Bytes up to the last end of a line: what lies behind it was cut off in the middle."""
    size = path.stat().st_size
    with path.open("rb") as file:
        end = size
        while end:
            start = max(end - 65_536, 0)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                return start + found + 1
            end = start
    return 0
