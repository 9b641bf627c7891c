"""What is said on stderr while work goes on, in words; a bar only where there is a terminal."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from estilo.cli.signals import Stop
    from estilo.engines.base import Progress


def stderr_console() -> Console:
    """Plain text for stderr as it is now: no markup, no colours by guess, no wrapping."""
    return Console(
        file=sys.stderr, stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True
    )


class Reporter:
    """Says what goes on: a bar on a terminal, plain lines elsewhere, nothing when quiet.

    Args:
        is_quiet: say nothing.
        stop: softened as soon as the first step is done.
    """

    def __init__(self, *, is_quiet: bool, stop: "Stop | None" = None) -> None:
        self.warnings: list[str] = []
        self._is_quiet = is_quiet
        self._stop = stop
        self._console = stderr_console()
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def say(self, text: str, *, style: str | None = None) -> None:
        """A line of text."""
        if not self._is_quiet:
            self._console.print(text, style=style)

    def warn(self, text: str) -> None:
        """A warning, once."""
        text = " ".join(text.split())
        if text not in self.warnings:
            self.warnings.append(text)
            self.say(f"warning: {text}", style="yellow")

    @contextmanager
    def listening(self) -> Iterator[Self]:
        """Python's warnings in words, for the time of the context."""

        def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
            if issubclass(category, UserWarning | RuntimeWarning):
                self.warn(str(message))

        with warnings.catch_warnings():
            from estilo.io import AudioFileWarning

            warnings.simplefilter("always", AudioFileWarning)
            warnings.showwarning = show
            yield self

    @contextmanager
    def working(self, title: str) -> Iterator[Self]:
        """A bar, or a line with the title, for the time of the context."""
        if self._is_quiet:
            yield self
            return
        if not self._console.is_terminal:
            self.say(title)
            yield self
            return
        self.say(title)
        with _bar(self._console) as bar:
            self._bar, self._task = bar, bar.add_task("reading", total=1.0, detail="", left="")
            try:
                yield self
            finally:
                self._bar = None

    def stage(self, name: str) -> None:
        """Name what is being done."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=name, left="")

    def on_progress(self, progress: "Progress") -> None:
        """Take an event of the pipeline."""
        if self._stop is not None:
            self._stop.soften()
        if self._bar is None or self._task is None:
            return
        is_stopping = self._stop is not None and self._stop.is_set()
        detail = f"step {progress.step}"
        if progress.loss is not None:
            detail += f", loss {progress.loss:.4g}"
        left = ""
        if progress.remaining_s is not None and not is_stopping:
            left = f"{spoken_time(progress.remaining_s)} left"
        self._bar.update(
            self._task,
            completed=min(progress.fraction, 1.0),
            description="stopping" if is_stopping else progress.stage,
            detail=detail,
            left=left,
        )


def spoken_time(seconds: float) -> str:
    """A duration as one would say it.

    Example:
        >>> spoken_time(3.21), spoken_time(75), spoken_time(4000)
        ('3.2 s', '1 min 15 s', '1 h 7 min')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min"


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
