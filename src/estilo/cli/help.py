"""Help on one screen: two columns, wrapped at 80 characters at most, no frames."""

import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cyclopts.help import HelpEntry, HelpPanel
    from rich.console import Console, ConsoleOptions

_WIDTH = 80
_WIDEST_NAME = 23
_INDENT = 2


class ScreenFormatter:
    """Writes the help of a command as plain text, as `cyclopts.help.HelpFormatter` describes."""

    def __call__(self, console: "Console", options: "ConsoleOptions", panel: "HelpPanel") -> None:
        """Write a group of options or commands.

        Args:
            console: console to write to.
            options: options of the console.
            panel: the group.
        """
        entries = [(_name(entry), _text(entry)) for entry in panel.entries]
        if not entries:
            return
        _print(console, f"\n{_plain(panel.title)}:")
        for name, text in entries:
            _print(console, _entry(name, text, options.max_width))

    def render_usage(self, console: "Console", options: "ConsoleOptions", usage: Any) -> None:
        """Write how the command is called.

        Args:
            console: console to write to.
            options: options of the console.
            usage: its line.
        """
        del options
        if usage:
            _print(console, _plain(usage).strip())

    def render_description(
        self, console: "Console", options: "ConsoleOptions", description: Any
    ) -> None:
        """Write what the command does: paragraphs are wrapped, indented lines stay as they are.

        Args:
            console: console to write to.
            options: options of the console.
            description: the docstring of the command.
        """
        if description:
            _print(console, "\n" + wrapped(_plain(description), min(options.max_width, _WIDTH)))


def wrapped(text: str, width: int) -> str:
    r"""Text whose paragraphs are wrapped, and whose indented lines stay as they are.

    Args:
        text: text of a docstring.
        width: length of the longest line, in characters.

    Example:
        >>> print(wrapped("One line\nand another.\n\nAs in:\n  this", 40))
        One line and another.
        <BLANKLINE>
        As in:
          this
    """
    out: list[str] = []
    for paragraph in text.strip().split("\n\n"):
        run: list[str] = []
        for line in [*paragraph.splitlines(), None]:
            if line is None or line.startswith(" "):
                out += textwrap.wrap(" ".join(run), width, break_on_hyphens=False)
                run = []
                out += [] if line is None else [line.rstrip()]
            else:
                run.append(line)
        out.append("")
    return "\n".join(out[:-1])


def _entry(name: str, text: str, width: int) -> str:
    """A name and its text beside it; a long name has its text in the next line."""
    start = _INDENT + _WIDEST_NAME + 2
    lines = textwrap.wrap(text, min(width, _WIDTH) - start, break_on_hyphens=False) or [""]
    head = f"{' ' * _INDENT}{name}"
    if len(name) > _WIDEST_NAME:
        lines.insert(0, "")
    first = f"{head:<{start}}{lines[0]}".rstrip()
    return "\n".join([first, *(" " * start + line for line in lines[1:])])


def _name(entry: "HelpEntry") -> str:
    names = ", ".join([*entry.shorts, *entry.names]) or entry.positional_label or ""
    return f"{names} {entry.metavar}" if entry.metavar and entry.names else names


def _text(entry: "HelpEntry") -> str:
    text = _plain(entry.description)
    default = _plain(entry.default) if entry.default is not None else ""
    return f"{text.rstrip('.')}; {default} if not given." if default else text


def _plain(text: Any) -> str:
    """Text without styles, whatever rich or cyclopts wrapped it in."""
    if text is None:
        return ""
    text = getattr(text, "primary_renderable", text)
    return str(getattr(text, "plain", text))


def _print(console: "Console", text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
