"""``estilo scoreboard``: engines against each other, and against what needs no engine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from estilo.cli.options import COMMON, FILES, RUNNING, Quiet, numbers
from estilo.cli.outputs import name_files
from estilo.cli.progress import Reporter, spoken_time, stderr_console
from estilo.errors import Cancelled, SettingsError
from estilo.evaluation.sets import TEST_SETS

if TYPE_CHECKING:
    from estilo.evaluation.board import Board
    from estilo.evaluation.scoreboard import Plan, Step

_DEFAULT_FOLDER = "scoreboard"
_LINES = 20


def scoreboard(
    *,
    engines: Annotated[
        str | None,
        Parameter(
            group=COMMON,
            metavar="A,B",
            help="Engines, presets or preset files to judge; all engines if not given. "
            "The controls are always there.",
        ),
    ] = None,
    set_: Annotated[
        str,
        Parameter(
            name="--set",
            metavar="NAME",
            group=COMMON,
            help=f"The test set: {', '.join(TEST_SETS)} (see estilo list test-sets).",
        ),
    ] = "synthetic",
    n: Annotated[
        int | None,
        Parameter(group=COMMON, help="How many of its items; 60 synthetic ones, else all of them."),
    ] = None,
    strengths: Annotated[
        str | None,
        Parameter(
            group=COMMON,
            metavar="NUMBERS",
            help="A row for each, where an engine has a strength; .25,.5,.75,1 if not given. "
            "Presets are judged as they are.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        Parameter(
            alias="-o",
            metavar="FOLDER",
            group=FILES,
            help="Where to, and where a stopped run goes on; scoreboard/SET if not given.",
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        Parameter(group=RUNNING, help="Processes, of one thread each; one per core if not given."),
    ] = None,
    quiet: Quiet = False,
) -> int:
    """Judge engines on a test set: timbre, pitch, distance to the true answer, speed.

    Writes a page (scoreboard.md), two pictures and every value (pairs.csv).
    What is measured is kept in results.jsonl at once: stopped by Ctrl-C, the
    same command goes on where it was, and tries again what failed. After a
    change of the code name a new folder.

    For example:
      estilo scoreboard --n 10
      estilo scoreboard --set real --engines optimise,dipani-fixed -o real-board
    """
    from estilo.evaluation.provenance import n_cores
    from estilo.evaluation.scoreboard import plan, run, write

    if jobs is not None and jobs < 1:
        raise SettingsError(f"--jobs must be 1 or more, got {jobs}")
    reporter = Reporter(is_quiet=quiet)
    chosen = plan(
        set_,
        folder=output or Path(_DEFAULT_FOLDER) / set_,
        engines=None if engines is None else [each.strip() for each in engines.split(",")],
        n=n,
        strengths=None if strengths is None else numbers(strengths, option="--strengths"),
    )
    n_jobs = n_cores() if jobs is None else jobs
    with reporter.listening():
        try:
            with reporter.working(_title(chosen, n_jobs)):
                teller = _Teller(reporter)
                board = run(chosen, n_jobs=n_jobs, on_step=teller.tell)
        except KeyboardInterrupt as error:
            raise Cancelled(
                f"cancelled; what was measured is kept in {chosen.ledger.path}, and the same "
                "command goes on from there"
            ) from error
        written = write(board, chosen.folder)
    if not quiet:
        _print_table(board)
    _conclude(board, reporter)
    name_files(written, is_quiet=quiet)
    return 0


class _Teller:
    """Says how far it is: a bar on a terminal, elsewhere a line now and then; failures always.

    Args:
        reporter: who says it.
    """

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._is_terminal = stderr_console().is_terminal
        self._n_told = 0

    def tell(self, step: "Step") -> None:
        """Take a result."""
        done, result = step.n_kept + step.n_done, step.result
        if result.measured.error is not None:
            self._reporter.warn(f"{result.entry}, {result.item}: {result.measured.error}")
        if self._is_terminal:
            self._move_bar(done, step)
            return
        share = _LINES * done // step.n_all
        if share > self._n_told and done < step.n_all:
            self._n_told = share
            left = spoken_time(step.remaining_s)
            self._reporter.say(f"{done} of {step.n_all} measured, about {left} left")

    def _move_bar(self, done: int, step: "Step") -> None:
        from estilo.engines.base import Progress

        self._reporter.on_progress(
            Progress(
                fraction=done / step.n_all,
                stage="measuring",
                step=done,
                remaining_s=step.remaining_s,
            )
        )


def _title(chosen: "Plan", n_jobs: int) -> str:
    jobs = f"{n_jobs} processes" if n_jobs > 1 else "1 process"
    return (
        f"{len(chosen.entries)} rows on {len(chosen.items)} items of the {chosen.set_name} set, "
        f"{jobs}, kept in {chosen.folder}"
    )


def _print_table(board: "Board") -> None:
    """What decides, as much as a terminal has room for, on stderr: stdout names the files."""
    from rich import box
    from rich.table import Table

    from estilo.evaluation.tables import headline_table

    columns = [column for column in board.headlines if not column.is_equalised]
    told = headline_table(board, columns=columns).without_intervals()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, heading in enumerate(told.heading):
        # Headings may break, names of rows and numbers may not.
        width = max(len(row[place]) for row in told.rows) if place else None
        side = "right" if place else "left"
        table.add_column(heading, justify=side, min_width=width, no_wrap=not place, overflow="fold")
    for row in told.rows:
        table.add_row(*row)
    stderr_console().print(table, soft_wrap=False)


def _conclude(board: "Board", reporter: Reporter) -> None:
    failures = board.failures
    if failures:
        reporter.warn(
            f"{len(failures)} of {len(board.results)} outputs failed and are left out of the "
            "means; the page names them, and the same command tries them again"
        )
    commits = board.made("commit")
    if len(commits) > 1:
        reporter.warn(
            f"results of several commits ({', '.join(commits)}) are in one table; "
            "name a new folder to measure them all with one"
        )
