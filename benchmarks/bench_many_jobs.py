"""Whether one process can do many jobs: memory stays flat, and threads do not disturb each other.

Jobs of all engines are done by eight threads at once, before anything is loaded; then one after
another, as a server would do them, and what the process holds is looked at after each. Each has to
give the same samples and warnings both times, and the process is to be as it was.
"""

import argparse
import gc
import os
import tempfile
import threading
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from common import write_table
from estilo.app.jobs import Job, run_job
from estilo.app.outputs import Outputs
from estilo.audio import Audio
from estilo.io import AudioFileWarning, save
from estilo.pipeline.clips import Clip
from estilo.pipeline.plan import Plan

N_THREADS = 8
N_WARM = 40
"""Jobs after which all modules and tables are loaded and the memory has found its size."""

RATE_HZ = 16_000
ENGINES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("eq", {}),
    ("mosaic", {}),
    ("optimise", {"n_steps": 4}),
    ("notes", {}),
    ("sines", {}),
    ("neural", {}),
    ("crossfade", {}),
)
EXTENSIONS = ("wav", "flac", "ogg", "opus", "mp3", "aiff", "caf")


@dataclass(frozen=True)
class Held:
    """What a process holds.

    Args:
        memory_mb: memory in use, in megabytes (resident set).
        objects: objects that Python's collector knows.
        files: open files.
        threads: threads of Python.
    """

    memory_mb: float
    objects: int
    files: int
    threads: int

    @classmethod
    def now(cls) -> "Held":
        """What this process holds, once garbage is collected."""
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return cls(
            pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
            len(gc.get_objects()),
            len([*Path("/proc/self/fd").iterdir()]),
            threading.active_count(),
        )


@dataclass(frozen=True)
class Made:
    """What came of a job.

    Args:
        samples: hash of the samples.
        texts: warnings in its report.
    """

    samples: str
    texts: tuple[str, ...]


def clips(folder: Path, *, n: int) -> tuple[list[Path], Path]:
    """Contents, each with a flaw that is warned of by its name, and a style.

    Args:
        folder: folder that they are written to.
        n: number of contents.
    """
    time_s = np.arange(RATE_HZ) / RATE_HZ
    contents = []
    for place in range(n):
        sound = sum(
            np.sin(2 * np.pi * 110.0 * 2 ** (place / 12) * k * time_s) / k for k in range(1, 6)
        )
        path = folder / f"content-{place}.wav"
        save(Audio(0.1 * sound * (time_s % 0.5 < 0.4), RATE_HZ), path, force=True)
        with path.open("ab") as stream:
            stream.write(b"junk" * 50)
        contents.append(path)
    style = folder / "style.wav"
    noise = np.random.default_rng(0).standard_normal(2 * RATE_HZ)
    tone = np.sin(2 * np.pi * 330.0 * np.arange(2 * RATE_HZ) / RATE_HZ)
    save(Audio(0.1 * tone + 0.02 * noise, RATE_HZ), style, force=True)
    return contents, style


def job(number: int, contents: Sequence[Path], style: Path, folder: Path) -> Job:
    """A job by its number; the first of all engines come first.

    Args:
        number: number of the job.
        contents: recordings, of which it takes one.
        style: its style.
        folder: folder of its output.
    """
    engine, settings = ENGINES[number % len(ENGINES)]
    extension = EXTENSIONS[number // len(ENGINES) % len(EXTENSIONS)]
    has_picture = number % 5 == 0
    return Job(
        plan=Plan.of(engine=engine, settings=settings, seed=number, scores=number % 4 == 0),
        content=Clip(contents[number % len(contents)]),
        styles=(Clip(style),),
        outputs=Outputs(folder / f"{number}.{extension}", has_picture=has_picture, force=True),
    )


def made(work: Job) -> Made:
    """Do a job.

    Args:
        work: the job.
    """
    report = run_job(work)
    return Made(str(report.output.samples_sha256), tuple(report.warnings))


def one_after_another(works: Sequence[Job]) -> Iterator[tuple[Made, Held]]:
    """Do jobs, and look at the process after each.

    Args:
        works: the jobs.
    """
    for work in works:
        found = made(work)
        for path in work.outputs.files:
            path.unlink()
        yield found, Held.now()


def growth(held: Sequence[Held]) -> dict[str, float]:
    """What each job leaves behind, by the name of what it is: a straight line through all.

    Args:
        held: what the process held after each job.
    """
    places = np.arange(len(held))
    return {
        name: float(np.polyfit(places, [getattr(each, name) for each in held], 1)[0])
        for name in ("memory_mb", "objects", "files", "threads")
    }


@contextmanager
def left_as_it_was() -> Iterator[list[str]]:
    """Names of what the process shares and did not get back; filled when the context ends."""
    import torch

    names = [*os.environ]  # libraries add some of their own while they are loaded

    def state() -> dict[str, object]:
        return {
            "filters of warnings": list(warnings.filters),
            "how warnings are shown": warnings.showwarning,
            "threads of torch": torch.get_num_threads(),
            "errors of numpy": np.geterr(),
            "random numbers of torch": torch.get_rng_state().tolist(),
            "random numbers of numpy": np.random.get_state()[1].tolist(),  # type: ignore # noqa: NPY002
            "descriptor of standard error": os.fstat(2).st_ino,
            "environment": {name: os.environ.get(name) for name in names},
            "folder": Path.cwd(),
        }

    before, changed = state(), []
    yield changed
    after = state()
    changed += [name for name in before if before[name] != after[name]]


def at_once(works: Sequence[Job], *, n_threads: int = N_THREADS) -> list[Made]:
    """Do jobs in several threads, all of which begin together.

    Args:
        works: the jobs.
        n_threads: number of threads.
    """
    begin = threading.Barrier(n_threads)

    def thread(place: int) -> list[Made]:
        begin.wait()
        return [made(each) for each in works[place::n_threads]]

    with ThreadPoolExecutor(n_threads) as pool:
        found = [*pool.map(thread, range(n_threads))]
    return [found[place % n_threads][place // n_threads] for place in range(len(works))]


def main() -> None:
    """Do all jobs and write the tables."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--jobs", type=int, default=200, help="Jobs one after another.")
    parser.add_argument("--at-once", type=int, default=56, help="Jobs of eight threads.")
    given = parser.parse_args()
    warnings.simplefilter("ignore", AudioFileWarning)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        contents, style = clips(folder, n=N_THREADS)
        works = [job(number, contents, style, folder) for number in range(given.jobs)]
        some = works[: given.at_once]
        with left_as_it_was() as changed:
            together = at_once(some)
        print(f"{len(together)} jobs at once are done", flush=True)
        alone, held = zip(*one_after_another(works), strict=True)
    n_warm = min(N_WARM, len(held) // 2)
    warm = held[n_warm:]
    grown = growth(warm)
    rows = [
        (
            label,
            *(f"{getattr(held[at], field):.0f}" for at in (0, n_warm, -1)),
            f"{max(getattr(each, field) for each in warm):.0f}",
            f"{grown[field]:+.3f}",
        )
        for label, field in (
            ("memory in use, MB", "memory_mb"),
            ("objects of Python", "objects"),
            ("open files", "files"),
            ("threads", "threads"),
        )
    ]
    text = (
        f"`python benchmarks many_jobs --jobs {given.jobs} --at-once {given.at_once}`\n\n"
        f"{given.jobs} jobs in one process, as an application runs them (`estilo.app.jobs`), on "
        f"clips of a second: {len(ENGINES)} engines and {len(EXTENSIONS)} formats by turns, every "
        "fourth scored, every fifth with its picture. After each job garbage is collected and the "
        "process looked at: the memory is its resident set (`/proc/self/statm`). What a job leaves "
        f"is the slope of a straight line through all jobs after the first {n_warm}."
    )
    columns = ("", "after the first", f"after {n_warm + 1}", "after the last", "most", "a job")
    pairs = [*zip(alone, together, strict=False)]
    n_samples = sum(a.samples != b.samples for a, b in pairs)
    n_texts = sum(a.texts != b.texts for a, b in pairs)
    n_said = sum(bool(a.texts) for a in alone)
    shared = (
        f"The first {len(some)} of these jobs, done by {N_THREADS} threads at once in the same "
        "process before it had loaded anything, beside each by itself. All read a file with a "
        f"flaw of its own, and {n_said} of all jobs warn of one. Looked at are filters and display "
        "of warnings, threads and random numbers of torch, those of numpy and its treatment of "
        "errors, standard error, the environment and the folder."
    )
    counts = [(len(some), n_samples, n_texts, ", ".join(changed) or "nothing")]
    heads = ("jobs", "other samples", "other warnings", "changed in the process")
    sections = [(text, columns, rows), (shared, heads, counts)]
    write_table("many_jobs", "Many jobs in one process", sections)
