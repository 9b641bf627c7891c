"""Whether any damaged file crashes a reader, holds it up, fills the memory or passes for sound.

A sound file of every kind that estilo reads is damaged by chance: bits flipped, ends cut off,
blocks dropped or doubled, sizes and counts at the ends of their ranges, two files spliced. Other
processes read them. What is at fault lies in ``runs/mutations`` afterwards, and a campaign that
was stopped goes on where it was.
"""

import argparse
import json
import tempfile
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue

import numpy as np

from common import RUNS, code_id, write_table
from guarded import HANG_S, Guarded, Outcome
from mutating import mutant
from specimens import Kind, kinds

FOLDER = RUNS / "mutations"
MOST_MB = 512.0
FAULTS = ("crash", "hang", "error", "not finite", "memory")
COLUMNS = ("kind", "files", "read", "refused", *FAULTS, "most s", "most MB")


@dataclass
class Found:
    """What became of the damaged files of a kind.

    Args:
        kind: its name.
        counts: files by how they ended.
        most_s: longest processor time, in seconds.
        most_mb: most memory beyond that at the start, in megabytes.
    """

    kind: str
    counts: dict[str, int] = field(default_factory=dict)
    most_s: float = 0.0
    most_mb: float = 0.0

    def row(self) -> tuple[object, ...]:
        """Its line of the table."""
        counts = [self.counts.get(name, 0) for name in COLUMNS[2:-2]]
        n_files = sum(self.counts.values())
        return (self.kind, n_files, *counts, f"{self.most_s:.2f}", f"{self.most_mb:.0f}")


def make_all(folder: Path) -> dict[str, bytes]:
    """The sound files of all kinds, by the names of the kinds; each stays in its folder.

    Args:
        folder: an empty folder.
    """
    found = {}
    for place, kind in enumerate(kinds()):
        path = folder / str(place) / kind.file_name
        path.parent.mkdir()
        kind.make(path)
        found[kind.name] = path.read_bytes()
    return found


def reader(folder: Path, sound: dict[str, bytes]) -> Callable[[tuple[int, int | None]], str]:
    """A function that reads the damaged file of a kind and a number, and says how it ended.

    The kind is told by its place among all; no number stands for the sound file.

    Args:
        folder: folder with a sound file of every kind, each in a folder of its own.
        sound: the sound files.
    """
    from estilo.io import AudioFileWarning

    # A warning of numpy is a fault like any other: something was not expected.
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", AudioFileWarning)
    known = kinds()

    def read(which: tuple[int, int | None]) -> str:
        place, number = which
        kind = known[place]
        path = folder / str(place) / kind.file_name
        is_sound = number is None
        path.write_bytes(sound[kind.name] if is_sound else damaged(kind, sound, number))
        return _ending(kind, path)

    return read


def damaged(kind: Kind, sound: dict[str, bytes], number: int) -> bytes:
    """The damaged file of a number.

    Args:
        kind: its kind.
        sound: the sound files of all kinds.
        number: which one; where files have checksums, those of even ones are right.
    """
    same = [sound[each.name] for each in kinds() if each.read is kind.read]
    others = same if len(same) > 1 else [*sound.values()]
    seed = zlib.crc32(kind.name.encode()) << 32 | number
    data = mutant(sound[kind.name], others, is_text=kind.is_text, number=seed)
    return data if kind.mend is None or number % 2 else kind.mend(data)


def _ending(kind: Kind, path: Path) -> str:
    from estilo.errors import EstiloError

    try:
        for numbers in kind.read(path):
            if not np.isfinite(numbers).all():
                return "not finite"
    except EstiloError as error:
        return "refused" if str(error) and error.exit_code == 2 else "error"
    return "read"


def tried(process: Guarded, place: int, numbers: Sequence[int], sound: dict[str, bytes]) -> Found:
    """Read the damaged files of a kind; what is at fault is kept, with what it did.

    Args:
        process: process with a `reader`.
        place: place of the kind among all.
        numbers: numbers of the damaged files.
        sound: the sound files of all kinds.
    """
    kind = kinds()[place]
    found, counts = Found(kind.name), Counter[str]()
    is_ready = False
    for number in numbers:
        if not is_ready:  # so that loading a library is not counted as reading
            ready = process.do((place, None))
            if ready.ending != "read":
                raise RuntimeError(f"a sound file of the kind {kind.name}: {ready}")
            is_ready = True
        outcome = process.do((place, number))
        is_ready = outcome.ending not in ("crash", "hang")
        if outcome.memory_mb > MOST_MB and outcome.ending not in FAULTS:
            outcome = replace(outcome, ending="memory", detail=f"{outcome.memory_mb:.0f} MB")
        counts[outcome.ending] += 1
        found.most_s = max(found.most_s, outcome.processor_s)
        found.most_mb = max(found.most_mb, outcome.memory_mb)
        if outcome.ending in FAULTS:
            _keep(kind, damaged(kind, sound, number), number, outcome)
    found.counts = dict(counts)
    return found


def _keep(kind: Kind, data: bytes, number: int, outcome: Outcome) -> None:
    path = FOLDER / f"{kind.name}-{number}" / kind.file_name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    (path.parent / "fault.txt").write_text(f"{outcome.ending}\n{outcome.detail}\n")
    print(f"{path}: {outcome.ending}", flush=True)


def all_tried(n_files: int, *, n_jobs: int, log: Path, only: Sequence[str]) -> list[Found]:
    """Try every kind; kinds whose line is in the log already are not tried again.

    Args:
        n_files: number of damaged files together.
        n_jobs: number of processes at once.
        log: file of results, a line for each kind.
        only: kinds that are tried; all where there is none.
    """
    each = -(-n_files // len(kinds()))
    done = {found.kind: found for found in _logged(log) if sum(found.counts.values()) >= each}
    left = [
        place
        for place, kind in enumerate(kinds())
        if kind.name not in done and (not only or kind.name in only)
    ]
    log.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sound = make_all(folder) if left else {}
        free = SimpleQueue[Guarded]()
        for _ in range(n_jobs):
            free.put(stack.enter_context(closing(Guarded(reader, folder, sound))))
        pool = stack.enter_context(ThreadPoolExecutor(n_jobs))

        def work(place: int) -> Found:
            process = free.get()
            try:
                return tried(process, place, range(each), sound)
            finally:
                free.put(process)

        for found in pool.map(work, left):
            done[found.kind] = found
            with log.open("a") as stream:
                stream.write(f"{json.dumps(asdict(found))}\n")
            print(f"{found.kind}: {found.counts}", flush=True)
    return [done[kind.name] for kind in kinds() if kind.name in done]


def _logged(log: Path) -> Iterator[Found]:
    if log.exists():
        for line in log.read_text().splitlines():
            yield Found(**json.loads(line))


def main() -> None:
    """Try all kinds and write the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--files", type=int, default=20_000, help="Damaged files together.")
    parser.add_argument("--jobs", type=int, default=2, help="Processes at once.")
    parser.add_argument("--kind", action="append", default=[], help="Only this kind.")
    given = parser.parse_args()
    log = FOLDER / f"{code_id()}-{given.files}.jsonl"
    rows = all_tried(given.files, n_jobs=given.jobs, log=log, only=given.kind)
    text = (
        f"`python benchmarks mutations --files {given.files}`\n\n"
        "Files of every kind that estilo reads, each damaged by one to four of these: bits "
        "flipped; an end cut off; a block dropped or repeated; a size, a count or another value "
        "set to the end of its range; the beginning of one file before the end of another. The "
        "checksums of every second PNG and Ogg are put right after that. Recordings are read "
        "whole and, where they are refused, as far as they go. Refused are those that end with an "
        "error in words and exit code 2. Faults are: the process died; more than "
        f"{HANG_S:.0f} s of processor time, or a minute without an end; any other error, or a "
        "warning of Python; a number that is not finite; more than "
        f"{MOST_MB:.0f} MB of memory beyond that before the file. estilo reads no SFZ files."
    )
    total = Found("together")
    total.most_s = max(each.most_s for each in rows)
    total.most_mb = max(each.most_mb for each in rows)
    total.counts = dict(sum((Counter(each.counts) for each in rows), Counter[str]()))
    table = [each.row() for each in (*rows, total)]
    write_table("mutations", "Damaged files", [(text, COLUMNS, table)])
