"""What all benchmarks share: where tables and pictures go, and what was left out."""

import hashlib
import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np
import torch

from estilo.audio import Audio
from estilo.errors import InputError
from estilo.io.atomic import write_atomic

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ROOT / "docs" / "benchmarks"
RUNS = ROOT / "runs"
WRITE = "ESTILO_BENCHMARKS_WRITE"
"""Environment variable that the option ``--write`` sets: tables go to the documents."""

LEFT_OUT = "left out: "
"""Begins the line that says what a benchmark has left out, for the runner to collect."""

Section = tuple[str, Sequence[str], Iterable[Sequence[object]]]
"""Text before a table, its columns, and its rows."""


def output_folder() -> Path:
    """Where tables and pictures go: a folder that git ignores, or the documents on request."""
    return DOCUMENTS if os.environ.get(WRITE) else RUNS / "benchmarks"


def leave_out(what: str, why: object) -> None:
    """Say that a benchmark goes on without a part of it.

    Args:
        what: the part.
        why: what is missing and how to get it.
    """
    print(f"{LEFT_OUT}{what}: {' '.join(str(why).split())}", flush=True)


@contextmanager
def left_out_where_missing(what: str) -> Iterator[None]:
    """Leave a part out where an input or a program that it needs is missing.

    Args:
        what: the part, as it is said.
    """
    try:
        yield
    except (InputError, ImportError) as error:
        leave_out(what, error)


def looped(audio: Audio, *, duration_s: float) -> Audio:
    """A clip repeated to a length.

    Args:
        audio: the clip.
        duration_s: length of the result, in seconds.
    """
    n_samples = round(duration_s * audio.sample_rate)
    times = -(-n_samples // audio.n_samples)
    return Audio(np.tile(audio.samples, (1, times))[:, :n_samples], audio.sample_rate)


def processor_s(work: Callable[[], object], *, n_times: int = 1) -> float:
    """Median processor time of a piece of work, in seconds.

    Args:
        work: is done once more than it is timed where it is timed more than once, to warm up.
        n_times: number of times that it is timed.
    """
    times_s = []
    for _ in range(n_times + (n_times > 1)):
        start_s = time.process_time()
        work()
        times_s.append(time.process_time() - start_s)
    return float(np.median(times_s[n_times > 1 :]))


def write_picture(name: str, picture: bytes) -> None:
    """Write a picture into `output_folder`.

    Args:
        name: of the file, with folders and extension.
        picture: its bytes.
    """
    path = output_folder() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, picture, force=True)


def write_table(name: str, title: str, sections: Iterable[Section]) -> None:
    """Print a table and write it as ``NAME.md`` into `output_folder`.

    Args:
        name: name of the file.
        title: heading.
        sections: text before, column names and rows, each.
    """
    lines = [f"# {title}", "", _circumstances(), ""]
    for text, columns, rows in sections:
        lines += [text, ""]
        if columns:
            lines += [_row(columns), _row(["---"] * len(columns))]
            lines += [_row(row) for row in rows]
            lines.append("")
    path = output_folder() / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, "\n".join(lines).encode(), force=True)
    print("\n".join(lines))
    print(f"written: {path.relative_to(ROOT)}", flush=True)


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _circumstances() -> str:
    commit = _git("rev-parse", "--short", "HEAD") or "unknown"
    if _git("status", "--porcelain", "--", "src"):
        commit += " and changes"
    return (
        f"{date.today().isoformat()}, commit {commit}, "
        f"{os.cpu_count()} CPU cores ({platform.machine()}), {torch.get_num_threads()} threads, "
        f"torch {torch.__version__}, Python {platform.python_version()}."
    )


def code_id() -> str:
    """Tells the code of estilo and of the benchmarks from any other, for results that are kept."""
    digest = hashlib.sha256()
    for path in sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "benchmarks").glob("*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _git(*arguments: str) -> str:
    run = subprocess.run(["git", *arguments], capture_output=True, text=True, cwd=ROOT, check=False)
    return run.stdout.strip()
