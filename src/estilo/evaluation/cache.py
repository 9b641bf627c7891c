"""Where rendered recordings and other things that can be made again are kept."""

import os
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_path

from estilo.audio import Audio
from estilo.evaluation.folders import make_folder
from estilo.io import load, save
from estilo.io.atomic import write_atomic


def cache_folder() -> Path:
    """The folder in the environment variable ``ESTILO_CACHE``, or the user's cache folder."""
    own = os.environ.get("ESTILO_CACHE")
    return Path(own) if own else user_cache_path("estilo", appauthor=False)


def cached(name: str, make: Callable[[], Audio]) -> Audio:
    """A recording from the cache, made and put there the first time.

    It is kept as 24-bit FLAC, which holds no date: the same recording gives the same bytes. What
    comes back is always what was kept, so that the first time equals all later ones.

    Args:
        name: path in the cache, without extension.
        make: renders it.

    Raises:
        OutputError: it cannot be written.
    """
    path = cache_folder() / f"{name}.flac"
    if not path.is_file():
        make_folder(path.parent)
        # Two processes may render the same recording: equal bytes, so the last one may win.
        save(make(), path, bit_depth="24", force=True)
    return load(path)


def cached_text(name: str, make: Callable[[], str]) -> str:
    """A text from the cache, made and put there the first time.

    Args:
        name: path in the cache, with extension.
        make: writes it.

    Raises:
        OutputError: it cannot be written.
    """
    path = cache_folder() / name
    if not path.is_file():
        make_folder(path.parent)
        write_atomic(path, make().encode(), force=True)
    return path.read_text(encoding="utf-8")
