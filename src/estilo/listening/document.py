"""The page as one file of HTML, with its scripts and styles, and with the sounds if they go along.

The scripts are modules that Node runs as they are; in the page they stand one after another in one
script, without the lines that import and the words that export.
"""

import base64
import json
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from estilo.listening.design import Design, Page

_SCRIPTS = ("logic.mjs", "player.mjs", "page.mjs")
_IMPORT = re.compile(r"^import .*? from \"[^\"]+\";\n", re.MULTILINE | re.DOTALL)


def served_page(design: Design) -> str:
    """The page of a test whose sounds and answers go over the server that it came from.

    Args:
        design: the test.
    """
    return _filled({**design.shown(), "sounds": None})


def single_page(design: Design, sounds: Callable[[Page], dict[str, bytes]]) -> str:
    """The page of a test with all of its sounds in it; it gives the answers as a file in the end.

    Args:
        design: the test.
        sounds: function that gives the sounds of a page, by their names.

    Raises:
        AudioFileError: a sound cannot be read.
    """
    every = {name: data for page in design.pages for name, data in sounds(page).items()}
    coded = {name: base64.b64encode(data).decode("ascii") for name, data in every.items()}
    return _filled({**design.shown(), "sounds": coded})


def _filled(test: dict[str, Any]) -> str:
    # So that nothing in the data ends the element that it stands in.
    data = json.dumps(test, ensure_ascii=True).replace("<", "\\u003c")
    parts = {
        "/* styles */": _read("page.css"),
        "/* scripts */": "\n".join(_plain(_read(name)) for name in _SCRIPTS),
        "/* data */": data,
    }
    page = _read("page.html")
    for mark, text in parts.items():
        before, is_there, after = page.partition(mark)
        assert is_there, mark  # noqa: S101 - a file of ours
        page = before + text + after
    return page


def _plain(script: str) -> str:
    return re.sub(r"^export ", "", _IMPORT.sub("", script), flags=re.MULTILINE)


def _read(name: str) -> str:
    return (files("estilo.listening") / "page" / name).read_text(encoding="utf-8")
