"""A process of its own that tells how much more memory engines need for longer recordings.

It writes a line of JSON for every engine and role: both, and the most anonymous memory that was
held at once, in bytes, with a recording of the first length and of the second.
"""

import json
import sys
import threading
from pathlib import Path

import numpy as np

import estilo
from estilo.engines import ENGINES
from estilo.engines.notes import engine as notes
from estilo.engines.optimise.settings import OptimiseSettings
from estilo.io import scratch

_QUICK = ("eq", "crossfade", "style", "content")

RATE_HZ = 16_000
SHORT_S, LENGTHS_S = 3.0, (60.0, 240.0)
"""Length of the recording that stays as it is, and both lengths of the long one, in seconds: they
are longer than what engines listen to of a long style."""

ROLES = [
    (name, role)
    for name, settings in ENGINES.usable().items()
    for role in ("style", "content")
    if not settings.chooses_engine and (role == "style" or name in _QUICK)
]
"""All engines with long styles, and with long content those that take little time for it."""

_BLOCK = 1 << 15
_EVERY_S = 0.001
_ODD = 4_000_000  # bytes from which on it is looked at again, as a busy machine misses peaks


def main() -> None:
    """Write all lines."""
    # One step for each window: memory does not depend on their number.
    OptimiseSettings.model_fields["n_steps"].default = 1
    OptimiseSettings.model_rebuild(force=True)
    scratch.IN_MEMORY_BYTES = 1 << 16
    notes.HEARD_OF_STYLE_S = 20.0
    for engine, role in ROLES:
        transfer(engine, role, recording(1.2 * SHORT_S))
        bound_blocks()
        peaks = [peak_of(engine, role, recording(length_s)) for length_s in LENGTHS_S]
        if peaks[1] > peaks[0] + _ODD:
            again = [peak_of(engine, role, recording(length_s)) for length_s in LENGTHS_S]
            peaks = [max(peaks[0], again[0]), min(peaks[1], again[1])]
        sys.stdout.write(json.dumps([engine, role, *peaks]) + "\n")


def transfer(engine: str, role: str, long: estilo.Audio) -> None:
    """A transfer whose output is dropped."""
    pair = (long, recording(SHORT_S)) if role == "content" else (recording(SHORT_S), long)
    estilo.transfer(*pair, engine=engine, scores=False, threads=1)


def recording(duration_s: float) -> estilo.Audio:
    """Notes and hits in stereo, mapped from a file as what is read from one is."""
    time_s = np.arange(round(duration_s * RATE_HZ), dtype=np.float32) / RATE_HZ
    samples, since_s = scratch.scratch_array((2, len(time_s))), time_s % 0.5
    hiss = np.random.default_rng(0).standard_normal(len(time_s), np.float32)
    pitch_hz = 220.0 * 2.0 ** (np.floor(time_s / 0.5) % 5 / 6)
    samples[0] = 0.2 * np.sin(2 * np.pi * pitch_hz * since_s) * np.exp(-3 * since_s)
    samples[1] = 0.7 * samples[0] + 0.1 * hiss * np.exp(-40 * since_s)
    return estilo.Audio(samples, RATE_HZ)


def bound_blocks() -> None:
    """Make all blocks short, so that the shorter recording has many of them too."""
    for name, module in list(sys.modules.items()):
        for constant in ("_BLOCK", "BLOCK"):
            value = getattr(module, constant, None) if name.startswith("estilo.") else None
            if isinstance(value, int):
                setattr(module, constant, min(value, _BLOCK))


def peak_of(engine: str, role: str, long: estilo.Audio) -> int:
    """The most anonymous memory that a transfer holds at once, in bytes."""
    peak, is_over = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not is_over.wait(_EVERY_S):
            peak = max(peak, anonymous_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        transfer(engine, role, long)
    finally:
        is_over.set()
        watcher.join()
    return peak


def anonymous_bytes() -> int:
    """Anonymous memory of this process now, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


if __name__ == "__main__":
    main()
