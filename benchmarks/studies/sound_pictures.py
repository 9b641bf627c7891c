"""Spectrograms of the content, its style, the target and the output, on one scale."""

import io

import numpy as np
from matplotlib import colormaps
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from PIL import Image

from common import write_picture
from estilo.audio import Audio
from estilo.plots import png
from estilo.plots.panels import COLOURS, INK, draw_spectrogram
from estilo.plots.spectrogram import log_spectrogram
from studies.sound_measures import RANGE_DB, mono

PICTURE_BYTES = 120_000
_N_ROWS, _N_COLUMNS, _DPI, _N_GREYS = 190, 330, 84, 12
_STEPS_DB = (2.0, 2.5, 4.0, 5.0)  # of colours; the finest that fits is taken


def draw(name: str, title: str, panels: dict[str, Audio]) -> None:
    """Four spectrograms of recordings at a common level, on one scale; as fine as fits.

    Args:
        name: of the picture.
        title: heading.
        panels: recordings by their titles.
    """
    for step_db in _STEPS_DB:
        picture = _packed(_figure(title, panels, step_db=step_db), step_db=step_db)
        if len(picture) <= PICTURE_BYTES:
            write_picture(f"sound/{name}.png", picture)
            return
    raise SystemExit(f"{name}.png does not fit into {PICTURE_BYTES} bytes; allow it more")


def _figure(title: str, panels: dict[str, Audio], *, step_db: float) -> Figure:
    figure = Figure(figsize=(11.0, 7.6), layout="constrained")
    grid = figure.add_gridspec(2, 3, width_ratios=[30, 30, 1])
    spectrograms = [
        log_spectrogram(Audio(mono(each), each.sample_rate), n_rows=_N_ROWS, n_columns=_N_COLUMNS)
        for each in panels.values()
    ]
    top_db = 5.0 * np.ceil(max(float(each.level_db.max()) for each in spectrograms) / 5.0)
    image = None
    for place, (label, spectrogram) in enumerate(zip(panels, spectrograms, strict=True)):
        axes = figure.add_subplot(grid[place // 2, place % 2])
        image = draw_spectrogram(
            axes, spectrogram, limits_db=(top_db - RANGE_DB, top_db), is_first=place % 2 == 0
        )
        image.set_cmap(_stepped(step_db))
        axes.set_title(label, fontsize="medium", color=INK)
        axes.tick_params(labelbottom=place > 1)
        if place > 1:
            axes.set_xlabel("time (s)")
    assert image is not None
    bar = Colorbar(figure.add_subplot(grid[:, -1]), image)
    bar.set_label("level (dB, 0 = full-scale sine)")
    figure.suptitle(title, fontsize="large", color=INK)
    return figure


def _stepped(step_db: float) -> Colormap:
    return colormaps[COLOURS].resampled(round(RANGE_DB / step_db))


def _packed(figure: Figure, *, step_db: float) -> bytes:
    """PNG with a palette of the levels' colours and greys for the text."""
    colours = 255 * _stepped(step_db)(np.arange(round(RANGE_DB / step_db)))[:, :3]
    greys = np.repeat(np.linspace(34, 255, _N_GREYS)[:, None], 3, axis=1)
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.round(np.vstack((greys, colours))).astype(np.uint8).tobytes())
    picture = Image.open(io.BytesIO(png(figure, dpi=_DPI))).convert("RGB")
    stream = io.BytesIO()
    picture.quantize(palette=palette, dither=Image.Dither.NONE).save(stream, "PNG", optimize=True)
    return stream.getvalue()
