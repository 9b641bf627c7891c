import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from estilo.errors import InputError
from estilo.plots import png
from estilo.plots.scatter import Panel, Point, pareto_front, plot_points


def test_the_front_is_what_nothing_beats(rng):
    for _ in range(20):
        x, y = rng.integers(0, 8, (2, 12))
        beaten = [
            any(
                x[j] <= x[i] and y[j] <= y[i] and (x[j] < x[i] or y[j] < y[i])
                for j in range(len(x))
            )
            for i in range(len(x))
        ]
        front = pareto_front(x, y)
        assert {(x[i], y[i]) for i in front} == {
            (x[i], y[i]) for i in range(len(x)) if not beaten[i]
        }
        assert list(x[front]) == sorted(x[front])
        assert len({(x[i], y[i]) for i in front}) == len(front)


def test_no_points_have_no_front():
    assert pareto_front([], []) == []


def crowd(rng, n=18):
    x, y = 0.02 * rng.standard_normal((2, n)) + 0.5
    return [
        Point(f"engine {i % 3} {i}", f"engine {i % 3}", float(a), float(b), is_control=i % 3 == 0)
        for i, (a, b) in enumerate(zip(x, y, strict=True))
    ]


def test_labels_keep_clear_of_each_other(rng):
    figure = plot_points([Panel(crowd(rng), "pitch", "timbre")])
    renderer = FigureCanvasAgg(figure).get_renderer()
    (axes,) = figure.axes
    boxes = [text.get_window_extent(renderer) for text in axes.texts]
    assert len(boxes) == 18
    frame = axes.get_window_extent(renderer)
    for i, box in enumerate(boxes):
        assert frame.x0 - 1 <= box.x0 <= box.x1 <= frame.x1 + 1
        for other in boxes[:i]:
            width = min(box.x1, other.x1) - max(box.x0, other.x0)
            height = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert min(width, height) <= 1.0


def test_each_label_is_nearest_to_its_own_point():
    points = [Point(f"p{i}", "s", float(i), float(i % 3)) for i in range(8)]
    figure = plot_points([Panel(points, "x", "y")])
    renderer = FigureCanvasAgg(figure).get_renderer()
    (axes,) = figure.axes
    pixels = axes.transData.transform([(point.x, point.y) for point in points])
    for i, text in enumerate(axes.texts):
        box = text.get_window_extent(renderer)
        near = np.clip(pixels, [box.x0, box.y0], [box.x1, box.y1])
        assert np.hypot(*(near - pixels).T).argmin() == i


def test_series_have_one_colour_in_all_panels_and_controls_are_grey():
    one = [Point("a 1", "a", 1.0, 2.0), Point("b", "b", 2.0, 1.0), Point("c", "c", 3.0, 3.0, True)]
    two = [Point("b", "b", 1.0, 1.0), Point("a 1", "a", 3.0, 2.0)]
    figure = plot_points([Panel(one, "x", "y"), Panel(two, "x", "y")])
    first, second = (
        {text.get_text(): text.get_color() for text in axes.texts} for axes in figure.axes
    )
    assert first["a 1"] == second["a 1"] != first["b"] == second["b"]
    assert first["c"] not in (first["a 1"], first["b"])


def test_what_cannot_be_placed_is_left_out():
    points = [
        Point("a", "a", float("nan"), 1.0),
        Point("b", "b", 0.0, 1.0),
        Point("c", "c", 0.1, float("inf")),
        Point("d", "d", 0.1, 1.0),
    ]
    figure = plot_points([Panel(points, "x", "y", is_log_x=True)])
    assert [text.get_text() for text in figure.axes[0].texts] == ["d"]


def test_nothing_to_draw():
    figure = plot_points([Panel([], "x", "y")])
    assert [text.get_text() for text in figure.axes[0].texts] == ["nothing was measured"]
    with pytest.raises(InputError, match="no panel to draw"):
        plot_points([])


def test_the_same_figure_gives_the_same_bytes(rng):
    points = crowd(rng, n=6)
    one, two = (png(plot_points([Panel(points, "x", "y")], title="$5")) for _ in range(2))
    assert one == two
    assert one.startswith(b"\x89PNG")
