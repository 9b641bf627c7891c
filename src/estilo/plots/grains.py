"""A picture of the seconds of the styles that an output was copied from."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.ticker import MaxNLocator

from estilo.engines.grains import Grain
from estilo.plots.panels import HUES, INK, mark_time

_LEAST_OPACITY = 0.35


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
    axes.set_title("where the grains are from", fontsize="medium", color=INK)
    axes.set_ylabel("time in the style (s)")
    axes.grid(visible=True, linewidth=0.4, alpha=0.5)
    mark_time(axes, duration_s)
    styles = sorted({grain.style for grain in grains})
    if len(styles) > 1:
        for style in styles[: len(HUES)]:
            hue = HUES[style % len(HUES)]
            axes.plot([], [], color=hue, linewidth=3, label=f"style {style + 1}")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize="small")
