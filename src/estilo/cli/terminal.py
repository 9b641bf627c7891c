"""Text on its way to a terminal: names of files and what files say may not steer it."""

import contextlib
import sys
from collections.abc import Iterable
from typing import Any, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from estilo.documents import UNPRINTABLE


class Terminal(Console):
    """Plain text: no markup, no colours by guess, and nothing that a terminal would obey.

    Args:
        file: where it goes; stdout if not given.
        options: further arguments of `rich.console.Console`.
    """

    def __init__(self, file: TextIO | None = None, **options: Any) -> None:
        super().__init__(file=file, highlight=False, markup=False, emoji=False, **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """As in `Console.render`, with the marks of `printable` in what is not rich's own.

        Args:
            renderable: what is shown.
            options: how wide it may be, and the like.
        """
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


def stderr_console() -> Terminal:
    """A terminal on stderr as it is now, which wraps no lines."""
    return Terminal(sys.stderr, stderr=True, soft_wrap=True)


def printable(text: str) -> str:
    r"""Text whose control characters are spelled out, as are those that turn its direction.

    Args:
        text: any text.

    Example:
        >>> print(printable("a\x1b[31m\u202eb"))
        a\x1b[31m\u202eb
    """
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode-escape").decode(), text)


def in_one_line(text: str) -> str:
    """Text without breaks, so that no name can begin a line of its own.

    Args:
        text: any text.
    """
    return " ".join(text.split())


def spell_out_what_streams_lack() -> None:
    """Let stdout and stderr spell out characters that their encoding does not have.

    Where the locale is C they may know ASCII alone.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError, OSError):  # a stream of one's own
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
