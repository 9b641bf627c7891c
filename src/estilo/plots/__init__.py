"""Pictures of recordings and of transfers; matplotlib's objects only, never its global state."""

from estilo.plots.library import load

load()  # before anything below imports from it

from estilo.plots.figures import plot_recordings, plot_transfer, png  # noqa: E402
from estilo.plots.roll import plot_notes  # noqa: E402

__all__ = ["plot_notes", "plot_recordings", "plot_transfer", "png"]
