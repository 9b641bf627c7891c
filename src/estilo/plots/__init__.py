"""Pictures of recordings and of transfers; matplotlib's objects only, never its global state."""

from estilo.plots.figures import plot_recordings, plot_transfer, png
from estilo.plots.roll import plot_notes

__all__ = ["plot_notes", "plot_recordings", "plot_transfer", "png"]
