"""A job run from the command line: progress on stderr, names of written files on stdout."""

import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from estilo.app.words import conclusion, spoken_time
from estilo.cli.progress import Reporter
from estilo.cli.signals import Stop
from estilo.cli.terminal import printable
from estilo.errors import Cancelled

if TYPE_CHECKING:
    from estilo.app.jobs import Job
    from estilo.pipeline.report import Report


def perform(
    job: "Job",
    *,
    is_quiet: bool = False,
    afterwards: Callable[[Reporter, "Report"], None] | None = None,
) -> int:
    """Run a job, and say what it does and what was written.

    Args:
        job: what is to be made.
        is_quiet: say nothing but errors.
        afterwards: says more in the end.

    Returns:
        The exit code.

    Raises:
        InputError: something that was given cannot be used; nothing was written.
        Cancelled: the user stopped the work; nothing was written.
    """
    from estilo.app.jobs import run_job  # here, so that help need not load what runs a job

    start = time.perf_counter()
    with Stop() as stop:
        with Reporter(is_quiet=is_quiet, stop=stop).working() as reporter:
            report = run_job(job, on_event=reporter.on_event, cancel=stop)
        for line in conclusion(report):
            reporter.say(line)
        took = spoken_time(time.perf_counter() - start)
        written = [path for path in job.outputs.files if path.exists()]
        if job.outputs.stream is None:
            files = "output, recipe and picture" if len(written) > 2 else "output and recipe"
            reporter.say(f"done in {took}; wrote {files}:")
        else:
            reporter.say(
                f"done in {took}; wrote wav to standard output, and no recipe, as it lies beside a "
                "file (-o FILE)"
            )
        name_files(written, is_quiet=is_quiet)
        if afterwards is not None:
            afterwards(reporter, report)
        return 0 if report.is_complete and not stop.is_set() else Cancelled.exit_code


def name_files(paths: Iterable[Path], *, is_quiet: bool = False) -> None:
    """Names of written files, a line each, for the next program.

    Args:
        paths: paths of the files; they are written as bytes, as names may hold any, but to a
            terminal as text that it does not obey.
        is_quiet: say nothing.
    """
    if is_quiet or sys.stdout is None:
        return
    if sys.stderr is not None:  # as where it was closed
        sys.stderr.flush()
    sys.stdout.flush()
    is_for_people = sys.stdout.isatty() or not hasattr(sys.stdout, "buffer")
    for path in paths:
        if is_for_people:
            print(printable(str(path)).replace("\n", "\\n"))
        else:
            sys.stdout.buffer.write(os.fsencode(path) + os.linesep.encode())
    sys.stdout.flush()
