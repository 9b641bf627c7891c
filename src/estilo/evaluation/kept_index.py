"""The index of a folder of outputs: which file is what."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from estilo.documents import parse_json
from estilo.errors import InputError
from estilo.files import read_plain
from estilo.io import write_atomic

INDEX = "outputs.json"
_FORMAT = 1


@dataclass(frozen=True)
class ListedItem:
    """An item, and the paths of its recordings, relative to the index.

    Args:
        name: name of the item.
        group: part of the test set.
        content: path of the content; None for textures.
        style: path of the style; None where it is not there.
        target: path of the target; None where nobody knows it.
    """

    name: str
    group: str = ""
    content: str | None = None
    style: str | None = None
    target: str | None = None


@dataclass(frozen=True)
class ListedOutput:
    """An output of an item.

    Args:
        item: name of the item.
        entry: row of the scoreboard, unique within an item.
        file: path of the output, relative to the index.
        series: group of rows: one engine at several strengths.
        strength: strength by which a series is ordered; None where there is none.
        is_control: whether the row is there to be compared with.
    """

    item: str
    entry: str
    file: str
    series: str = ""
    strength: float | None = None
    is_control: bool = False


@dataclass(frozen=True)
class Index:
    """All outputs of a folder.

    Args:
        set_name: name of the test set; empty for a folder that is of none.
        items: items, in their order.
        outputs: outputs, item by item.
    """

    set_name: str
    items: tuple[ListedItem, ...]
    outputs: tuple[ListedOutput, ...]


def write_index(folder: Path, index: Index) -> Path:
    """Write ``outputs.json``; what was there is replaced.

    Args:
        folder: folder to write to.
        index: what is in it.

    Returns:
        The file.

    Raises:
        OutputError: it cannot be written.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> index = Index("real", (ListedItem("a--b"),), (ListedOutput("a--b", "eq", "x.flac"),))
        >>> read_index(write_index(folder, index).parent) == index
        True
    """
    plain = {
        "format": _FORMAT,
        "set": index.set_name,
        "items": [asdict(each) for each in index.items],
        "outputs": [asdict(each) for each in index.outputs],
    }
    text = json.dumps(plain, indent=1, ensure_ascii=False) + "\n"
    return write_atomic(folder / INDEX, text.encode(), force=True)


def read_index(folder: Path) -> Index:
    """Read ``outputs.json``.

    Args:
        folder: folder that it is in.

    Raises:
        InputError: it is not there, or is no such index.
    """
    path = folder / INDEX
    try:
        plain = parse_json(read_plain(path), what="the index")
        return Index(
            set_name=str(plain["set"]),
            items=tuple(ListedItem(**each) for each in plain["items"]),
            outputs=tuple(ListedOutput(**each) for each in plain["outputs"]),
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"{path} is no index of kept outputs ({type(error).__name__}: {error}); make one with "
            "estilo scoreboard --keep-outputs"
        ) from error
