"""Memory and time of every engine with long recordings: ten minutes and an hour of stereo.

Every row is a command in a process of its own. Rows are kept in runs/long/rows.jsonl as they come,
and what has one is not measured again unless --again is given, so that a run may be stopped and
gone on with. With --write the table goes to the documents.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import long_material
from anonymous_memory import Use, use_of
from common import RUNS, write_table
from estilo.engines import ENGINES

FOLDER = RUNS / "long"
MINUTES = (10.0, 60.0)
SHORT_S = 20.0
GROWTH_MB, MOST_MB = 200.0, 2000.0

# The command itself, all iterations or one for each window.
RUN = """
import sys
from estilo.cli import main
from estilo.engines.optimise.settings import OptimiseSettings
if sys.argv[1] == "once":
    OptimiseSettings.model_fields["n_steps"].default = 1
    OptimiseSettings.model_rebuild(force=True)
raise SystemExit(main(sys.argv[2:]))
"""


@dataclass(frozen=True)
class Case:
    """What is measured.

    Args:
        what: what is long in it.
        engine: name of the engine.
        command: command, in which ``LONG`` stands for the long recording, ``SHORT`` for the other
            one, and ``SECONDS`` for the length of the long one.
        iterates: whether the engine optimise is at work, which takes many iterations.
        kind: kind of both recordings, of `long_material`.
    """

    what: str
    engine: str
    command: tuple[str, ...]
    iterates: bool = False
    kind: str = "band"

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.what}, {self.engine}"


@dataclass(frozen=True)
class Row:
    """A case that was measured.

    Args:
        case: its name.
        minutes: length of the long recording.
        is_once: whether there was one iteration for each window.
        peak_mb: the most anonymous memory, in MB.
        wall_s: time of the wall, in seconds.
        processor_s: processor time, in seconds.
        fault: last words of a command that failed.
    """

    case: str
    minutes: float
    is_once: bool
    peak_mb: float
    wall_s: float
    processor_s: float
    fault: str = ""

    @property
    def key(self) -> tuple[str, float, bool]:
        """What is measured once."""
        return self.case, self.minutes, self.is_once


def cases() -> list[Case]:
    """Every registered engine with long content, a long style and textures; and what else grows."""
    found = []
    for engine, settings in ENGINES.usable().items():
        iterates, chosen = engine in ("optimise", "sines", "auto"), ("--engine", engine)
        found += [
            Case("content", engine, ("transfer", "LONG", "SHORT", *chosen), iterates),
            Case("style", engine, ("transfer", "SHORT", "LONG", *chosen), iterates),
        ]
        if settings.makes_textures:
            of, to = ("--seconds", "20", *chosen), ("--seconds", "SECONDS", *chosen)
            found += [
                Case("style of a texture", engine, ("texture", "LONG", *of), iterates, "stream"),
                Case("texture", engine, ("texture", "SHORT", *to), iterates, "stream"),
            ]
    short_long, eq = ("transfer", "SHORT", "LONG"), ("--engine", "eq")
    long_short, notes = ("transfer", "LONG", "SHORT"), ("--engine", "notes")
    match = ("--match", "tempo,key", "--tempo", "97")
    return [
        *found,
        Case("content of noise", "notes", (*long_short, *notes), kind="stream"),
        Case("style of noise", "notes", (*short_long, *notes), kind="stream"),
        Case("content, --mix 0.5", "eq", (*long_short, *eq, "--mix", "0.5")),
        Case("content, --on harmonic", "eq", (*long_short, *eq, "--on", "harmonic")),
        Case("style, --match tempo,key", "eq", (*short_long, *eq, *match)),
    ]


def recording(kind: str, duration_s: float) -> Path:
    """A recording, made where it is not there.

    Args:
        kind: of `long_material`.
        duration_s: its length, in seconds.
    """
    path = FOLDER / f"{kind}-{duration_s:g}.wav"
    if not path.exists():
        making = path.with_suffix(".part.wav")
        getattr(long_material, kind)(making, duration_s=duration_s)
        making.rename(path)
    return path


def used(case: Case, minutes: float, *, is_once: bool) -> Use:
    """Run a case in a process of its own.

    Args:
        case: what is measured.
        minutes: length of the long recording.
        is_once: whether the engine optimise takes one iteration for each window.
    """
    words = {
        "LONG": lambda: str(recording(case.kind, 60.0 * minutes)),
        "SHORT": lambda: str(recording(case.kind, SHORT_S)),
        "SECONDS": lambda: f"{60.0 * minutes:g}",
    }
    arguments = [words[each]() if each in words else each for each in case.command]
    if is_once and case.command[0] == "texture":
        arguments += ["--set", "n_steps=1"]  # which textures set themselves
    output, log = (FOLDER / f"{os.getpid()}.{end}" for end in ("wav", "txt"))
    command = [sys.executable, "-c", RUN, "once" if is_once else "all", *arguments]
    try:
        return use_of([*command, "-o", str(output), "--force", "--quiet"], log=log)
    finally:
        for path in (output, output.with_suffix(".wav.json"), log):
            path.unlink(missing_ok=True)


def measured(case: Case, minutes: float, *, is_once: bool) -> Row:
    """The row of a case; see `used`.

    Args:
        case: what is measured.
        minutes: length of the long recording.
        is_once: whether the engine optimise takes one iteration for each window.
    """
    use = used(case, minutes, is_once=is_once)
    return Row(
        case=case.name,
        minutes=minutes,
        is_once=is_once,
        peak_mb=round(use.peak_mb, 1),
        wall_s=round(use.wall_s, 1),
        processor_s=round(use.processor_s, 1),
        fault=" ".join(use.said.split())[-300:] if use.code else "",
    )


def rows_of(path: Path) -> list[Row]:
    """Rows that were measured before.

    Args:
        path: file with one row in JSON a line.
    """
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Row(**json.loads(line)) for line in lines]


def cells(
    case: Case, rows: Mapping[tuple[str, float, bool], Row], lengths: Sequence[float]
) -> tuple[str, ...]:
    """The line of a case in the table.

    Args:
        case: what was measured.
        rows: all rows, by their keys.
        lengths: the shortest and the longest of what is long, in minutes.
    """
    first, last = (rows.get((case.name, minutes, case.iterates)) for minutes in lengths)
    timed = rows.get((case.name, lengths[0], False))
    fault = next((each.fault for each in (first, last, timed) if each and each.fault), "")
    growth = "–"
    if first and last:
        growth_mb = last.peak_mb - first.peak_mb
        is_bounded = growth_mb <= GROWTH_MB and last.peak_mb <= MOST_MB
        growth = f"**{growth_mb:+.0f} MB**" + ("" if is_bounded else " (too much)")
    times = (f"{each.processor_s / each.minutes:.1f} s" if each else "–" for each in (timed, last))
    peaks = (f"{each.peak_mb:.0f} MB" if each else "–" for each in (first, last))
    once = "once" if case.iterates else ""
    return (case.engine, case.what, *peaks, growth, *times, once, fault)


def write(rows: Sequence[Row], shown: Iterable[Case], lengths: Sequence[float]) -> None:
    """Write the table.

    Args:
        rows: all rows; of several of a case the last one counts.
        shown: cases that have a line.
        lengths: the shortest and the longest of what is long, in minutes.
    """
    by_key, names = {row.key: row for row in rows}, {row.case for row in rows}
    shown = tuple(shown)
    lines = [cells(case, by_key, lengths) for case in shown if case.name in names]
    missing = [case.name for case in shown if case.name not in names]
    has_faults = any(line[-1] for line in lines)
    columns = (
        *("engine", "what is long", f"memory at {lengths[0]:g} min"),
        *(f"at {lengths[1]:g} min", "growth", f"time per minute of {lengths[0]:g}"),
        *(f"of {lengths[1]:g}", "iterations", "fault"),
    )
    n_columns = len(columns) - (not has_faults)
    text = (
        "`estilo transfer` and `estilo texture`, stereo of 48 kHz: a band with drums or, for "
        f"textures and noise, a stream, beside {SHORT_S:g} s of the same. *Memory*: the most "
        "anonymous memory that the process held at once. Pages of mapped files do not count, as "
        "the system drops them where memory is short. Asked: an hour takes at most "
        f"{GROWTH_MB:.0f} MB more than ten minutes, and at most {MOST_MB / 1000:g} GB in all.\n\n"
        "*Time*: of the processor, for the whole command with start, files and scores, by the "
        "minutes of what is long. *Once*: memory and the longer one's time are of one iteration "
        "for each window in place of all, as memory does not depend on how many there are; the "
        "shorter one's time is of the defaults."
    )
    if missing:
        text += f"\n\nNot measured yet: {'; '.join(missing)}."
    write_table(
        "long",
        "Long recordings",
        [(text, columns[:n_columns], [line[:n_columns] for line in lines])],
    )


def main() -> None:
    """Measure what has no row yet, and write the table."""
    parser = argparse.ArgumentParser(description=str(__doc__))
    parser.add_argument(
        "--minutes", type=float, nargs="+", default=MINUTES, help="Lengths of what is long."
    )
    parser.add_argument("--only", nargs="+", default=("",), help="Cases whose names begin so.")
    parser.add_argument("--again", action="store_true", help="Measure what has a row once more.")
    parser.add_argument("--table", action="store_true", help="Measure nothing, write the table.")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / "rows.jsonl"
    known = set() if options.again else {row.key for row in rows_of(path)}
    chosen = [case for case in cases() if case.name.startswith(tuple(options.only))]
    wanted = [(case, minutes, case.iterates) for minutes in options.minutes for case in chosen]
    # Times with all iterations come last, and of the shortest length only.
    wanted += [(case, min(options.minutes), False) for case in chosen if case.iterates]
    for case, minutes, is_once in wanted if not options.table else ():
        if (case.name, minutes, is_once) in known:
            continue
        row = measured(case, minutes, is_once=is_once)
        with path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(row)) + "\n")
        print(row, flush=True)
    shown = cases() if tuple(options.minutes) == MINUTES else chosen
    write(rows_of(path), shown, (min(options.minutes), max(options.minutes)))


if __name__ == "__main__":
    main()
