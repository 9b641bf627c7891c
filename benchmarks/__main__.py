"""Runs the benchmarks: ``python benchmarks`` all short ones, ``python benchmarks NAME`` one.

All of them together take less than 20 minutes on two cores, as each has a budget of time and a
smaller size there; by name a benchmark runs at its full size, and takes its own options
(``python benchmarks NAME --help``). What trains networks, or takes an hour, is a study
(``benchmarks/studies``) and runs by name only. Nothing stops at a missing input: what was left out
is said, and why.

Tables and pictures go to ``runs/benchmarks``, which git ignores, and with ``--write`` to
``docs/benchmarks``.
"""

import argparse
import importlib
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
PREFIX = "bench_"
LIMIT_S = 1150.0


@dataclass(frozen=True)
class Short:
    """A benchmark among all, at its smaller size.

    Args:
        name: of the benchmark.
        budget_s: seconds after which it is stopped.
        options: that make it smaller.
    """

    name: str
    budget_s: float
    options: tuple[str, ...] = ()


SHORT = (
    Short("scoring", 30.0),
    Short("long", 60.0, ("--minutes", "0.5", "2", "--only", "content, eq", "style, eq", "--again")),
    Short("stretch", 45.0),
    Short("timbre", 90.0, ("--programs", "2")),
    Short("multipitch", 120.0, ("--programs", "1")),
    Short("notes", 150.0, ("--programs", "1", "--recorded", "6", "--sung", "4")),
    Short("sines", 60.0),
    Short("reliability", 100.0, ("--kills", "40", "--signals", "20")),
    Short("mutations", 100.0, ("--files", "900")),
    Short("pictures", 60.0, ("--pictures", "1")),
    Short("many_jobs", 120.0, ("--jobs", "21", "--at-once", "8")),
    Short("crossing", 120.0, ("--tunes", "1")),
    Short("morphing", 120.0, ("--pairs", "1")),
    Short("sampler", 120.0, ("--triplets", "2")),
    Short("attributes", 120.0, ("--instruments", "2", "--patches", "1")),
    Short("judge", 120.0, ("--trials", "10")),
    Short("scale", 120.0, ("--pairs", "2")),
    Short("parts", 90.0, ("--pairs", "4")),
    Short("faults", 120.0, ("--pairs", "3", "--engine-pairs", "1", "--phrases", "1")),
    Short("tempo_key", 150.0, ("--songs", "6")),
    Short("mosaic", 150.0, ("--triplets", "4", "--content-s", "10", "--style-s", "60")),
    Short("auto", 150.0, ("--pairs", "2")),
    Short("mixes", 150.0, ("--pairs", "1")),
    Short("quality", 200.0, ("--pairs", "3")),
    Short("kernel", 150.0, ("--iterations", "30", "--networks", "1")),
    Short("transfer", 180.0, ("--longest", "180", "--times", "2")),
    Short("stream", 180.0, ("--seconds", "8", "--minutes", "2", "--without-export")),
)
"""What runs without a name, the quickest first.

Budgets are about twice what a benchmark takes on two idle cores.
"""


@dataclass
class Outcome:
    """What came of a benchmark.

    Args:
        name: of the benchmark.
        wall_s: seconds that it took.
        processor_s: processor time of it and of all that it started, in seconds.
        ending: empty where it came to its end, else what happened.
        left_out: lines that say what it left out.
    """

    name: str
    wall_s: float = 0.0
    processor_s: float = 0.0
    ending: str = ""
    left_out: list[str] = field(default_factory=list)


def modules() -> dict[str, str]:
    """Names of benchmarks and studies, and their modules."""
    own = {path.stem.removeprefix(PREFIX): path.stem for path in sorted(HERE.glob(f"{PREFIX}*.py"))}
    studies = {
        path.stem: f"studies.{path.stem}"
        for path in sorted((HERE / "studies").glob("*.py"))
        if "\ndef main() -> None:" in path.read_text(encoding="utf-8")
    }
    return own | studies


def run_one(name: str, options: Sequence[str]) -> None:
    """Run a benchmark in this process.

    Args:
        name: of the benchmark.
        options: its own.
    """
    from common import leave_out
    from estilo.errors import InputError

    sys.argv = [f"python benchmarks {name}", *options]
    try:
        importlib.import_module(modules()[name]).main()
    except (InputError, ImportError) as error:
        leave_out("all of it", error)


def run_short(short: Short, *, budget_s: float) -> Outcome:
    """Run a benchmark in a process of its own, for as long as its budget lasts.

    Args:
        short: which one.
        budget_s: seconds after which it is stopped.
    """
    from common import LEFT_OUT

    outcome = Outcome(short.name)
    command = [sys.executable, "-u", str(HERE), short.name, *short.options]
    start_s, before_s = time.monotonic(), _children_s()
    # A group of its own: what it has started ends with it.
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        cwd=HERE.parent,
    ) as process:
        stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(budget_s, stop)
        timer.start()
        try:
            assert process.stdout is not None
            for line in process.stdout:
                print(line, end="", flush=True)
                if line.startswith(LEFT_OUT):
                    outcome.left_out.append(line.removeprefix(LEFT_OUT).strip())
            code = process.wait()
        except KeyboardInterrupt:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            timer.cancel()
    outcome.wall_s, outcome.processor_s = time.monotonic() - start_s, _children_s() - before_s
    if stopped.is_set():
        outcome.ending = f"stopped after its {budget_s:.0f} s; by name it runs to its end"
    elif code != 0:
        outcome.ending = f"failed with exit code {code}; its last lines above say why"
    return outcome


def _children_s() -> float:
    """Processor time of all processes that have ended, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_all(shorts: Sequence[Short], *, limit_s: float) -> list[Outcome]:
    """Run one benchmark after another, within a limit of time for all.

    Args:
        shorts: which ones.
        limit_s: seconds for all together.
    """
    start_s, outcomes = time.monotonic(), []
    for short in shorts:
        left_s = limit_s - (time.monotonic() - start_s)
        if left_s < 5.0:
            outcomes.append(Outcome(short.name, ending="not begun: the time for all was over"))
            continue
        print(f"\n=== {short.name} ===", flush=True)
        outcomes.append(run_short(short, budget_s=min(short.budget_s, left_s)))
    return outcomes


def summary(outcomes: Sequence[Outcome]) -> list[str]:
    """Lines that say what ran, how long it took, and what was left out and why.

    Args:
        outcomes: of all benchmarks.
    """
    wall_s = sum(each.wall_s for each in outcomes)
    processor_s = sum(each.processor_s for each in outcomes)
    lines = [
        "",
        f"=== {len(outcomes)} benchmarks in {wall_s / 60.0:.1f} minutes, "
        f"{processor_s / 60.0:.1f} minutes of processors ===",
    ]
    for each in outcomes:
        times = f"{each.wall_s:6.0f} s {each.processor_s:6.0f} s"
        lines.append(f"{each.name:<12}{times}  {each.ending or 'done'}")
        lines += [f"{'':<14}left out: {text}" for text in each.left_out]
    return lines


def main() -> int:
    """See the head of this file."""
    arguments = sys.argv[1:]
    known = modules()
    is_writing = "--write" in arguments
    arguments = [each for each in arguments if each != "--write"]
    sys.path.insert(0, str(HERE))
    from common import WRITE

    if is_writing:
        os.environ[WRITE] = "1"
    if arguments and arguments[0] in known:
        run_one(arguments[0], arguments[1:])
        return 0
    names = "\n  ".join(
        f"{name:<12} {'study' if module.startswith('studies') else ''}".rstrip()
        for name, module in known.items()
    )
    parser = argparse.ArgumentParser(
        prog="python benchmarks",
        description=str(__doc__),
        epilog=f"names:\n  {names}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", choices=known, metavar="NAME", help="One benchmark.")
    parser.add_argument("--write", action="store_true", help="Write the documents.")
    parser.parse_args(arguments)
    if is_writing:
        parser.error("--write needs the name of a benchmark: documents come from full sizes")
    try:
        outcomes = run_all(SHORT, limit_s=LIMIT_S)
    except KeyboardInterrupt:
        return 130
    print("\n".join(summary(outcomes)), flush=True)
    return int(any(each.ending.startswith("failed") for each in outcomes))


if __name__ == "__main__":
    raise SystemExit(main())
