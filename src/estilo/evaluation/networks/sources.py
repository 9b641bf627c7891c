"""Features of many sources, rendered some at a time and kept in the cache."""

import logging
import time
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from estilo.evaluation.cache import cache_folder

Split = Literal["train", "validation", "test"]

SPLITS: dict[Split, int] = {"train": 1, "validation": 2, "test": 3}
"""Second word of the seeds, after `estilo.metrics.timbre_network.METRIC_SEED`."""

_PER_FILE = 100
_log = logging.getLogger(__name__)


class Rendered(NamedTuple):
    """Features of many sources, and what they cost.

    Args:
        features: **shape** ``(n_sources, ...)``, float16.
        cpu_s: processor time that they took to render, in seconds.
    """

    features: NDArray[np.float16]
    cpu_s: float


def rendered_sources(
    n_sources: int, *, folder: str, features_of: Callable[[int], NDArray]
) -> Rendered:
    """Features of the first sources, from the cache where they are there.

    Args:
        n_sources: number of sources.
        folder: below the cache folder; names all that the features depend on but the number.
        features_of: features of a source by its number, from 0.
    """
    rows: list[NDArray[np.float16]] = []
    cpu_s = 0.0
    for start in range(0, n_sources, _PER_FILE):
        file = cache_folder() / folder / f"{start}.npz"
        if not file.is_file():
            began_s = time.process_time()
            new = np.stack([features_of(i) for i in range(start, start + _PER_FILE)])
            file.parent.mkdir(parents=True, exist_ok=True)
            taken_s = time.process_time() - began_s
            np.savez(file, features=new.astype(np.float16), cpu_s=taken_s)
            _log.info("rendered %s %d", folder, start + _PER_FILE)
        with np.load(file) as kept:
            rows.append(kept["features"])
            cpu_s += float(kept["cpu_s"])
    return Rendered(np.concatenate(rows)[:n_sources], cpu_s)


def costs(*rendered: Rendered, fitted_s: float) -> dict[str, object]:
    """What a card says of the time that a training took.

    Args:
        rendered: the sources that were rendered for it.
        fitted_s: processor time of the steps, in seconds.

    Example:
        >>> costs(Rendered(np.zeros((1, 1), dtype=np.float16), 90.0), fitted_s=30.0)
        {'hardware': 'one CPU core', 'minutes_rendering': 1.5, 'minutes_fitting': 0.5}
    """
    return {
        "hardware": "one CPU core",
        "minutes_rendering": round(sum(each.cpu_s for each in rendered) / 60.0, 1),
        "minutes_fitting": round(fitted_s / 60.0, 1),
    }
