"""``estilo data instruments``: single notes of many instruments, rendered from several sources."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from estilo.cli.long_work import CountedLines, Jobs, in_words, n_processes, print_table, resumable
from estilo.cli.model_options import given, model_options
from estilo.cli.options import FLAT, WHAT, Quiet, flag
from estilo.cli.progress import Reporter
from estilo.datasets.instruments.settings import InstrumentSettings
from estilo.datasets.instruments.sources import SOURCES

if TYPE_CHECKING:
    from estilo.datasets.instruments.rendering import Rendered

_DEFAULT_FOLDER = Path("instruments")
_DEFAULT_SOURCES = "own,soundfont"

_Options = model_options(InstrumentSettings, Group("What is rendered", sort_key=2))
_AS_THEY_ARE = _Options()


def instruments(
    *,
    output: Annotated[
        Path,
        Parameter(
            alias="-o",
            metavar="FOLDER",
            group=WHAT,
            help="Folder of the notes; made if it is not there.",
        ),
    ] = _DEFAULT_FOLDER,
    sources: Annotated[
        str,
        Parameter(
            metavar="A,B",
            group=WHAT,
            help=f"Where the instruments come from: {', '.join(SOURCES)} (see estilo list "
            "instruments), and folder:PATH for a folder that has a table of notes already.",
        ),
    ] = _DEFAULT_SOURCES,
    list_: Annotated[bool, flag(WHAT, "Say what is in the folder, and render nothing.")] = False,
    options: Annotated[_Options, FLAT] = _AS_THEY_ARE,  # type: ignore[valid-type]
    jobs: Jobs = None,
    quiet: Quiet = False,
) -> int:
    """Render single notes of many instruments, and say what each one is in notes.csv.

    Notes that are silent or clipped, or do not sound at their pitch, are left
    out, as are instruments that sound almost like others: skipped.csv names
    them. Stopped by Ctrl-C, the same command goes on where it was.

    For example:
      estilo data instruments
      estilo data instruments --sources soundfont,opl3,recorded -o notes
      estilo data instruments --list -o notes
    """
    if list_:
        _list(output)
        return 0
    from estilo.datasets.instruments import rendering

    n_jobs = n_processes(jobs)
    settings = InstrumentSettings(**given(options))
    names = [name.strip() for name in sources.split(",")]
    reporter = Reporter(is_quiet=quiet)
    offered = rendering.plan(settings, names)
    reporter.say(f"{len(offered)} instruments, into {output}, {in_words(n_jobs)}")
    lines = CountedLines(reporter, stage="instruments", done="rendered")
    with resumable("what was rendered", output), reporter.listening():
        rendered = rendering.render_all(
            offered,
            output,
            settings=settings,
            n_jobs=n_jobs,
            on_instrument=None if quiet else lines.tell,
        )
    _conclude(reporter, rendered, output, is_quiet=quiet)
    return 0


def _list(folder: Path) -> None:
    from rich import box
    from rich.table import Table

    from estilo.cli.terminal import Terminal
    from estilo.datasets.instruments.contents import contents

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("source", "licence"):
        table.add_column(heading, overflow="fold")
    for heading in ("instruments", "notes", "hours"):
        table.add_column(heading, justify="right")
    for each in contents(folder):
        numbers = (str(each.n_instruments), str(each.n_notes), f"{each.hours:.2f}")
        table.add_row(each.source, ", ".join(each.licences), *numbers)
    Terminal().print(table)


def _conclude(reporter: Reporter, rendered: "Rendered", folder: Path, *, is_quiet: bool) -> None:
    from estilo.cli.performing import name_files
    from estilo.datasets.instruments.library import TABLE
    from estilo.datasets.instruments.rendering import SKIPPED

    if rendered.skipped and not is_quiet:
        reasons = rendered.reasons()
        print_table(("left out", "how many"), [(name, str(n)) for name, n in reasons.most_common()])
        reporter.say(f"each of them is named in {folder / SKIPPED}")
    n_instruments = len({note.instrument for note in rendered.notes})
    reporter.say(f"the folder has {len(rendered.notes)} notes of {n_instruments} instruments:")
    name_files([folder / TABLE], is_quiet=is_quiet)
