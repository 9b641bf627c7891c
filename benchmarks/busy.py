"""Other work on the machine, for rows that say what it costs to run beside it."""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass


@contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Processes that compute without a pause, one thread each, for the time of the context.

    Args:
        count: number of processes.
    """
    with ExitStack() as stack:
        for _ in range(count):
            process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            stack.callback(process.wait)
            stack.callback(process.kill)
        yield


@dataclass(frozen=True)
class Cost:
    """What a command took.

    Args:
        wall_s: time of the wall, in seconds.
        processor_s: processor time of the command and of all that it started, in seconds.
        said: what it wrote to stdout.
    """

    wall_s: float
    processor_s: float
    said: str


def cost_of(command: Sequence[str]) -> Cost:
    """Run a command and measure it.

    Args:
        command: program and arguments.
    """
    before, start_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    wall_s, after = time.perf_counter() - start_s, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Cost(wall_s, processor_s, done.stdout)


def with_count(count: int) -> str:
    """How a table says what ran beside a case.

    Args:
        count: number of busy processes.
    """
    return ("alone", "beside a busy process", "beside two busy processes")[count]
