"""Methods as points: quality against cost, and the methods that no other one beats."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import ArrayLike

from estilo.errors import InputError
from estilo.plots.labels import place_labels
from estilo.plots.library import own_style
from estilo.plots.panels import FAINT, HUES, INK

_MARKS = ("o", "s", "D", "^", "v", "P", "X", "*")
_PANEL_INCHES = (6.4, 5.2)


@dataclass(frozen=True)
class Point:
    """One method at one setting.

    Args:
        label: text beside the point.
        series: name of the series; its points share a colour and are joined in their order.
        x: horizontal coordinate; less is better.
        y: vertical coordinate; less is better.
        is_control: whether it is grey, as a control for comparison.
    """

    label: str
    series: str
    x: float
    y: float
    is_control: bool = False


@dataclass(frozen=True)
class Panel:
    """One pair of axes.

    Args:
        points: points to draw. Those with a coordinate that is not finite are left out, on a
            logarithmic axis also those that are not positive.
        x_label: label of the horizontal axis, with the unit.
        y_label: label of the vertical axis, with the unit.
        title: title over the axes.
        is_log_x: whether x is on a logarithmic axis.
        guide: an x that is marked by a line, and the text beside it.
    """

    points: Sequence[Point]
    x_label: str
    y_label: str
    title: str = ""
    is_log_x: bool = False
    guide: tuple[float, str] | None = None


@own_style()
def plot_points(panels: Sequence[Panel], *, title: str = "", n_columns: int = 2) -> Figure:
    """Panels of labelled points, each with its Pareto front.

    Args:
        panels: panels in the order to be shown.
        title: title of the whole picture.
        n_columns: number of panels side by side.

    Raises:
        InputError: there is no panel.

    Example:
        >>> points = [Point("a", "a", 0.0, 1.0), Point("b", "b", 1.0, 0.0)]
        >>> len(plot_points([Panel(points, "pitch", "timbre")]).axes)
        1
    """
    if not panels:
        raise InputError("there is no panel to draw; give at least one")
    n_columns = min(n_columns, len(panels))
    n_rows = -(-len(panels) // n_columns)
    width, height = _PANEL_INCHES
    figure = Figure(figsize=(width * n_columns, height * n_rows + 0.5), layout="constrained")
    colours = _colours(panels)
    places = [figure.add_subplot(n_rows, n_columns, place + 1) for place in range(len(panels))]
    for axes, panel in zip(places, panels, strict=True):
        _draw_points(axes, panel, colours)
    if title:
        figure.suptitle(title, fontsize="large", color=INK, parse_math=False)
    # Labels keep clear of each other in pixels, which are known once the axes have their places.
    figure.draw_without_rendering()
    for axes, panel in zip(places, panels, strict=True):
        shown = _shown(panel)
        place_labels(
            axes,
            [(point.x, point.y) for point in shown],
            [point.label for point in shown],
            colours=[_colour(point, colours) for point in shown],
        )
    return figure


def pareto_front(x: ArrayLike, y: ArrayLike) -> list[int]:
    """Points that no other point beats: less is better in both, and a tie in one is no excuse.

    Args:
        x: horizontal coordinates, finite. **Shape** ``(n,)``.
        y: vertical coordinates, finite. **Shape** ``(n,)``.

    Returns:
        Their places, by increasing x; of equal points the first.

    Example:
        >>> pareto_front([0.0, 1.0, 1.0, 2.0], [3.0, 1.0, 2.0, 1.0])
        [0, 1]
    """
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    front: list[int] = []
    lowest = math.inf
    for place in np.lexsort((ys, xs)):
        if ys[place] < lowest:
            front.append(int(place))
            lowest = float(ys[place])
    return front


def _draw_points(axes: Axes, panel: Panel, colours: dict[str, tuple[str, str]]) -> None:
    axes.set_xlabel(panel.x_label)
    axes.set_ylabel(panel.y_label)
    axes.set_title(panel.title, fontsize="medium", color=INK, parse_math=False)
    axes.grid(visible=True, linewidth=0.4, alpha=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    shown = _shown(panel)
    if not shown:
        axes.text(
            0.5, 0.5, "nothing was measured", transform=axes.transAxes, ha="center", va="center"
        )
        return
    if panel.is_log_x:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    front = [shown[i] for i in pareto_front([p.x for p in shown], [p.y for p in shown])]
    axes.step(
        [point.x for point in front],
        [point.y for point in front],
        where="post",
        color=FAINT,
        linewidth=1.2,
        linestyle=(0, (4, 3)),
        alpha=0.6,
        zorder=1,
        label="Pareto front",
    )
    for series in dict.fromkeys(point.series for point in shown):
        line = [point for point in shown if point.series == series]
        hue, mark = colours[series]
        xs, ys = [point.x for point in line], [point.y for point in line]
        axes.plot(xs, ys, color=hue, linewidth=0.9, alpha=0.5, zorder=2)
        axes.scatter(
            xs,
            ys,
            s=[34 if point.is_control else 58 for point in line],
            c=[_colour(point, colours) for point in line],
            marker=mark,
            linewidths=0.6,
            edgecolors="white",
            zorder=3,
        )
    if panel.guide is not None and math.isfinite(panel.guide[0]):
        place, name = panel.guide
        axes.axvline(place, color=INK, linewidth=1.0, linestyle=":", zorder=1, label=name)
    axes.margins(0.12)
    axes.legend(loc="best", fontsize="small", frameon=False)


def _shown(panel: Panel) -> list[Point]:
    return [
        point
        for point in panel.points
        if math.isfinite(point.x)
        and math.isfinite(point.y)
        and not (panel.is_log_x and point.x <= 0.0)
    ]


def _colours(panels: Sequence[Panel]) -> dict[str, tuple[str, str]]:
    """Colour and mark of each series, the same in all panels; controls are grey."""
    points = [point for panel in panels for point in panel.points]
    judged = dict.fromkeys(point.series for point in points if not point.is_control)
    controls = dict.fromkeys(p.series for p in points if p.series not in judged)
    chosen = {
        series: (HUES[place % len(HUES)], _MARKS[place // len(HUES) % len(_MARKS)])
        for place, series in enumerate(judged)
    }
    return chosen | {
        series: (FAINT, _MARKS[place % len(_MARKS)]) for place, series in enumerate(controls)
    }


def _colour(point: Point, colours: dict[str, tuple[str, str]]) -> str:
    return FAINT if point.is_control else colours[point.series][0]
