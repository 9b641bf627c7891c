import struct

import numpy as np
import pytest

from estilo.audio import Audio
from estilo.engines.grains import Grain
from estilo.errors import InputError
from estilo.plots import plot_recordings, plot_transfer, png
from estilo.plots.figures import MAX_PANELS


@pytest.fixture
def noise(rng):
    return Audio(0.1 * rng.standard_normal((2, 12_000)), 8_000)


def size(data):
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", data[16:24])


def test_every_axis_has_its_unit(noise):
    figure = plot_transfer(
        [("content: a.wav", noise), ("style: b.wav", noise), ("output: c.wav", noise)],
        loss_curve=[3.0, 2.0, 1.5],
    )
    figure.draw_without_rendering()
    labels = [(axes.get_xlabel(), axes.get_ylabel()) for axes in figure.axes]
    assert labels.count(("time (s)", "channels")) == 1
    assert ("", "frequency (Hz)") in labels
    assert ("", "level (dB, 0 = full-scale sine)") in labels
    assert ("step", "loss (no unit)") in labels
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles[0] == "content: a.wav\n1.50 s, stereo, 8 kHz"
    assert titles[-1] == "total loss"


def test_frequencies_are_spaced_by_their_logarithm(noise):
    axes = plot_recordings([("noise", noise)]).axes[0]
    ticks = dict(
        zip([t.get_text() for t in axes.get_yticklabels()], axes.get_yticks(), strict=True)
    )
    assert list(ticks) == ["50", "100", "200", "500", "1k", "2k"]
    assert ticks["200"] - ticks["100"] == pytest.approx(ticks["2k"] - ticks["1k"])
    wide = plot_recordings([("wide", Audio(noise.samples, 44_100))]).axes[0]
    assert [t.get_text() for t in wide.get_yticklabels()][-2:] == ["10k", "20k"]


def test_panels_share_one_colour_scale(noise):
    quiet = Audio(0.01 * noise.samples, noise.sample_rate)
    figure = plot_recordings([("loud", noise), ("quiet", quiet)])
    limits = {axes.images[0].get_clim() for axes in figure.axes if axes.images}
    assert len(limits) == 1
    low, high = limits.pop()
    assert high - low == 80.0


@pytest.mark.parametrize(
    ("n_channels", "n_samples"),
    [(1, 1), (8, 1), (1, 1_600), (2, 1_600), (8, 1_600), (2, 8_000 * 150)],
)
@pytest.mark.parametrize("scale", [0.0, 0.3])
def test_any_recording_can_be_drawn(rng, n_channels, n_samples, scale):
    audio = Audio(scale * rng.standard_normal((n_channels, n_samples)), 8_000)
    curve = [] if scale == 0 else [1.0, 0.5]
    assert size(png(plot_transfer([("a", audio)], loss_curve=curve), dpi=40))[0] > 200


@pytest.mark.parametrize("curve", [[], [0.0]])
def test_silence_is_said_and_missing_losses_are_not_drawn(curve):
    silence = Audio(np.zeros(8_000), 8_000)
    figure = plot_transfer([("a", silence)], loss_curve=curve)
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert texts == ["silence"]
    assert "total loss" not in [axes.get_title() for axes in figure.axes]


@pytest.mark.parametrize("curve", [[0.0], [1.0, 0.0, 0.5], [1.0], [5.0, 4.9], [1e3, 1e-6]])
def test_any_loss_curve_can_be_drawn(noise, curve):
    png(plot_transfer([("a", noise)], loss_curve=curve), dpi=40)


@pytest.mark.parametrize("name", ["$x_1$", "a_b^c\\frac", "日本語", "x" * 200, "tab\there", ""])
def test_names_are_no_mathematics(noise, name):
    png(plot_recordings([(name, noise)], title=name), dpi=40)


def test_too_many_recordings_keep_the_last_one(noise):
    names = [str(i) for i in range(9)]
    figure = plot_recordings([(name, noise) for name in names])
    shown = [axes.get_title().partition("\n")[0] for axes in figure.axes if axes.get_title()]
    assert shown == [*names[: MAX_PANELS - 1], "8"]
    assert "3 more not shown" in figure.get_suptitle()


def test_nothing_to_draw():
    with pytest.raises(InputError, match="there is no recording to draw; give at least one"):
        plot_recordings([])


def test_the_same_figure_gives_the_same_bytes(noise):
    first, second = (png(plot_recordings([("a", noise)]), dpi=40) for _ in range(2))
    assert first == second


def test_notes_that_were_played_lie_over_the_output(noise):
    grains = [
        Grain(0.1, 0.5, 0, 3.0, 3.4, 0.0, 1.0, pitch=69.0),
        Grain(0.5, 1.0, 1, 1.0, 2.0, 0.0, 1.0),
    ]
    figure = plot_transfer([("a", noise), ("b", noise)], loss_curve=[1.0], grains=grains)
    spectrograms = [axes for axes in figure.axes if axes.images and axes.get_title()]
    assert not spectrograms[0].collections
    (line,) = spectrograms[1].collections[0].get_segments()
    np.testing.assert_allclose(line, [[0.1, np.log10(440.0)], [0.5, np.log10(440.0)]])
    assert spectrograms[0].get_ylim() == spectrograms[1].get_ylim()
    assert figure.axes[-1].get_title() == "which part of the style plays each note"


def test_grains_are_drawn_where_they_come_from(noise):
    grains = [Grain(0.0, 0.5, 0, 3.0, 3.5, 0.0, 0.9), Grain(0.5, 1.0, 1, 1.0, 2.0, 12.0, 0.4)]
    figure = plot_transfer([("a", noise), ("b", noise)], loss_curve=[1.0], grains=grains)
    axes = figure.axes[-1]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time (s)", "time in the style (s)")
    first, second = axes.collections[0].get_segments()
    assert first.tolist() == [[0.0, 3.0], [0.5, 3.5]]
    assert second.tolist() == [[0.5, 1.0], [1.0, 2.0]]
    colours = axes.collections[0].get_colors()
    assert colours[0][3] == 0.9 > colours[1][3]
    assert tuple(colours[0][:3]) != tuple(colours[1][:3])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["style 1", "style 2"]
    assert size(png(figure, dpi=40))[0] > 200
