"""Labels beside points, where they hide neither points nor each other."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox

_REACHES = (6.0, 11.0, 18.0, 28.0, 40.0, 54.0)  # in points
_ANGLES = np.deg2rad(np.array([0.0, 180.0, 45.0, -45.0, 135.0, -135.0, 90.0, -90.0]))
_LEADER_FROM = 15.0
_POINT_PIXELS = 6.0


def place_labels(
    axes: Axes,
    points: Sequence[tuple[float, float]],
    labels: Sequence[str],
    *,
    colours: Sequence[str],
    font_size: float = 7.5,
) -> None:
    """Write a label beside each point, the nearer the better; far ones have a line to their point.

    Greedy: each label takes the first of 48 places that is free, or else the least crowded one. The
    figure must have been laid out before (`matplotlib.figure.Figure.draw_without_rendering`).

    Args:
        axes: axes to draw on.
        points: positions in the units of the axes.
        labels: one text per point.
        colours: one colour per label.
        font_size: size of the font, in points.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None  # noqa: S101 - axes of a figure
    renderer = FigureCanvasAgg(figure).get_renderer()
    scale = figure.dpi / 72.0
    pixels = axes.transData.transform(np.asarray(points, dtype=float).reshape(-1, 2))
    taken = [
        Bbox.from_bounds(x - _POINT_PIXELS, y - _POINT_PIXELS, 2 * _POINT_PIXELS, 2 * _POINT_PIXELS)
        for x, y in pixels
    ]
    legend = axes.get_legend()
    if legend is not None:
        taken.append(legend.get_window_extent(renderer))
    frame = axes.get_window_extent(renderer)
    for (x, y), place, label, colour in zip(points, pixels, labels, colours, strict=True):
        text = axes.annotate(
            label,
            (x, y),
            xytext=(0.0, 0.0),
            textcoords="offset points",
            fontsize=font_size,
            color=colour,
            va="center",
            parse_math=False,
            annotation_clip=False,
            zorder=4,
            path_effects=[withStroke(linewidth=2.0, foreground="white")],
        )
        size = text.get_window_extent(renderer)
        chosen = min(
            _candidates(place, size.width, size.height, scale),
            key=lambda each: _crowding(each.box, taken, frame),
        )
        # Held at the edge that is near the point: a text's width is another at another resolution.
        text.set_horizontalalignment(chosen.alignment)
        text.set_position(chosen.offset)
        taken.append(chosen.box)
        _lead(axes, place, chosen.box, colour=colour, scale=scale)


class _Candidate(NamedTuple):
    """A place for a label: its anchor from the point, in points, and its box, in pixels."""

    offset: tuple[float, float]
    alignment: Literal["left", "center", "right"]
    box: Bbox


def _candidates(
    place: np.ndarray, width: float, height: float, scale: float
) -> Iterator[_Candidate]:
    """Places for a label, from the nearest to the farthest."""
    for reach in _REACHES:
        for angle in _ANGLES:
            side, up = round(np.cos(angle), 6), round(np.sin(angle), 6)
            x = reach * scale * side
            y = reach * scale * up + 0.5 * height * np.sign(up)
            alignment = "center" if side == 0.0 else "left" if side > 0.0 else "right"
            left = {"left": x, "center": x - 0.5 * width, "right": x - width}[alignment]
            box = Bbox.from_bounds(place[0] + left, place[1] + y - 0.5 * height, width, height)
            yield _Candidate((float(x / scale), float(y / scale)), alignment, box)


def _crowding(box: Bbox, taken: Sequence[Bbox], frame: Bbox) -> float:
    """Area in pixels that a label shares with others, or has outside the axes."""
    hidden = sum(_shared(box, other) for other in taken)
    return hidden + 3.0 * (box.width * box.height - _shared(box, frame))


def _shared(one: Bbox, other: Bbox) -> float:
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return width * height if width > 0.0 and height > 0.0 else 0.0


def _lead(axes: Axes, place: np.ndarray, box: Bbox, *, colour: str, scale: float) -> None:
    """A thin line from a point to a label that is not beside it."""
    near = np.array([np.clip(place[0], box.x0, box.x1), np.clip(place[1], box.y0, box.y1)])
    if np.hypot(*(near - place)) < _LEADER_FROM * scale:
        return
    ends = axes.transData.inverted().transform(np.array([place, near]))
    axes.plot(
        ends[:, 0], ends[:, 1], color=colour, linewidth=0.5, alpha=0.7, scalex=False, scaley=False
    )
