"""The memory that a command holds itself, without what is only mapped from files."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_EVERY_S = 0.01


@dataclass(frozen=True)
class Use:
    """What a command took.

    Args:
        peak_mb: the most anonymous memory that it held at once, in MB (10⁶ bytes). Pages of mapped
            files do not count: the system drops them where memory is short.
        wall_s: time of the wall, in seconds.
        processor_s: processor time, in seconds.
        said: what it wrote to stdout and stderr.
        code: its exit status.
    """

    peak_mb: float
    wall_s: float
    processor_s: float
    said: str
    code: int


def use_of(command: Sequence[str], *, log: Path) -> Use:
    """Run a command and watch its anonymous memory, a hundred times a second.

    Args:
        command: program and arguments.
        log: file for what it writes.

    Raises:
        FileNotFoundError: the system has no ``/proc``, as only Linux has.
    """
    start_s, peak_kb = time.perf_counter(), 0
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT)
        status, usage = 0, None
        try:
            while usage is None:
                peak_kb = max(peak_kb, _anonymous_kb(process.pid))
                ended, status, used = os.wait4(process.pid, os.WNOHANG)
                if ended:
                    usage = used
                else:
                    time.sleep(_EVERY_S)
        except BaseException:
            process.kill()
            process.wait()
            raise
    process.returncode = os.waitstatus_to_exitcode(status)
    return Use(
        peak_mb=peak_kb * 1024 / 1e6,
        wall_s=time.perf_counter() - start_s,
        processor_s=usage.ru_utime + usage.ru_stime,
        said=log.read_text(encoding="utf-8", errors="replace"),
        code=process.returncode,
    )


def _anonymous_kb(process_id: int) -> int:
    lines = Path(f"/proc/{process_id}/status").read_text(encoding="utf-8").splitlines()
    # One that has just ended has no memory any more.
    return next((int(line.split()[1]) for line in lines if line.startswith("RssAnon")), 0)
