"""Clips in a folder: mono WAV of 16 bits at 48 kHz, all of them equally loud."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from estilo.audio import Audio
from estilo.io import save
from estilo.io.atomic import output_error, write_atomic

SAMPLE_RATE = 48000
_RMS = 0.1
_PEAK = 0.9
_IGNORE = b"# Made by estilo: clips can be made again, and belong into no repository.\n*\n"


def make_folder(folder: Path) -> None:
    """Make the folder of a dataset; a new one is left out by git.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_new = not any(folder.iterdir())
    except OSError as error:
        raise output_error(folder, error) from error
    if is_new:
        write_atomic(folder / ".gitignore", _IGNORE, force=True)


def write_clip(samples: NDArray, path: Path) -> None:
    """Write one clip, in place of what was there; whole or not at all.

    Args:
        samples: ``(time,)`` at `SAMPLE_RATE`.
        path: path of the WAV file; its folder is made.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(path, error) from error
    save(Audio(samples[None], SAMPLE_RATE), path, bit_depth="16", force=True)


def normalised(samples: NDArray) -> NDArray[np.float32]:
    """Samples with an RMS of 0.1, less where peaks would pass 0.9; silence stays silent.

    **Shape**: ``(time,)`` to ``(time,)``.

    Example:
        >>> float(np.abs(normalised(np.array([0.0, 2.0, -2.0, 0.0]))).max())
        0.1414213627576828
    """
    rms, peak = np.sqrt(np.mean(np.square(samples, dtype=np.float64))), np.abs(samples).max()
    if peak == 0.0:
        return samples.astype(np.float32)
    return (samples * np.float32(min(_RMS / rms, _PEAK / peak))).astype(np.float32)
