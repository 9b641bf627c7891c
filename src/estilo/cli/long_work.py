"""What commands share that measure or render for hours, and go on where they were stopped."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from estilo.app.words import spoken_time
from estilo.cli.options import RUN
from estilo.cli.progress import Reporter
from estilo.cli.terminal import stderr_console
from estilo.errors import Cancelled, SettingsError

if TYPE_CHECKING:
    from estilo.progress import Counted

_LINES = 20

Jobs = Annotated[
    int | None,
    Parameter(
        group=RUN,
        help="Number of processes, of one thread each; one per core if not given.",
    ),
]


def n_processes(jobs: int | None) -> int:
    """How many processes to start.

    Args:
        jobs: the value of ``--jobs``; None if it was not given.

    Raises:
        SettingsError: it is less than 1.
    """
    from estilo.evaluation.provenance import n_cores

    if jobs is not None and jobs < 1:
        raise SettingsError(f"--jobs must be 1 or more, got {jobs}")
    return n_cores() if jobs is None else jobs


def in_words(n_jobs: int) -> str:
    """A number of processes.

    Example:
        >>> in_words(1), in_words(2)
        ('1 process', '2 processes')
    """
    return f"{n_jobs} processes" if n_jobs > 1 else "1 process"


@contextmanager
def resumable(done: str, kept: Path) -> Iterator[None]:
    """Say, when Ctrl-C ends the work, that the same command goes on from there.

    Args:
        done: what is kept, as "what was measured".
        kept: where it is.

    Raises:
        Cancelled: Ctrl-C was pressed.
    """
    try:
        yield
    except KeyboardInterrupt as error:
        raise Cancelled(
            f"cancelled; {done} is kept in {kept}, and the same command goes on from there"
        ) from error


class CountedLines:
    """Says how far counted work is: a bar on a terminal, elsewhere a line now and then.

    Args:
        reporter: writer of bar and lines.
        stage: what is being done, beside the bar.
        done: what is counted in a line, as "measured".
    """

    def __init__(self, reporter: Reporter, *, stage: str, done: str) -> None:
        self._reporter = reporter
        self._stage = stage
        self._done = done
        self._is_terminal = stderr_console().is_terminal
        self._n_told = 0

    def tell(self, step: "Counted[Any]") -> None:
        """Show how far the work is.

        Args:
            step: the item that was just done.
        """
        if self._is_terminal:
            move_bar(
                self._reporter,
                fraction=step.fraction,
                stage=self._stage,
                step=step.n_ready,
                remaining_s=step.remaining_s,
            )
            return
        share = _LINES * step.n_ready // step.n_total
        if share > self._n_told and step.n_ready < step.n_total:
            self._n_told = share
            left = ""
            if step.remaining_s is not None:
                left = f", about {spoken_time(step.remaining_s)} left"
            self._reporter.say(f"{step.n_ready} of {step.n_total} {self._done}{left}")


def move_bar(
    reporter: Reporter, *, fraction: float, stage: str, step: int, remaining_s: float | None
) -> None:
    """Move the bar of a reporter.

    Args:
        reporter: who shows the bar.
        fraction: share of the work that is done, 0 to 1.
        stage: what is being done.
        step: number of the step.
        remaining_s: estimate of the time left, in seconds; None while there is no estimate.
    """
    from estilo.progress import Progress

    reporter.on_event(
        Progress(fraction=min(fraction, 1.0), stage=stage, step=step, remaining_s=remaining_s)
    )


def print_table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table on stderr, as stdout names the files; names at the left, numbers at the right.

    Args:
        heading: headings of the columns; they may break into lines.
        rows: cells; they may not.
    """
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, text in enumerate(heading):
        width = max((len(row[place]) for row in rows), default=None) if place else None
        side = "right" if place else "left"
        table.add_column(text, justify=side, min_width=width, no_wrap=not place, overflow="fold")
    for row in rows:
        table.add_row(*row)
    stderr_console().print(table, soft_wrap=False)
