"""Short stretches of long or many files, without the checks that a stranger's file needs."""

from os import PathLike

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from estilo.errors import AudioFileError


def read_slice(path: str | PathLike[str], start: int, n_samples: int) -> NDArray[np.float32]:
    """A stretch of the first channel; silence where it reaches past the file's ends.

    Args:
        path: a file that estilo wrote.
        start: first sample; may be negative.
        n_samples: length of the result.

    **Shape**: ``(n_samples,)``.

    Raises:
        AudioFileError: the file cannot be read.
    """
    out = np.zeros(n_samples, dtype=np.float32)
    first = max(start, 0)
    try:
        with sf.SoundFile(path) as file:
            stop = min(start + n_samples, file.frames)
            if stop > first:
                file.seek(first)
                read = file.read(stop - first, dtype="float32", always_2d=True)[:, 0]
                out[first - start : first - start + len(read)] = read
    except (sf.LibsndfileError, OSError) as error:
        raise AudioFileError(f"{path} cannot be read: {error}; make the dataset anew") from error
    return out
