"""Pictures of recordings and of transfers; matplotlib's objects only, never its global state."""

from estilo.plots.figures import plot_recordings, plot_transfer, png

__all__ = ["plot_recordings", "plot_transfer", "png"]
