"""Outputs of a scoreboard kept as files: to be heard, and to be scored again without the engines.

Every item has a folder with its content, style and target; every output of it is a 24-bit FLAC file
beside them, with its recipe in a JSON file of the same name. Both take their places as one unit: an
output whose recipe is there is whole, and the one that the recipe tells of.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from estilo.audio import Audio
from estilo.errors import InputError
from estilo.evaluation.folders import make_folder
from estilo.evaluation.sets import Item
from estilo.io import load, plan_output, save, write_audio
from estilo.io.atomic import together

FOLDER = "outputs"
ROLES = ("content", "style", "target")
_FORMAT = 1


@dataclass(frozen=True)
class Made:
    """An output, and how long it took.

    Args:
        audio: the output.
        wall_s: time by the clock on the wall, in seconds.
        processor_s: processor time, in seconds.
    """

    audio: Audio
    wall_s: float
    processor_s: float


@dataclass(frozen=True)
class KeptOutput:
    """The place of one output; plain data, so that it can be sent to another process.

    Args:
        folder: folder of the item.
        name: name of the row, safe in names of files.
        recipe: recipe of what makes the output, see `estilo.evaluation.makers.Maker.recipe`.
    """

    folder: Path
    name: str
    recipe: dict[str, Any]

    @classmethod
    def of(
        cls, board: Path, *, set_name: str, item: str, entry: str, recipe: dict[str, Any]
    ) -> "KeptOutput":
        """Place of an output in the folder of a scoreboard.

        Args:
            board: folder of the scoreboard.
            set_name: name of the test set.
            item: item of the test set.
            entry: row that the output belongs to.
            recipe: recipe of what makes it.

        Example:
            >>> place = KeptOutput.of(
            ...     Path("board"), set_name="real", item="a--b", entry="α 0.1", recipe={}
            ... )
            >>> place.name, place.folder.name.partition(".")[0], place.found is None
            ('0.1', 'a--b', True)
        """
        from estilo.version import __version__

        key = _key([_FORMAT, __version__, set_name, item])
        return cls(board / FOLDER / f"{safe_name(item)}.{key}", safe_name(entry), recipe)

    @property
    def found(self) -> Path | None:
        """The file, if it is there; the row may have had another name when it was made."""
        recipe = next(iter(sorted(self.folder.glob(f"*.{_key(self.recipe)}.json"))), None)
        audio = None if recipe is None else recipe.with_suffix(".flac")
        return audio if audio is not None and audio.is_file() else None

    def once(self, item: Item, make: Callable[[], Made]) -> Made:
        """The output from its file; made and put there the first time.

        What comes back is always what was kept, so that the first time equals all later ones.

        Args:
            item: the item, whose recordings are kept beside the first of its outputs.
            make: maker of the output.

        Raises:
            EstiloError: it cannot be made, written or read.
        """
        file = self.found
        if file is None:
            file = self._write(item, make())
        recipe = file.with_suffix(".json")
        try:
            times = json.loads(recipe.read_text(encoding="utf-8"))
            return Made(load(file), float(times["wall_s"]), float(times["processor_s"]))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise InputError(
                f"{recipe} is no recipe of a kept output ({type(error).__name__}: {error}); "
                "remove it, and the output is made again"
            ) from error

    def _write(self, item: Item, made: Made) -> Path:
        make_folder(self.folder)
        for role in ROLES:
            recording: Audio | None = getattr(item, role)
            path = self.folder / f"{role}.flac"
            # Two processes may write it at once: equal bytes, so the last one may win.
            if recording is not None and not path.is_file():
                save(recording, path, bit_depth="24", force=True)
        file = self.folder / f"{self.name}.{_key(self.recipe)}.flac"
        said = {
            "item": item.name,
            "recipe": self.recipe,
            "wall_s": made.wall_s,
            "processor_s": made.processor_s,
        }
        text = json.dumps(said, indent=2, sort_keys=True) + "\n"
        audio = made.audio
        encoding = plan_output(
            file,
            sample_rate=audio.sample_rate,
            n_channels=audio.n_channels,
            n_samples=audio.n_samples,
            bit_depth="24",
            force=True,
        )
        with together([file, file.with_suffix(".json")], force=True) as (sound, recipe):
            write_audio(audio, file, encoding=encoding, part=sound, force=True)
            recipe.write_bytes(text.encode())
        return file


def safe_name(name: str) -> str:
    """A name that every file system takes: letters and digits of ASCII, dots and hyphens.

    Args:
        name: any name.

    Example:
        >>> safe_name("Lebedev-Ulyanov α=0.1"), safe_name("../x y"), safe_name("α")
        ('Lebedev-Ulyanov-0.1', 'x-y', 'unnamed')
    """
    return re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip(".-")[:60] or "unnamed"


def _key(what: Any) -> str:
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:12]
