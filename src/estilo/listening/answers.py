"""Answers of listeners: a line of JSON each, kept at once, the last one about a page counts."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from estilo.documents import parse_json
from estilo.errors import InputError
from estilo.files import read_plain
from estilo.io.lines import append_line, whole_lines
from estilo.listening.design import ANSWERS, Design, Page

Value = float | str


@dataclass(frozen=True)
class Answer:
    """What a listener said about a page.

    Args:
        page: name of the page.
        listener: name or initials of the listener.
        values: ratings from 0 to 100 by the names of stimuli; in A/B/X ``{"X": "A"}`` or
            ``{"X": "B"}``.
        is_done: whether the listener has left the page; ratings before that may still move.
        place: place of the page in this listener's order, from 0.
        order: names of the stimuli in the order in which they were shown.
        seconds: time on the page so far, in seconds.
        answered: date and time of the answer, by the clock of the browser.
    """

    page: str
    listener: str
    values: dict[str, Value] = field(default_factory=dict)
    is_done: bool = False
    place: int = 0
    order: tuple[str, ...] = ()
    seconds: float = 0.0
    answered: str = ""


def checked(plain: Any, design: Design) -> Answer:
    """An answer as it came from a browser.

    Args:
        plain: whatever the JSON was.
        design: design of the test.

    Raises:
        InputError: it is no answer to a page of this test.

    Example:
        >>> page = Page("p", "item", "abx", ())
        >>> design = Design("abx", "", 0, ("a", "b"), (page,))
        >>> checked({"page": "p", "listener": "Ada", "values": {"X": "A"}}, design).values
        {'X': 'A'}
    """
    pages = {page.name: page for page in design.pages}
    try:
        answer = Answer(**{**plain, "order": tuple(plain.get("order", ()))})
        page = pages[answer.page]
        is_valid = (
            isinstance(answer.listener, str)
            and 0 < len(answer.listener.strip()) <= 80
            and isinstance(answer.is_done, bool)
            and isinstance(answer.answered, str)
            and math.isfinite(answer.seconds)
            and isinstance(answer.place, int)
            and _are_values(answer.values, page)
            and set(answer.order) <= {each.name for each in page.stimuli}
        )
    except (TypeError, KeyError, AttributeError, OverflowError) as error:
        raise InputError(
            f"this is no answer to a page of this test ({type(error).__name__}: {error}); load the "
            "page again"
        ) from error
    if not is_valid:
        raise InputError(
            f"this is no answer to a page of this test: {str(plain)[:200]}; load the page again"
        )
    return answer


def _are_values(values: Mapping[str, Value], page: Page) -> bool:
    if page.scale == "abx":
        return set(values) <= {"X"} and all(value in ("A", "B") for value in values.values())
    return set(values) <= {each.name for each in page.stimuli} and all(
        isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100
        for value in values.values()
    )


class AnswerBook:
    """The answers of a test, in its folder.

    Args:
        folder: folder of the test.
        design: its design.
    """

    def __init__(self, folder: Path, design: Design) -> None:
        self.path = folder / ANSWERS
        self._design = design

    def add(self, answer: Answer) -> None:
        """Keep an answer; it is on the disk when this returns.

        Args:
            answer: the answer, see `checked`.

        Raises:
            OutputError: it cannot be written.
        """
        append_line(self.path, json.dumps(asdict(answer), ensure_ascii=False, allow_nan=False))

    def read(self, files: Iterable[Path] = ()) -> list[Answer]:
        """The last answer of every listener to every page.

        Args:
            files: files of answers that pages without a server gave; they come after the folder's.

        Raises:
            InputError: a line or a file holds no answers to this test.
        """
        found: dict[tuple[str, str], Answer] = {}
        for place, plain in self._plain(files):
            try:
                answer = checked(plain, self._design)
            except InputError as error:
                raise InputError(
                    f"{place} holds an answer to no page of this test; name the folder of the test "
                    "that it was given to with -o, or leave it out"
                ) from error
            found[answer.listener, answer.page] = answer
        return list(found.values())

    def of(self, listener: str) -> list[Answer]:
        """What a listener has said so far.

        Args:
            listener: name of the listener.
        """
        return [each for each in self.read() if each.listener == listener]

    def _plain(self, files: Iterable[Path]) -> Iterable[tuple[str, Any]]:
        for number, line in enumerate(whole_lines(self.path), start=1):
            yield f"line {number} of {self.path}", _json(line, f"line {number} of {self.path}")
        for path in files:
            plain = _json(read_plain(path), str(path))
            if not isinstance(plain, dict) or not isinstance(plain.get("answers"), list):
                raise InputError(f"{path} holds no answers; name the file that the page gave")
            yield from ((str(path), each) for each in plain["answers"])


def _json(text: bytes, place: str) -> Any:
    try:
        return parse_json(text, what="it")
    except ValueError as error:
        raise InputError(f"{place} is not JSON ({error}); repair or remove it") from error
