"""Whether a kill or a signal costs a file, whatever estilo writes.

Commands write over what the same ones wrote before, and are ended on the way: half of them at a
step of the writing (a write of the encoder, a read of the verification, a change of the folder),
half after a random time. Then all files are decoded to their ends, at once and after a later run
has swept the folder.
"""

import argparse
import hashlib
import json
import random
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common import RUNS, code_id, write_table
from estilo.audio import Audio
from estilo.errors import EstiloError
from estilo.io import hidden, load, save
from estilo.io.png import plain_png
from estilo.io.unit import remove
from estilo.pipeline.report import read_report
from estilo.sampler.midi_reading import read_midi
from killing import Ending, ended

RATE_HZ = 16_000
FORMATS = ("wav", "flac", "ogg", "opus", "mp3", "aiff", "caf", "m4a")
SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
COUNTS = (
    "interrupted",
    "damaged",
    "lost",
    "does not fit",
    "left over",
    "wrong words",
    "wrong exit code",
)
COLUMNS = ("signal", "runs", "at a step", *COUNTS)
AGES = ("old", "new")


@dataclass(frozen=True)
class Command:
    """A command, and what it writes.

    Args:
        name: of the kind, in the log.
        arguments: of the command; ``{age}`` stands for the recording, ``{folder}`` for the folder.
        names: files that it writes, but for the folder of an instrument.
        age: tells which recording the files were made of, and raises where one is damaged or does
            not belong to another.
    """

    name: str
    arguments: tuple[str, ...]
    names: tuple[str, ...]
    age: Callable[[Path], str]


class MisfitError(Exception):
    """Two files are there that do not belong together."""


def _age_of_audio(path: Path) -> str:
    """By its length; the recipe tells by a hash whether it is that of the audio."""
    n_samples = load(path).n_samples
    recipe = path.with_name(f"{path.name}.json")
    if recipe.exists():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if read_report(recipe).output.sha256 != digest:
            raise MisfitError
    _check_picture(path.with_name(f"{path.name}.png"))
    return {LENGTHS[age]: age for age in AGES}[n_samples]


def _age_of_midi(path: Path) -> str:
    return _age_of_pitch(read_midi(path).notes[0].pitch)


def _age_of_instrument(path: Path) -> str:
    """By the key of its samples, all of which have to be there and whole."""
    ages = set()
    for line in path.read_text().splitlines()[1:]:
        sample = path.parent / line.partition("sample=")[2]
        if not sample.exists():
            raise MisfitError
        load(sample)
        ages.add(_age_of_pitch(float(line.partition("pitch_keycenter=")[2].split()[0])))
    if len(ages) != 1:
        raise MisfitError
    return ages.pop()


def _age_of_pitch(pitch: float) -> str:
    return min(AGES, key=lambda age: abs(PITCHES[age] - pitch))


def _check_picture(path: Path) -> None:
    if path.exists():
        plain_png(path.read_bytes(), most_pixels=2**24)


LENGTHS = {"old": 9_600, "new": 12_800}
PITCHES = {"old": 57.0, "new": 64.0}


def _transfer(extension: str, *more: str) -> Command:
    name = f"out.{extension}"
    arguments = ("transfer", "{inputs}/{age}.wav", "{inputs}/style.wav", "-o", "{folder}/" + name)
    options = ("--engine", "crossfade", "--no-scores", "--threads", "1", "--force", *more)
    pictures = (f"{name}.png",) if more else ()
    label = f"transfer to {extension}{' with a picture' if more else ''}"
    return Command(label, (*arguments, *options), (name, f"{name}.json", *pictures), _age_of_audio)


COMMANDS = (
    *(_transfer(extension) for extension in FORMATS),
    _transfer("flac", "--plot"),
    Command(
        "notes",
        ("notes", "{inputs}/{age}.wav", "-o", "{folder}/out.mid", "--force"),
        ("out.mid",),
        _age_of_midi,
    ),
    Command(
        "instrument",
        ("instrument", "{inputs}/{age}.wav", "-o", "{folder}/out.sfz", "--force"),
        ("out.sfz",),
        _age_of_instrument,
    ),
)


def make_inputs(folder: Path) -> None:
    """The recordings of both ages and a style.

    Args:
        folder: folder that they are written to.
    """
    for name, pitch in (*PITCHES.items(), ("style", 50.0)):
        n_samples = LENGTHS.get(name, 8_000)
        time_s = np.arange(n_samples) / RATE_HZ
        hz = 440.0 * 2 ** ((pitch - 69.0) / 12.0)
        sound = sum(np.sin(2 * np.pi * hz * k * time_s) / k for k in range(1, 6))
        is_on = (time_s > 0.05) & (time_s < 0.45)
        save(Audio(0.1 * sound * is_on, RATE_HZ), folder / f"{name}.wav", force=True)


@dataclass(frozen=True)
class Usual:
    """A command that is not ended.

    Args:
        n_steps: steps that it has.
        wall_s: time that it takes, in seconds.
        old: folder with what it writes.
    """

    n_steps: int
    wall_s: float
    old: Path


def arguments_of(command: Command, age: str, root: Path) -> list[str]:
    """What is typed.

    Args:
        command: the command.
        age: recording that it is to read.
        root: folder of inputs and outputs.
    """
    places = {"age": age, "inputs": root / "inputs", "folder": root / "folder"}
    return [*(each.format(**places) for each in command.arguments), "--quiet"]


def usual(command: Command, root: Path) -> Usual:
    """How a command goes that nobody ends.

    It is done here first, so that everything is loaded, and then as it is when it is ended.

    Args:
        command: the command.
        root: folder of inputs and outputs.
    """
    from estilo.cli import main

    arguments = arguments_of(command, "old", root)
    _emptied(root / "folder")
    if main(arguments) != 0:
        raise RuntimeError(f"{command.name} does not work")
    old = Path(shutil.copytree(root / "folder", root / command.name))
    done = ended(arguments, None, log=root / "said")
    if done.code != 0:
        raise RuntimeError(f"{command.name}: {done}")
    return Usual(done.n_steps, done.wall_s, old)


def _emptied(folder: Path) -> None:
    remove(folder)
    folder.mkdir()


def run(command: Command, number: int, seed: int, root: Path, known: Usual) -> Counter[str]:
    """End a command that writes over older files, and tell what is wrong after it.

    Args:
        command: the command.
        number: the signal.
        seed: tells when; an even one at a step, an odd one after a time.
        root: folder of inputs and outputs.
        known: how the command goes otherwise.
    """
    folder, drawn = root / "folder", random.Random(seed)
    _emptied(folder)
    shutil.copytree(known.old, folder, dirs_exist_ok=True)
    at_step = Ending(number, step=drawn.randint(1, known.n_steps))
    ending = Ending(number, after_s=drawn.uniform(0.0, known.wall_s)) if seed % 2 else at_step
    done = ended(arguments_of(command, "new", root), ending, log=root / "said")
    n_before = sum(each.name.startswith(".") for each in folder.iterdir())
    amid = state(command, folder)
    hidden.sweep(folder)
    after = state(command, folder)
    found = Counter({each for each in (amid, after) if each not in AGES})
    # What nobody kept from its end leaves nothing, and a kill nothing after the next run.
    is_left = number != signal.SIGKILL and n_before > 0
    found["left over"] += is_left or not _is_tidy(command, folder)
    found["wrong words"] += "nothing was written" in done.said and after != "old"
    found["wrong exit code"] += done.code not in (0, 130, -number)
    found["interrupted"] += done.code != 0
    if set(found.elements()) - {"interrupted"}:
        print(command.name, signal.Signals(number).name, ending, amid, after, done, flush=True)
    return found


def state(command: Command, folder: Path) -> str:
    """The age of the files, or what is wrong with them.

    Args:
        command: command that wrote them.
        folder: folder that they are in.
    """
    path = folder / command.names[0]
    if not path.exists():
        return "lost"
    try:
        return command.age(path)
    except MisfitError:
        return "does not fit"
    except (EstiloError, OSError, ValueError, KeyError, IndexError):
        return "damaged"


def _is_tidy(command: Command, folder: Path) -> bool:
    """Whether there is what the command writes, and nothing else."""
    names = {each.name for each in folder.iterdir()}
    others = names - set(command.names)
    if command.age is _age_of_instrument:
        return len(others) == 1 and others.pop().startswith("out samples")
    return names == set(command.names)


def campaign(n_kills: int, n_signals: int, *, log: Path) -> list[tuple[str, int, Counter[str]]]:
    """End all commands by turns; runs that are in the log are not done again.

    Args:
        n_kills: runs that are killed.
        n_signals: runs that get each of the other signals.
        log: file of results, a line for each run.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    lines = log.read_text().splitlines() if log.exists() else []
    done = {(each["signal"], each["seed"]): each for each in map(json.loads, lines)}
    totals = []
    with tempfile.TemporaryDirectory() as name, log.open("a") as stream:
        known: dict[str, Usual] = {}
        root = Path(name)
        (root / "inputs").mkdir()
        make_inputs(root / "inputs")
        for number in SIGNALS:
            n, total = n_kills if number == signal.SIGKILL else n_signals, Counter[str]()
            for seed in range(n):
                key = signal.Signals(number).name, seed
                if key not in done:
                    found = _one(number, seed, root, known)
                    line = {"signal": key[0], "seed": seed, "found": dict(found)}
                    stream.write(f"{json.dumps(line)}\n")
                    stream.flush()
                    done[key] = line
                total.update(done[key]["found"])
            totals.append((signal.Signals(number).name, n, total))
    return totals


def _one(number: int, seed: int, root: Path, known: dict[str, Usual]) -> Counter[str]:
    command = COMMANDS[seed // 2 % len(COMMANDS)]
    if command.name not in known:
        known[command.name] = usual(command, root)
    return run(command, number, seed, root, known[command.name])


def main() -> None:
    """End all commands and write the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--kills", type=int, default=300, help="Runs that are killed.")
    parser.add_argument("--signals", type=int, default=100, help="Runs of each other signal.")
    given = parser.parse_args()
    log = RUNS / "reliability" / f"{code_id()}.jsonl"
    totals = campaign(given.kills, given.signals, log=log)
    rows = [(name, n, n - n // 2, *(total[each] for each in COUNTS)) for name, n, total in totals]
    names = ", ".join(each.name for each in COMMANDS)
    text = (
        f"`python benchmarks reliability --kills {given.kills} --signals {given.signals}`\n\n"
        f"By turns: {names}. Each writes over what the same command made of another recording, and "
        "is ended: half of the runs at a step (a write of the encoder, a read of the verification, "
        "an `fsync`, a file that is opened to be written, a rename or another change of a folder), "
        "half at a random time. Counted are runs that really were interrupted, and of all runs, "
        "at once and after the next sweep of the folder: files that do not decode to the end of "
        "the old or the new recording; files that are gone; recipes beside audio that they did not "
        "make, and instruments without their samples; what is left over after the next sweep "
        "(after a signal, at once); runs that say that nothing was written where the new files "
        "are there; and other exit codes than those of the signal."
    )
    write_table("reliability", "Files when writing is interrupted", [(text, COLUMNS, rows)])
