"""What is said on stderr while work goes on, in words; a bar only where there is a terminal."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console

from estilo.app.events import Event, Started, Warned, Writing
from estilo.app.listening import listening
from estilo.app.words import spoken_time
from estilo.cli.terminal import in_one_line, stderr_console
from estilo.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from estilo.cli.signals import Stop

_LONG_S, _LINE_EVERY_S = 15.0, 20.0  # of what is left, to say it at all; and between two lines


class Reporter:
    """Says what goes on: a bar on a terminal, plain lines elsewhere, nothing when quiet.

    The plain lines are few: how much time is left, where it is more than 15 s, every 20 s.

    Args:
        is_quiet: say nothing.
        stop: whether the user asked to stop, which is shown.
    """

    def __init__(self, *, is_quiet: bool, stop: "Stop | None" = None) -> None:
        self._is_quiet = is_quiet
        self._stop = stop
        self._console = stderr_console()
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._next_line_s = 0.0

    def say(self, text: str, *, style: str | None = None) -> None:
        """A line of text.

        Args:
            text: the line.
            style: style of the text, as rich names it.
        """
        if not self._is_quiet:
            self._console.print(in_one_line(text), style=style)

    def warn(self, text: str) -> None:
        """A line of warning."""
        self.say(f"warning: {text}", style="yellow")

    def on_event(self, event: Event) -> None:
        """Show an event of a job."""
        match event:
            case Started(title=title):
                self._start(title)
            case Warned(text=text):
                self.warn(text)
            case Writing():
                self._show("writing")
            case Progress():
                self._show_progress(event)

    @contextmanager
    def listening(self) -> Iterator[Self]:
        """Python's warnings in words, for the time of the context."""
        with listening(self.on_event):
            yield self

    @contextmanager
    def working(self, title: str = "") -> Iterator[Self]:
        """The bar goes away at the end of the context.

        Args:
            title: shown at once, with the bar; a job tells its own when it starts.
        """
        try:
            if title:
                self._start(title)
            yield self
        finally:
            if self._bar is not None:
                self._bar.stop()
                self._bar = None

    def _start(self, title: str) -> None:
        self.say(title)
        if self._console.is_terminal and not self._is_quiet:
            self._bar = _bar(self._console)
            self._task = self._bar.add_task("reading", total=1.0, detail="", left="")
            self._bar.start()

    def _show(self, stage: str, **changes: Any) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, **{"description": stage, "left": "", **changes})

    def _show_progress(self, progress: Progress) -> None:
        if self._bar is None:
            self._say_what_is_left(progress)
            return
        is_stopping = self._stop is not None and self._stop.is_set()
        detail = f"step {progress.step}"
        if progress.loss is not None:
            detail += f", loss {progress.loss:.4g}"
        left = ""
        if progress.remaining_s is not None and not is_stopping:
            left = f"{spoken_time(progress.remaining_s)} left"
        self._show(
            "stopping" if is_stopping else progress.stage,
            completed=min(progress.fraction, 1.0),
            detail=detail,
            left=left,
        )

    def _say_what_is_left(self, progress: Progress) -> None:
        now_s, left_s = time.monotonic(), progress.remaining_s
        if left_s is None or left_s < _LONG_S or now_s < self._next_line_s:
            return
        self._next_line_s = now_s + _LINE_EVERY_S
        self.say(
            f"{progress.stage}: {100 * progress.fraction:.0f} %, about {spoken_time(left_s)} left"
        )


def _bar(console: Console) -> "Bar":
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bar

    return Bar(
        TextColumn("{task.description:<12}", markup=False),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TextColumn("{task.fields[detail]}", markup=False),
        TextColumn("{task.fields[left]}", markup=False, style="dim"),
        console=console,
        transient=True,
    )
