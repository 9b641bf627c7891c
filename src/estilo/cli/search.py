"""``estilo search``: better settings for a preset, found on one half of a test set."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from estilo.cli.options import COMMON, FILES, RUNNING, Quiet
from estilo.cli.outputs import name_files
from estilo.cli.progress import Reporter, spoken_time, stderr_console
from estilo.errors import Cancelled, SettingsError

if TYPE_CHECKING:
    from estilo.evaluation.search import Found, Step, Trial
    from estilo.evaluation.search_plan import Plan

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
            group=COMMON,
            help="A setting and what to try: strength=.5:.9, learning_rate=1e-3:.1:log, "
            "start=eq,content; / between choices of several numbers: widths=1/1,8. Once per "
            "setting.",
        ),
    ],
    set_: Annotated[
        str,
        Parameter(
            name="--set",
            metavar="NAME",
            group=COMMON,
            help="The test set: synthetic, real, or another whose items have a content (see "
            "estilo list test-sets).",
        ),
    ] = "synthetic",
    trials: Annotated[
        int, Parameter(group=COMMON, help="How many settings to try, the preset's own included.")
    ] = 40,
    n: Annotated[
        int, Parameter(group=COMMON, help="Items of the test set; half of them are held out.")
    ] = 24,
    seed: Annotated[int, Parameter(group=COMMON, help="Of what is tried.")] = 0,
    soundfont: Annotated[
        str | None,
        Parameter(
            group=COMMON,
            metavar="NAME|FILE",
            help="Of the synthetic set; MuseScore_General if not given, as the scoreboard's own "
            "should stay unseen.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        Parameter(
            alias="-o",
            metavar="FOLDER",
            group=FILES,
            help="Where to, and where a stopped search goes on; search/PRESET-SET if not given.",
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        Parameter(group=RUNNING, help="Processes, of one thread each; one per core if not given."),
    ] = None,
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
    from estilo.evaluation.provenance import n_cores
    from estilo.evaluation.search import run
    from estilo.evaluation.search_page import write
    from estilo.evaluation.search_plan import plan

    if jobs is not None and jobs < 1:
        raise SettingsError(f"--jobs must be 1 or more, got {jobs}")
    reporter = Reporter(is_quiet=quiet)
    chosen = plan(
        preset,
        over=over,
        folder=output or Path(_DEFAULT_FOLDER) / f"{Path(preset).stem}-{set_}",
        set_name=set_,
        soundfont=soundfont,
        n=n,
        n_trials=trials,
        seed=seed,
    )
    n_jobs = n_cores() if jobs is None else jobs
    with reporter.listening():
        try:
            with reporter.working(_title(chosen, n_jobs)):
                teller = _Teller(reporter, chosen)
                found = run(chosen, n_jobs=n_jobs, on_step=teller.tell)
        except KeyboardInterrupt as error:
            raise Cancelled(
                f"cancelled; what was measured is kept in {chosen.ledger.path}, and the same "
                "command goes on from there"
            ) from error
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

    def __init__(self, reporter: Reporter, chosen: "Plan") -> None:
        self._reporter = reporter
        self._plan = chosen
        self._n_kept = 0
        self._remaining_s: float | None = None

    def tell(self, step: "Step") -> None:
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

    def _line(self, step: "Step", trial: "Trial") -> str:
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

    def _move_bar(self, step: "Step") -> None:
        from estilo.engines.base import Progress

        inside = step.n_items / len(self._plan.tuning)
        self._reporter.on_progress(
            Progress(
                fraction=min((step.n_trials + inside) / step.n_all, 1.0),
                stage="searching",
                step=step.n_trials,
                remaining_s=self._remaining_s,
            )
        )


def _best(step: "Step") -> str:
    return "–" if step.best is None else f"{step.best.objective:.3f}"


def _title(chosen: "Plan", n_jobs: int) -> str:
    jobs = f"{n_jobs} processes" if n_jobs > 1 else "1 process"
    return (
        f"{chosen.n_trials} trials on {len(chosen.tuning)} items of the {chosen.set_name} set, "
        f"{len(chosen.held_out)} held out, {jobs}, kept in {chosen.folder}"
    )


def _print_table(found: "Found") -> None:
    """The held-out half, as text on stderr: stdout names the files."""
    from rich import box
    from rich.table import Table

    from estilo.evaluation.search_page import comparison

    told = comparison(found, found.held_out)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, heading in enumerate(told.heading):
        side = "right" if place else "left"
        table.add_column(heading, justify=side, no_wrap=not place, overflow="fold")
    # The gain's interval is what decides; the page has the others.
    for row, plain in zip(told.rows, told.without_intervals().rows, strict=True):
        table.add_row(*plain[:-1], row[-1])
    console = stderr_console()
    console.print(f"on the {len(found.plan.held_out)} held-out items:")
    console.print(table, soft_wrap=False)
