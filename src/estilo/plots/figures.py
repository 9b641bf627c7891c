"""Whole pictures: recordings side by side, and a transfer with its loss curve."""

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure

from estilo.audio import Audio
from estilo.engines.grains import Grain
from estilo.errors import InputError
from estilo.plots.grains import draw_grains, draw_played
from estilo.plots.library import own_style
from estilo.plots.panels import INK, draw_losses, draw_spectrogram, draw_waveform
from estilo.plots.spectrogram import log_spectrogram
from estilo.remarks import ignoring

MAX_PANELS = 6
_RANGE_DB = 80.0
_QUIETEST_DB = -100.0
_PANEL_INCHES = 4.3
_TITLE_LENGTH = 44


def plot_transfer(
    panels: Sequence[tuple[str, Audio]],
    *,
    loss_curve: Sequence[float],
    grains: Sequence[Grain] = (),
    title: str = "",
) -> Figure:
    """Content, styles and output side by side over the loss curve and the grains, if there are any.

    Args:
        panels: titles and recordings in the order to be shown.
        loss_curve: total loss after every step; empty where nothing was optimised.
        grains: stretches of the styles that the last panel's recording was copied from.
        title: title of the whole picture.

    Raises:
        InputError: there is nothing to draw.

    Example:
        >>> tone = Audio(0.1 * np.sin(0.2 * np.arange(8000)), 8000)
        >>> panels = [("content", tone), ("style", tone), ("output", tone)]
        >>> len(plot_transfer(panels, loss_curve=[3.0, 1.0]).axes)
        8
    """
    return _figure(panels, loss_curve=loss_curve, grains=grains, title=title)


def plot_recordings(panels: Sequence[tuple[str, Audio]], *, title: str = "") -> Figure:
    """Recordings side by side, spectrograms over waveforms.

    Args:
        panels: titles and recordings in the order to be shown.
        title: title of the whole picture.

    Raises:
        InputError: there is nothing to draw.

    Example:
        >>> tone = Audio(0.1 * np.sin(0.2 * np.arange(8000)), 8000)
        >>> len(plot_recordings([("tone", tone)]).axes)
        3
    """
    return _figure(panels, loss_curve=(), grains=(), title=title)


@own_style()
def png(figure: Figure, *, dpi: int = 130) -> bytes:
    """Encode a figure as PNG; the same figure gives the same bytes.

    Args:
        figure: picture to encode.
        dpi: resolution in pixels per inch.
    """
    stream = io.BytesIO()
    # A name in a script that the font has not is drawn as boxes, which is no reason to fail.
    with ignoring("Glyph .* missing from", UserWarning):
        figure.savefig(stream, format="png", backend="agg", dpi=dpi, metadata={"Software": None})
    return stream.getvalue()


@own_style()
def _figure(
    panels: Sequence[tuple[str, Audio]],
    *,
    loss_curve: Sequence[float],
    grains: Sequence[Grain],
    title: str,
) -> Figure:
    if not panels:
        raise InputError("there is no recording to draw; give at least one")
    shown = list(panels)
    if len(shown) > MAX_PANELS:  # the last one is the output
        shown = [*shown[: MAX_PANELS - 1], shown[-1]]
        title = f"{title}  ({len(panels) - MAX_PANELS} more not shown)".strip()
    heights = [3.2, 1.1]
    has_losses = any(loss > 0.0 for loss in loss_curve)
    if has_losses:
        heights.append(1.0)
    if grains:
        heights.append(2.0)
    figure = Figure(
        figsize=(max(_PANEL_INCHES * len(shown), 6.5) + 0.8, 0.4 + 1.15 * (sum(heights) + 0.3)),
        layout="constrained",
    )
    grid = figure.add_gridspec(
        len(heights), len(shown) + 1, height_ratios=heights, width_ratios=[*[30] * len(shown), 1]
    )
    spectrograms = [log_spectrogram(audio) for _, audio in shown]
    limits_db = limits_of([spectrogram.level_db for spectrogram in spectrograms])
    peak = _lane_peak([audio for _, audio in shown])
    image = None
    for column, ((name, audio), spectrogram) in enumerate(zip(shown, spectrograms, strict=True)):
        upper = figure.add_subplot(grid[0, column])
        image = draw_spectrogram(upper, spectrogram, limits_db=limits_db, is_first=column == 0)
        # Names may hold dollar signs, which are no mathematics.
        upper.set_title(
            f"{_shortened(name)}\n{_facts(audio)}", fontsize="medium", color=INK, parse_math=False
        )
        if column == len(shown) - 1:
            draw_played(upper, grains)
        lower = figure.add_subplot(grid[1, column], sharex=upper)
        draw_waveform(lower, audio, is_first=column == 0, peak=peak)
    assert image is not None  # noqa: S101 - there is at least one panel
    bar = Colorbar(figure.add_subplot(grid[0, -1]), image)
    bar.set_label("level (dB, 0 = full-scale sine)")
    if has_losses:
        draw_losses(figure.add_subplot(grid[2, :]), loss_curve)
    if grains:
        below = figure.add_subplot(grid[len(heights) - 1, :])
        draw_grains(below, grains, duration_s=shown[-1][1].duration_s)
    if title:
        figure.suptitle(title, fontsize="large", color=INK, parse_math=False)
    return figure


def limits_of(levels_db: Sequence[np.ndarray]) -> tuple[float, float]:
    """One scale for all, in dB: 80 dB below the loudest point, rounded to 5 dB.

    Args:
        levels_db: levels of each spectrogram, in dB.
    """
    loudest_db = max(float(level.max()) for level in levels_db)
    top_db = 5.0 * np.ceil(max(loudest_db, _QUIETEST_DB + _RANGE_DB) / 5.0)
    return float(top_db - _RANGE_DB), float(top_db)


def _lane_peak(recordings: Sequence[Audio]) -> float:
    """Amplitude at the edge of a lane, common to all so that loudness can be compared."""
    loudest = max(float(np.abs(audio.samples).max()) for audio in recordings)
    steps = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0])
    return float(steps[steps >= loudest][0]) if 0 < loudest <= 1.0 else max(loudest, 1.0)


def _facts(audio: Audio) -> str:
    channels = {1: "mono", 2: "stereo"}.get(audio.n_channels, f"{audio.n_channels} channels")
    return f"{audio.duration_s:.2f} s, {channels}, {audio.sample_rate / 1000:g} kHz"


def _shortened(name: str) -> str:
    name = "".join(letter if letter.isprintable() else "?" for letter in name)
    if len(name) <= _TITLE_LENGTH:
        return name
    half = _TITLE_LENGTH // 2 - 1
    return f"{name[:half]}…{name[-half:]}"
