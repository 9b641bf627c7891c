"""``estilo search``: better settings for a preset, found on one half of a test set."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from estilo.app.words import spoken_time
from estilo.cli.long_work import Jobs, in_words, move_bar, n_processes, print_table, resumable
from estilo.cli.options import OUTPUT, WHAT, Quiet
from estilo.cli.performing import name_files
from estilo.cli.progress import Reporter
from estilo.cli.terminal import stderr_console

if TYPE_CHECKING:
    from estilo.evaluation.search import Found, SearchProgress, Trial
    from estilo.evaluation.search_plan import SearchPlan

_DEFAULT_FOLDER = "search"


def search(
    preset: Annotated[
        str,
        Parameter(help="Where to begin: a preset, the path of a preset, or an engine (defaults)."),
    ],
    /,
    *,
    over: Annotated[
        list[str],
        Parameter(
            negative=(),
            consume_multiple=False,
            metavar="FIELD=RANGE",
            group=WHAT,
            help="A setting and what to try: strength=.5:.9, learning_rate=1e-3:.1:log, "
            "start=eq,content; / between choices of several numbers: widths=1/1,8. Once per "
            "setting.",
        ),
    ],
    test_set: Annotated[
        str,
        Parameter(
            metavar="NAME",
            group=WHAT,
            help="The test set: synthetic, recorded-dev, real, or another whose items have a "
            "content signal (see estilo list test-sets).",
        ),
    ] = "synthetic",
    trials: Annotated[
        int, Parameter(group=WHAT, help="Number of settings to try, the preset's own included.")
    ] = 40,
    n: Annotated[
        int,
        Parameter(group=WHAT, help="Number of items of the test set; half of them are held out."),
    ] = 24,
    seed: Annotated[int, Parameter(group=WHAT, help="Random seed of what is tried.")] = 0,
    soundfont: Annotated[
        str | None,
        Parameter(
            group=WHAT,
            metavar="NAME|FILE",
            help="Soundfont of the synthetic set; MuseScore_General if not given, as the "
            "scoreboard's own should stay unseen.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        Parameter(
            alias="-o",
            metavar="FOLDER",
            group=OUTPUT,
            help="Folder of the results, in which a stopped search goes on; search/PRESET-SET if "
            "not given.",
        ),
    ] = None,
    jobs: Jobs = None,
    quiet: Quiet = False,
) -> int:
    """Search for better settings: tried on one half of a test set, judged on the other.

    Writes a page (search.md), the best settings as a preset (best.toml) and every trial
    (trials.csv). Stopped by Ctrl-C, the same command goes on where it was, and with more --trials
    it goes further. After a change of the code name a new folder. Needs estilo[eval].

    For example:
      estilo search optimise --over strength=.5:.9 --over stft.n_bands=24:96 --trials 30
      estilo search my.toml --over optimiser=adam,rmsprop --over learning_rate=1e-3:.1:log
    """
    from estilo.evaluation.search import run
    from estilo.evaluation.search_page import write
    from estilo.evaluation.search_plan import plan

    n_jobs = n_processes(jobs)
    reporter = Reporter(is_quiet=quiet)
    chosen = plan(
        preset,
        over=over,
        folder=output or Path(_DEFAULT_FOLDER) / f"{Path(preset).stem}-{test_set}",
        set_name=test_set,
        soundfont=soundfont,
        n=n,
        n_trials=trials,
        seed=seed,
    )
    with reporter.listening():
        with (
            resumable("what was measured", chosen.ledger.path),
            reporter.working(_title(chosen, n_jobs)),
        ):
            found = run(chosen, n_jobs=n_jobs, on_progress=_Teller(reporter, chosen).tell)
        written = write(found)
    if not quiet:
        _print_table(found)
    name_files(written, is_quiet=quiet)
    return 0


class _Teller:
    """Says how far it is: a line for every trial, and on a terminal a bar.

    Args:
        reporter: who says it.
        chosen: what is searched.
    """

    def __init__(self, reporter: Reporter, chosen: "SearchPlan") -> None:
        self._reporter = reporter
        self._plan = chosen
        self._n_kept = 0
        self._remaining_s: float | None = None

    def tell(self, step: "SearchProgress") -> None:
        """Take an item or a trial."""
        if step.remaining_s is not None:
            self._remaining_s = step.remaining_s
        self._move_bar(step)
        if step.trial is None:
            return
        if not step.is_new:
            self._n_kept += 1
            return
        if self._n_kept:
            self._reporter.say(f"{self._n_kept} trials were there already")
            self._n_kept = 0
        self._reporter.say(self._line(step, step.trial))

    def _line(self, step: "SearchProgress", trial: "Trial") -> str:
        from estilo.evaluation.search_page import shown

        values = ", ".join(f"{name} {shown(value)}" for name, value in trial.values.items())
        outcome = {
            "complete": f"{trial.objective:.3f}",
            "pruned": f"given up after {trial.n_items} items",
            "failed": f"failed ({trial.error})",
        }[trial.state]
        line = f"trial {trial.number + 1} of {step.n_all}: {outcome}, best {_best(step)}; {values}"
        if step.remaining_s:
            line += f"; about {spoken_time(step.remaining_s)} left"
        return line

    def _move_bar(self, step: "SearchProgress") -> None:
        inside = step.n_items / len(self._plan.tuning)
        move_bar(
            self._reporter,
            fraction=(step.n_trials + inside) / step.n_all,
            stage="searching",
            step=step.n_trials,
            remaining_s=self._remaining_s,
        )


def _best(step: "SearchProgress") -> str:
    return "–" if step.best is None else f"{step.best.objective:.3f}"


def _title(chosen: "SearchPlan", n_jobs: int) -> str:
    return (
        f"{chosen.n_trials} trials on {len(chosen.tuning)} items of the {chosen.set_name} set, "
        f"{len(chosen.held_out)} held out, {in_words(n_jobs)}, kept in {chosen.folder}"
    )


def _print_table(found: "Found") -> None:
    """Print how the preset and the best settings do on the held-out half."""
    from estilo.evaluation.search_page import comparison

    told = comparison(found, found.held_out)
    # The gain's interval is what decides; the page has the others.
    plain = told.without_intervals().rows
    rows = [(*cells[:-1], row[-1]) for row, cells in zip(told.rows, plain, strict=True)]
    stderr_console().print(f"on the {len(found.plan.held_out)} held-out items:")
    print_table(told.heading, rows)
