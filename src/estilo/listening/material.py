"""What there is to hear in a folder: outputs of a scoreboard, or files by their names."""

from pathlib import Path, PurePosixPath

from estilo.errors import InputError
from estilo.evaluation.kept import ROLES
from estilo.evaluation.kept_index import INDEX, Index, ListedItem, ListedOutput, read_index

SUFFIXES = {".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".caf"}


def material(folder: Path) -> Index:
    """The items and outputs of a folder.

    A folder with ``outputs.json`` holds what that says. In any other one each folder in it is an
    item: files called content, style and target (of any format) are its recordings, all others are
    outputs, whose rows are called like the files; hidden ones do not count.

    Args:
        folder: folder of a scoreboard with kept outputs, or one laid out like that.

    Raises:
        InputError: nothing is there to hear, two files of an item have one name, a file is missing,
            or it lies outside of the folder.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp()) / "melody"
        >>> folder.mkdir()
        >>> for name in ("content.wav", "style.wav", "mine.wav"):
        ...     (folder / name).touch()
        >>> [(each.item, each.entry, each.file) for each in material(folder.parent).outputs]
        [('melody', 'mine', 'melody/mine.wav')]
    """
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}; name one that holds outputs to listen to")
    index = read_index(folder) if (folder / INDEX).is_file() else _by_names(folder)
    _check(index, folder)
    return index


def _by_names(folder: Path) -> Index:
    items: list[ListedItem] = []
    outputs: list[ListedOutput] = []
    for inner in sorted(each for each in folder.iterdir() if each.is_dir()):
        files: dict[str, str] = {}
        for path in _sounds_in(inner):
            if path.stem in files:
                raise InputError(
                    f"{folder / files[path.stem]} and {path.name} would be one row; remove one of "
                    "them, or give it another name"
                )
            files[path.stem] = path.relative_to(folder).as_posix()
        rows = [name for name in files if name not in ROLES]
        if not rows or "style" not in files:
            continue
        recordings = {role: files[role] for role in ROLES if role in files}
        items.append(ListedItem(inner.name, **recordings))
        outputs += [ListedOutput(inner.name, row, files[row], series=row) for row in rows]
    return Index("", tuple(items), tuple(outputs))


def _sounds_in(folder: Path) -> list[Path]:
    """Audio files by their names, without those that systems hide beside them."""
    return [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    ]


def _check(index: Index, folder: Path) -> None:
    names = {each.name for each in index.items}
    paths = [each.file for each in index.outputs if each.item in names]
    if not paths:
        raise InputError(
            f"there are no outputs in {folder}; keep those of a scoreboard with estilo scoreboard "
            "--keep-outputs, or make a folder per item that holds content, style, perhaps target, "
            "and outputs"
        )
    paths += [path for item in index.items for role in ROLES if (path := getattr(item, role))]
    for path in paths:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise InputError(f"{path} lies outside of {folder}; copy it into the folder")
        if not (folder / path).is_file():
            raise InputError(
                f"{folder / path} is missing; the same command that kept the outputs makes it again"
            )
