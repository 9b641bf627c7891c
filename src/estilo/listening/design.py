"""The design of a listening test, which is also its key: what hides behind which letters."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from estilo.documents import parse_json
from estilo.errors import InputError, OutputError
from estilo.evaluation.folders import make_folder
from estilo.files import read_plain
from estilo.io import write_atomic

DESIGN, ANSWERS = "design.json", "answers.jsonl"
_FORMAT = 1

Kind = Literal["mushra", "ratings", "abx"]
Scale = Literal["similarity", "style", "content", "quality", "abx"]
Part = Literal["output", "reference", "anchor", "open"]


@dataclass(frozen=True)
class Stimulus:
    """One sound of a page.

    Args:
        name: name by which the page knows it, which tells nothing.
        label: what it is: a row of the scoreboard, or what it was made from.
        part: part that it plays: an output, a hidden reference, an anchor, or open to be seen.
        file: path in the folder of the outputs.
        lowpass_hz: frequency above which nothing of it is left, in Hz; None for all of it.
    """

    name: str
    label: str
    part: Part
    file: str
    lowpass_hz: float | None = None


@dataclass(frozen=True)
class Page:
    """Sounds that are heard side by side, and one question about them.

    Args:
        name: name of the page, which tells nothing.
        item: item of the test set.
        scale: what is asked.
        opens: sounds whose labels are shown: reference, content, style; A, B and X.
        stimuli: sounds that are rated without labels; none in A/B/X.
        answer: label of the sound that X is, in A/B/X; elsewhere empty.
    """

    name: str
    item: str
    scale: Scale
    opens: tuple[Stimulus, ...]
    stimuli: tuple[Stimulus, ...] = ()
    answer: str = ""

    @property
    def sounds(self) -> tuple[Stimulus, ...]:
        """All that can be heard."""
        return (*self.opens, *self.stimuli)


@dataclass(frozen=True)
class Design:
    """A whole test; equal questions about equal outputs with an equal seed are an equal design.

    Args:
        kind: MUSHRA with a known target, ratings of style, content and quality, or A/B/X.
        set_name: name of the test set that the outputs are of.
        seed: seed of all that is random in it.
        rows: rows of the scoreboard that are judged.
        pages: pages; each listener gets them in an order of their own.
    """

    kind: Kind
    set_name: str
    seed: int
    rows: tuple[str, ...]
    pages: tuple[Page, ...]

    @property
    def items(self) -> tuple[str, ...]:
        """Names of the items, each once."""
        return tuple(dict.fromkeys(page.item for page in self.pages))

    def shown(self) -> dict[str, Any]:
        """What the page in the browser gets to know: no names of rows, items or files."""
        return {
            "kind": self.kind,
            "seed": self.seed,
            "pages": [
                {
                    "name": page.name,
                    "scale": page.scale,
                    "opens": [{"name": each.name, "label": each.label} for each in page.opens],
                    "stimuli": [each.name for each in page.stimuli],
                }
                for page in self.pages
            ],
        }


def keep_design(folder: Path, design: Design) -> Path:
    """Put the design of a test beside its answers, or find that it is there already.

    Args:
        folder: folder of the test; made if it is not there.
        design: the design.

    Returns:
        The file.

    Raises:
        OutputError: the folder holds another test, or cannot be written to.
    """
    path = folder / DESIGN
    if path.exists():
        if read_design(folder) != design:
            raise OutputError(
                f"{folder} holds a listening test of other outputs, rows, items or another seed; "
                "name another folder with -o"
            )
        return path
    make_folder(folder)
    text = json.dumps({"format": _FORMAT, **asdict(design)}, indent=1, ensure_ascii=False) + "\n"
    return write_atomic(path, text.encode())


def read_design(folder: Path) -> Design:
    """Read the design of a test.

    Args:
        folder: folder of the test.

    Raises:
        InputError: there is none.
    """
    path = folder / DESIGN
    if not path.exists():
        raise InputError(
            f"there is no listening test in {folder}; run one with estilo listen, or name its "
            "folder with -o"
        )
    try:
        plain = parse_json(read_plain(path), what="the design")
        plain.pop("format")
        pages = tuple(_page(each) for each in plain.pop("pages"))
        return Design(pages=pages, rows=tuple(plain.pop("rows")), **plain)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"{path} is no design of a listening test ({type(error).__name__}: {error}); "
            "name another folder"
        ) from error


def _page(plain: dict[str, Any]) -> Page:
    opens, stimuli = (
        tuple(Stimulus(**each) for each in plain.pop(name)) for name in ("opens", "stimuli")
    )
    return Page(opens=opens, stimuli=stimuli, **plain)
