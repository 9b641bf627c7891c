"""A picture of the seconds of the styles that an output was copied from."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.ticker import MaxNLocator

from estilo.engines.grains import Grain
from estilo.plots.panels import HUES, INK, mark_time
from estilo.units import midi_to_hz

_LEAST_OPACITY = 0.35


def draw_played(axes: Axes, grains: Sequence[Grain]) -> None:
    """The notes that grains play as lines over a spectrogram, each from a dot where it starts.

    Args:
        axes: axes with a spectrogram on them, whose height is the logarithm of the frequency.
        grains: stretches that were copied; those that play no note are left out.
    """
    played = [grain for grain in grains if grain.pitch is not None]
    heights = [float(np.log10(midi_to_hz(grain.pitch or 0.0))) for grain in played]
    lines = [
        [(grain.start_s, height), (grain.stop_s, height)]
        for grain, height in zip(played, heights, strict=True)
    ]
    axes.add_collection(LineCollection(lines, colors="w", linewidths=1.0), autolim=False)
    starts_s = [grain.start_s for grain in played]
    hues = [HUES[grain.style % len(HUES)] for grain in played]
    limits = axes.get_xlim(), axes.get_ylim()
    axes.scatter(starts_s, heights, s=9.0, c=hues, edgecolors="w", linewidths=0.4, zorder=3)
    axes.set(xlim=limits[0], ylim=limits[1])


def draw_grains(axes: Axes, grains: Sequence[Grain], *, duration_s: float) -> None:
    """Stretches as lines over both times: played on they rise, the steeper the higher transposed.

    Every style has a colour; the larger its share of the sound, the darker and broader a line.

    Args:
        axes: axes to draw on.
        grains: stretches that were copied.
        duration_s: duration of the output, in seconds.
    """
    shares = np.array([grain.share for grain in grains])
    axes.add_collection(
        LineCollection(
            [
                [(grain.start_s, grain.style_start_s), (grain.stop_s, grain.style_stop_s)]
                for grain in grains
            ],
            colors=[
                to_rgba(HUES[grain.style % len(HUES)], max(_LEAST_OPACITY, grain.share))
                for grain in grains
            ],
            linewidths=1.0 + 3.0 * shares,
            capstyle="butt",
        )
    )
    longest_s = max(grain.style_stop_s for grain in grains)
    axes.set_xlim(0.0, duration_s)
    axes.set_ylim(-0.03 * longest_s, 1.05 * longest_s)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    plays_notes = any(grain.pitch is not None for grain in grains)
    title = (
        "which part of the style plays each note" if plays_notes else "where the grains are from"
    )
    axes.set_title(title, fontsize="medium", color=INK)
    axes.set_ylabel("time in the style (s)")
    axes.grid(visible=True, linewidth=0.4, alpha=0.5)
    mark_time(axes, duration_s)
    styles = sorted({grain.style for grain in grains})
    if len(styles) > 1:
        for style in styles[: len(HUES)]:
            hue = HUES[style % len(HUES)]
            axes.plot([], [], color=hue, linewidth=3, label=f"style {style + 1}")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize="small")
