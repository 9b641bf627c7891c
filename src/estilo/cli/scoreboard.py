"""``estilo scoreboard``: engines against each other, and against what needs no engine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from estilo.cli.long_work import (
    CountedLines,
    Jobs,
    in_words,
    n_processes,
    print_table,
    resumable,
)
from estilo.cli.options import OUTPUT, WHAT, Quiet, flag, numbers
from estilo.cli.performing import name_files
from estilo.cli.progress import Reporter

if TYPE_CHECKING:
    from estilo.evaluation.board import Board
    from estilo.evaluation.ledger import Result
    from estilo.evaluation.looks import PlannedLook
    from estilo.evaluation.scoreboard import BoardPlan
    from estilo.progress import Counted

_DEFAULT_FOLDER = "scoreboard"


def scoreboard(
    *,
    engines: Annotated[
        str | None,
        Parameter(
            group=WHAT,
            metavar="A,B",
            help="Engines, presets or preset files to judge; all engines if not given, none for "
            "the controls alone, which are always there.",
        ),
    ] = None,
    test_set: Annotated[
        str,
        Parameter(
            metavar="NAME",
            group=WHAT,
            help="The test set: synthetic, recorded-dev, recorded, processing, real, textures (see "
            "estilo list test-sets).",
        ),
    ] = "synthetic",
    n: Annotated[
        int | None,
        Parameter(
            group=WHAT,
            help="Number of its items; 60 synthetic, 40 recorded or processed ones, else all of "
            "them.",
        ),
    ] = None,
    strengths: Annotated[
        str | None,
        Parameter(
            group=WHAT,
            metavar="NUMBERS",
            help="Strengths that have a row each, where an engine has one; .25,.5,.75,1 if not "
            "given. "
            "Presets are judged as they are.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        Parameter(
            alias="-o",
            metavar="FOLDER",
            group=OUTPUT,
            help="Folder of the results, in which a stopped run goes on; scoreboard/SET if not "
            "given.",
        ),
    ] = None,
    keep_outputs: Annotated[
        bool,
        flag(OUTPUT, "Keep every output in the folder, to listen to and to score again."),
    ] = False,
    again: Annotated[
        str | None,
        Parameter(
            group=WHAT,
            metavar="A,B",
            help="Scores (columns of pairs.csv) to measure anew after a change of their code, from "
            "kept outputs with no engine at work.",
        ),
    ] = None,
    another_look: Annotated[
        bool,
        flag(WHAT, "Look at a reserved set once more, though all planned looks are taken."),
    ] = False,
    jobs: Jobs = None,
    quiet: Quiet = False,
) -> int:
    """Judge engines on a test set: timbre, pitch, distance to the target, speed.

    Writes a page (scoreboard.md), two pictures and every value (pairs.csv).
    What is measured is kept in results.jsonl at once: stopped by Ctrl-C, the
    same command goes on where it was, and tries again what failed. After a
    change of an engine name a new folder. A new score is added to what was
    measured, from kept outputs with no engine at work.

    For example:
      estilo scoreboard --n 10
      estilo scoreboard --test-set real --engines optimise,dipani-fixed -o real-board
      estilo scoreboard --n 10 --keep-outputs -o heard
    """
    from estilo.evaluation.scoreboard import plan, run, write

    n_jobs = n_processes(jobs)
    reporter = Reporter(is_quiet=quiet)
    chosen = plan(
        test_set,
        folder=output or Path(_DEFAULT_FOLDER) / test_set,
        engines=[] if engines == "none" else _names(engines),
        n=n,
        strengths=None if strengths is None else numbers(strengths, option="--strengths"),
        keep_outputs=keep_outputs,
        another_look=another_look,
        again=_names(again) or (),
    )
    if chosen.look is not None:
        reporter.say(_look(chosen.look))
    with reporter.listening():
        with (
            resumable("what was measured", chosen.ledger.path),
            reporter.working(_title(chosen, n_jobs)),
        ):
            lines = CountedLines(reporter, stage="measuring", done="measured")

            def on_result(step: "Counted[Result]") -> None:
                result = step.item
                if result.measured.error is not None:
                    reporter.warn(f"{result.entry}, {result.item}: {result.measured.error}")
                lines.tell(step)

            board = run(chosen, n_jobs=n_jobs, on_result=on_result)
        written = write(board, chosen.folder)
    if not quiet:
        _print_table(board)
    _conclude(board, reporter)
    name_files(written, is_quiet=quiet)
    return 0


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [each.strip() for each in text.split(",")]


def _title(chosen: "BoardPlan", n_jobs: int) -> str:
    return (
        f"{len(chosen.entries)} rows on {len(chosen.items)} items of the {chosen.set_name} set, "
        f"{in_words(n_jobs)}, kept in {chosen.folder}"
    )


def _look(planned: "PlannedLook") -> str:
    log = planned.log
    return f"look {planned.number} of {log.most} at this reserved set; logged in {log.path}"


def _print_table(board: "Board") -> None:
    """Print what decides, as much as a terminal has room for."""
    from estilo.evaluation.tables import headline_table

    columns = [column for column in board.headlines if not column.is_equalised]
    told = headline_table(board, columns=columns).without_intervals()
    print_table(told.heading, told.rows)


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
