"""The log of a training: a line of JSON per step, and TensorBoard where it is installed."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from estilo.io.atomic import output_error, write_atomic

LOG = "log.jsonl"
_EVERY = 20  # steps from one point of TensorBoard's curves to the next


class Log:
    """Write the lines of JSON and TensorBoard's events.

    Args:
        folder: folder for ``log.jsonl`` and TensorBoard's events.
        step: number of steps that were done before; what an interrupted training had logged after
            them is dropped.

    Raises:
        OutputError: the log cannot be written.
    """

    def __init__(self, folder: Path, *, step: int) -> None:
        self.path = folder / LOG
        with self._telling():
            if self.path.is_file():
                lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
                kept = "".join(f"{line}\n" for line in _until(lines, step))
                write_atomic(self.path, kept.encode(), force=True)
            self._file = self.path.open("a", encoding="utf-8")
        self._board = _board(folder, step)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if self._board is not None:
            self._board.close()

    def write(self, step: int, figures: Mapping[str, Any]) -> None:
        """Write the figures of a step; those that are not finite are null in the line.

        Args:
            step: number of the step.
            figures: numbers by name.
        """
        with self._telling():
            self._file.write(json.dumps({"step": step} | _finite(figures), allow_nan=False) + "\n")
            self._file.flush()
        if self._board is not None and (step % _EVERY == 0 or "validation" in figures):
            for name, value in _flat(figures).items():
                self._board.add_scalar(name, value, step)

    def sound(self, step: int, name: str, waveform: NDArray, *, sample_rate: int) -> None:
        """Give TensorBoard a sound to play.

        Args:
            step: number of the step.
            name: title of the sound.
            waveform: samples, ``(time,)``.
            sample_rate: sample rate in Hz.
        """
        if self._board is not None:
            waveform = waveform / max(1.0, float(np.abs(waveform).max()))
            self._board.add_audio(name, waveform[None], step, sample_rate=sample_rate)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise output_error(self.path, error) from error


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The lines of a log, oldest first."""
    return [json.loads(line) for line in (folder / LOG).read_text(encoding="utf-8").splitlines()]


def _board(folder: Path, step: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder / "tensorboard"), purge_step=step + 1)


def _until(lines: Sequence[str], step: int) -> Sequence[str]:
    """The lines up to the last one of a step, which is there twice after a step back."""
    steps = [_step(line) for line in lines]
    if step in steps:
        return lines[: len(steps) - steps[::-1].index(step)]
    first = next((place for place, each in enumerate(steps) if each > step), len(lines))
    return lines[:first]


def _step(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return math.inf  # broken off when it was killed


def _finite(figures: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            out[name] = _finite(value)
        else:
            out[name] = value if math.isfinite(value) else None
    return out


def _flat(figures: Mapping[str, Any]) -> dict[str, float]:
    out: dict[str, float] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            out |= {f"{name}/{inner}": each for inner, each in _flat(value).items()}
        elif math.isfinite(value):
            out[name] = float(value)
    return out
