"""``estilo data``: make datasets of clips to train on, rendered or from recordings."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Group, Parameter

from estilo.app.words import spoken_time
from estilo.cli.instruments import instruments
from estilo.cli.long_work import Jobs, in_words, n_processes, resumable
from estilo.cli.model_options import given, model_options
from estilo.cli.options import FLAT, WHAT, Quiet
from estilo.cli.progress import Reporter
from estilo.cli.signals import Stop
from estilo.cli.terminal import stderr_console
from estilo.datasets.settings import SynthSettings
from estilo.errors import Cancelled, InputError

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from estilo.datasets.add import Skipped
    from estilo.datasets.manifest import ManifestEntry
    from estilo.progress import Counted

_DEFAULT_FOLDER = Path("dataset")
_LINES = 20

data = App(
    name="data",
    help="""Make a dataset to train on: render clips, add recordings, or both.

A dataset is a folder of WAV files and manifest.jsonl, which knows of each:
path, length, rate, split, label, phrase, source and licence.

For example:
  estilo data synth
  estilo data add recordings --licence CC-BY-4.0

Single notes of many instruments are a folder of their own:
  estilo data instruments
""",
    usage="Usage: estilo data COMMAND",
)


_SynthOptions = model_options(SynthSettings, Group("What is rendered", sort_key=2))
_AS_THEY_ARE = _SynthOptions()

data.command(instruments, usage="Usage: estilo data instruments [options]")

_Output = Annotated[
    Path,
    Parameter(
        alias="-o",
        metavar="FOLDER",
        group=WHAT,
        help="Folder of the dataset; made if it is not there.",
    ),
]


@data.command(usage="Usage: estilo data synth [options]")
def synth(
    *,
    output: _Output = _DEFAULT_FOLDER,
    options: Annotated[_SynthOptions, FLAT] = _AS_THEY_ARE,  # type: ignore[valid-type]
    jobs: Jobs = None,
    quiet: Quiet = False,
) -> int:
    """Render paired clips: the same phrases, played by many instruments.

    An hour of clips takes 350 MB, and about 6 minutes on one core. The same
    settings give the same clips. Stopped by Ctrl-C, the same command goes on
    where it was. The soundfont's instruments need FluidSynth and estilo[train].

    For example:
      estilo data synth
      estilo data synth --n-patches 100 --n-programs 0 -o small
    """
    from estilo.datasets import synth as rendering

    n_jobs = n_processes(jobs)
    settings = SynthSettings(**given(options))
    tasks = rendering.plan(settings)
    reporter = Reporter(is_quiet=quiet)
    seconds = sum(task.clip.duration_s for task in tasks)
    reporter.say(f"{len(tasks)} clips, {spoken_time(seconds)}, into {output}, {in_words(n_jobs)}")
    with (
        resumable("what was rendered", output),
        _counting(reporter, "clips", is_quiet=quiet) as counter,
    ):
        clips = rendering.render_all(settings, output, n_jobs=n_jobs, on_clip=counter.tell)
    _conclude(reporter, clips, output, is_quiet=quiet)
    return 0


@data.command(usage="Usage: estilo data add FOLDER --licence TERMS [options]")
def add(
    folder: Annotated[Path, Parameter(help="Recordings, in folders by instrument or voice.")],
    /,
    *,
    licence: Annotated[
        str,
        Parameter(
            alias="--license",
            metavar="TERMS",
            group=WHAT,
            help="Terms of the recordings, kept with every clip: CC0-1.0, own, ...",
        ),
    ],
    output: _Output = _DEFAULT_FOLDER,
    label: Annotated[
        str | None,
        Parameter(
            group=WHAT,
            metavar="NAME",
            help="Instrument or voice in all of them; if not given, the name of a recording's "
            "folder, or its own name where it lies at the top.",
        ),
    ] = None,
    validation: Annotated[
        float,
        Parameter(
            group=WHAT,
            metavar="SHARE",
            help="Share of the recordings that is used for validation, 0 to 1.",
        ),
    ] = 0.1,
    quiet: Quiet = False,
) -> int:
    """Add recordings to a dataset, cut into clips of 8 s in mono at 48 kHz.

    Everything that is not taken is named with the reason. What is in the
    dataset already is not added again, so the command can be repeated when
    recordings have come. The folder itself is left as it is.

    For example:
      estilo data add recordings --licence CC-BY-4.0
      estilo data add flute.d --licence own --label flute -o mine
    """
    from estilo.datasets import add as adding

    reporter = Reporter(is_quiet=quiet)
    try:
        with (
            Stop() as stop,
            reporter.listening(),
            _counting(reporter, "files", is_quiet=quiet) as counter,
        ):
            # An interrupt would be lost in the callbacks by which sound is written.
            stop.in_steps()
            added = adding.add(
                folder,
                output,
                licence=licence,
                label=label,
                validation=validation,
                on_file=counter.tell,
                cancel=stop,
            )
    except (Cancelled, KeyboardInterrupt) as error:
        raise Cancelled(
            f"cancelled; the recordings that were done are in {output}, and the same command "
            "adds the others"
        ) from error
    if added.skipped and not quiet:
        _print_skipped(added.skipped)
    if not added.clips:
        raise InputError(f"there is no recording in {folder} that can be added")
    new = sum(clip.duration_s for clip in added.new)
    reporter.say(f"added {len(added.new)} clips, {spoken_time(new)}; skipped {len(added.skipped)}")
    _conclude(reporter, added.clips, output, is_quiet=quiet)
    return 0


class _Counter:
    """Show how far the work is, by a bar on a terminal and by a line now and then elsewhere.

    Args:
        reporter: writer of the lines.
        unit: name of what is counted, in the plural.
        bar: bar to draw; None where there is no terminal.
    """

    def __init__(self, reporter: Reporter, unit: str, bar: "Bar | None") -> None:
        self._reporter = reporter
        self._unit = unit
        self._bar = bar
        self._task = None if bar is None else bar.add_task(unit, total=None, left="")
        self._n_told = 0

    def tell(self, step: "Counted[Any]") -> None:
        """Show how far the work is."""
        left = ""
        if step.remaining_s is not None:
            left = f"about {spoken_time(step.remaining_s)} left"
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=step.n_ready, total=step.n_total, left=left)
            return
        share = _LINES * step.n_ready // step.n_total
        if share > self._n_told and step.n_ready < step.n_total:
            self._n_told = share
            self._reporter.say(f"{step.n_ready} of {step.n_total} {self._unit}, {left}")


@contextmanager
def _counting(reporter: Reporter, unit: str, *, is_quiet: bool) -> Iterator[_Counter]:
    console = stderr_console()
    if is_quiet or not console.is_terminal:
        yield _Counter(reporter, unit, None)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(bar_width=30), MofNCompleteColumn())
    texts = (TextColumn("{task.description}"), TextColumn("{task.fields[left]}", style="dim"))
    with Progress(*columns, *texts, console=console, transient=True) as bar:
        yield _Counter(reporter, unit, bar)


def _print_skipped(skipped: "Sequence[Skipped]") -> None:
    """Print what was skipped on stderr, as stdout names the files."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("skipped", overflow="fold")
    table.add_column("as it", overflow="fold")
    for each in skipped:
        # What is not Unicode in a name could not be printed.
        texts = (each.path, each.reason)
        table.add_row(*(Text(text.encode(errors="replace").decode()) for text in texts))
    stderr_console().print(table, soft_wrap=False)


def _conclude(
    reporter: Reporter, clips: "Sequence[ManifestEntry]", folder: Path, *, is_quiet: bool
) -> None:
    from estilo.cli.performing import name_files
    from estilo.datasets.manifest import MANIFEST

    seconds = dict.fromkeys(("train", "validation"), 0.0)
    for clip in clips:
        seconds[clip.split] += clip.duration_s
    train, validation = (spoken_time(each) for each in seconds.values())
    n_labels = len({clip.label for clip in clips})
    paths = [folder / clip.path for clip in clips]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        reporter.warn(
            f"{len(missing)} clips of the manifest are not in the folder, {missing[0]} among them; "
            f"put them back, or take their lines out of {folder / MANIFEST}"
        )
    n_bytes = sum(path.stat().st_size for path in set(paths).difference(missing))
    reporter.say(
        f"the dataset has {len(clips)} clips of {n_labels} instruments, {train} for training and "
        f"{validation} for validation, {n_bytes / 1e6:.0f} MB:"
    )
    name_files([folder / MANIFEST], is_quiet=is_quiet)
