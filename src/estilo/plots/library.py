"""matplotlib, whatever the program around it, its environment or its user's files have set."""

import contextlib
import io
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

# One at a time: its settings are of the process, and nothing in it is made for several threads.
_lock = threading.RLock()


def load() -> None:
    """Load matplotlib, though ``MPLBACKEND`` may name what is not there: pictures need no window.

    What it names stays the choice of whoever opens windows with pyplot afterwards.
    """
    if "matplotlib" in sys.modules:
        return
    backend = os.environ.pop("MPLBACKEND", None)  # which would be looked up while it is loaded
    try:
        import matplotlib as mpl
    finally:
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
    if backend:
        with contextlib.suppress(ValueError):
            mpl.rcParams["backend"] = backend


@contextmanager
def own_style() -> Iterator[None]:
    """Matplotlib's own defaults, not those of the caller or of a ``matplotlibrc``, for a time.

    Someone's style may ask for LaTeX or for fonts that are not there. It decorates functions too.
    """
    import matplotlib as mpl

    with _lock, mpl.rc_context():
        mpl.rcdefaults()
        yield


def pixels_of(png: bytes) -> np.ndarray:
    """The pixels of a PNG, from 0 to 1.

    **Shape**: ``(rows, columns)``, or ``(rows, columns, 3 or 4)`` where there are colours.

    Args:
        png: bytes of the file.
    """
    from matplotlib.image import imread

    return np.asarray(imread(io.BytesIO(png), format="png"), dtype=np.float32)
