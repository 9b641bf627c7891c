"""Folders that hold the results of a long run, which the same run may find again."""

from collections.abc import Iterable
from pathlib import Path

from estilo.errors import OutputError
from estilo.io.atomic import check_free, output_error


def check_folder(folder: Path, *, begun: str, files: Iterable[str]) -> bool:
    """Refuse a path that is no folder, and a folder whose files would be replaced.

    Args:
        folder: folder of the results; need not exist.
        begun: name of the file by which an earlier run is known: its files may be replaced.
        files: names of the files that a run writes.

    Returns:
        Whether there was an earlier run.

    Raises:
        OutputError: the path is a file, or one of the files is there and not of an earlier run.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file; give the name of a folder")
    if (folder / begun).exists():
        return True
    for name in files:
        check_free(folder / name, force=False)
    return False


def make_folder(folder: Path) -> None:
    """Make a folder where it is not there.

    Args:
        folder: the path.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(folder, error) from error
