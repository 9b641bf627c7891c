"""Programs that tests start, and what runs of them."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    """Python on its way through a text, which can import the helpers and what the caller can."""
    folders = [str(Path(__file__).parent), os.environ.get("PYTHONPATH")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, folders))}
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


class Process(NamedTuple):
    """A process that has not ended."""

    number: int
    parent: int
    command: str


def processes() -> list[Process]:
    """All that run, without those that only wait for their parent to ask how they ended.

    From /proc where there is one, as a small Linux has no ps.
    """
    if not Path("/proc/self/stat").exists():
        return _from_ps()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        except OSError:  # it has ended meanwhile
            continue
        if state != "Z":
            found.append(Process(int(folder.name), int(parent), command))
    return found


def _from_ps() -> list[Process]:
    command = ["ps", "-A", "-o", "pid=,ppid=,stat=,args="]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [line.split(maxsplit=3) for line in lines]
    return [Process(int(row[0]), int(row[1]), row[-1]) for row in rows if "Z" not in row[2]]


def children_of(number: int) -> set[int]:
    """Numbers of the processes that a process has started."""
    return {each.number for each in processes() if each.parent == number}


def are_alive(numbers: set[int]) -> bool:
    """Whether one of these processes runs."""
    return any(each.number in numbers for each in processes())
