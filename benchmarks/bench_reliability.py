"""Whether a kill or a signal while a result is written costs a file, in every format.

A process writes audio, recipe and picture over older ones, as a transfer does. It is ended at a
point of the writing (half of the runs: a call of the encoder, of the verification or of the
publication) or after a random time. Then the files are decoded to their ends, and once more after a
later run has swept the folder.
"""

import argparse
import json
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from common import write_table
from estilo.audio import Audio
from estilo.cli.signals import Stop
from estilo.errors import AudioFileError
from estilo.io import hidden, load, plan_output, write_audio
from estilo.io.atomic import together
from estilo.io.save import _Tail
from estilo.io.unit import Unit

FORMATS = ("wav", "flac", "ogg", "opus", "mp3", "aiff", "caf")
SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
RATE_HZ = 48_000
POINTS: tuple[tuple[Any, str], ...] = (
    (_Tail, "write"),
    (_Tail, "read"),
    (Unit, "publish"),
    (Unit, "settle"),
    (os, "replace"),
    (os, "unlink"),
)
"""Owners and names of the calls that a signal comes at."""

COUNTS = ("interrupted", "damaged", "old lost", "other recipe", "left over", "wrong exit code")
COLUMNS = ("signal", "runs", *COUNTS)
LENGTHS = {"old": 60_000, "new": 150_000}


@dataclass(frozen=True)
class Case:
    """One run that is ended.

    Args:
        extension: format of the audio.
        number: the signal.
        point: owner and name of the call that it comes at; None for a random time.
        seed: of the number of the call, or of the time.
    """

    extension: str
    number: int
    point: tuple[Any, str] | None
    seed: int


def sound(age: str) -> Audio:
    """Noise of a length that tells which of the two it is."""
    n_samples = LENGTHS[age]
    return Audio(0.1 * np.random.default_rng(0).standard_normal((2, n_samples)), RATE_HZ)


def write(path: Path, audio: Audio, age: str, before_publishing: Callable[[], None]) -> None:
    """Audio, recipe and picture, as `estilo.app.outputs` writes them."""
    encoding = plan_output(
        path,
        sample_rate=RATE_HZ,
        n_channels=2,
        n_samples=audio.n_samples,
        force=True,
    )
    names = [path, path.with_name(f"{path.name}.json"), path.with_name(f"{path.name}.png")]
    with together(names, force=True) as (made, recipe, picture):
        write_audio(audio, path, encoding=encoding, part=made)
        recipe.write_text(json.dumps({"age": age}))
        picture.write_text(age)
        before_publishing()


def child(path: Path, case: Case, audio: Audio) -> None:
    """Write, and be ended on the way; never returns."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    for number in SIGNALS[1:]:
        signal.signal(number, signal.default_int_handler)
    code = 1
    try:
        with Stop() as stop:
            if case.point is not None:
                end_at(*case.point, random.Random(case.seed).randrange(1, 6), case.number)
            write(path, audio, "new", stop.too_late)
            code = 130 if stop.is_set() else 0
    except KeyboardInterrupt:
        code = 130
    finally:
        os._exit(code)


def end_at(owner: Any, name: str, at: int, number: int) -> None:
    """Send a signal at a call of a function, or at its first one where it has only one."""
    before, n_calls = getattr(owner, name), 0
    if owner is Unit:
        at = 1

    def call(*arguments: Any, **options: Any) -> Any:
        nonlocal n_calls
        n_calls += 1
        if n_calls == at:
            os.kill(os.getpid(), number)
        return before(*arguments, **options)

    setattr(owner, name, call)


def run(path: Path, case: Case, audio: Audio) -> Counter[str]:
    """One run over older files, and what is wrong after it."""
    for left in path.parent.iterdir():
        left.unlink()
    write(path, sound("old"), "old", lambda: None)
    pid = os.fork()
    if pid == 0:
        child(path, case, audio)
    if case.point is None:
        time.sleep(random.Random(case.seed).uniform(0.0, 0.3))
        os.kill(pid, case.number)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    found = Counter(told(path))
    found["left over"] += any(
        each.name.startswith(".") for each in path.parent.iterdir() if code == 130
    )
    hidden.sweep(path.parent)
    found.update(told(path))
    found["left over"] += len([*path.parent.iterdir()]) != 3
    found["wrong exit code"] += code not in (0, 130, -case.number)
    found["interrupted"] += code != 0
    return found


def told(path: Path) -> list[str]:
    """What is wrong with the files as they are."""
    try:
        n_samples = load(path).n_samples
    except AudioFileError:
        return ["damaged" if path.exists() else "old lost"]
    ages = [age for age, length in LENGTHS.items() if length == n_samples]
    if not ages:
        return ["damaged"]
    recipe = path.with_name(f"{path.name}.json")
    if recipe.exists() and json.loads(recipe.read_text())["age"] != ages[0]:
        return ["other recipe"]
    return []


def main() -> None:
    """Run all cases and write the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--runs", type=int, default=30, help="Runs of each signal and format.")
    n: int = parser.parse_args().runs
    audio = sound("new")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for number in SIGNALS:
            found: Counter[str] = Counter()
            for extension in FORMATS:
                for seed in range(n):
                    point = POINTS[seed // 2 % len(POINTS)] if seed % 2 else None
                    case = Case(extension, number, point, seed)
                    found += run(Path(folder) / f"out.{extension}", case, audio)
            cells = [found[name] for name in COUNTS]
            rows.append((signal.Signals(number).name, n * len(FORMATS), *cells))
    text = (
        f"`python benchmarks reliability --runs {n}`\n\n"
        "Audio, recipe and picture are written over older ones and interrupted: half of the runs "
        "at a call of encoder, verification or publication, half at a random time. Counted are "
        "runs that really were interrupted, and of all runs: audio that does not decode to the "
        "end of the old or the new recording, audio that is gone, recipes beside audio that they "
        "did not make, hidden files after the next sweep (after a signal, at once), and other "
        "exit codes than those of the signal."
    )
    write_table("reliability", "Files when writing is interrupted", [(text, COLUMNS, rows)])
