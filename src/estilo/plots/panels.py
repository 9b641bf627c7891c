"""The parts of a picture: a spectrogram, a waveform, a loss curve, each on axes it is given."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from estilo.audio import Audio
from estilo.plots.spectrogram import LogSpectrogram, envelope

INK = "#22262e"
FAINT = "#6b7280"
WAVE = "#3b6ea8"
LOSS = "#b8442c"
COLOURS = "magma"
HUES = ("#b8442c", "#3b6ea8", "#2f8f5b", "#8a4fa3", "#c98a1b", "#1f8a99", "#a3486f", "#6b7d2a")

_TICKS_HZ = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000)
_STEPS_S = (20, 30, 60, 120, 300, 600, 1200, 1800, 3600)
_CHANNELS = {1: ("",), 2: ("L", "R")}


def draw_spectrogram(
    axes: Axes, spectrogram: LogSpectrogram, *, limits_db: tuple[float, float], is_first: bool
) -> AxesImage:
    """A spectrogram on a log-frequency axis.

    Args:
        axes: axes to draw on.
        spectrogram: spectrogram to draw.
        limits_db: levels of the darkest and the brightest colour, in dB.
        is_first: whether the axis has its label; its ticks are always there.
    """
    low, high = np.log10(spectrogram.low_hz), np.log10(spectrogram.high_hz)
    image = axes.imshow(
        spectrogram.level_db,
        origin="lower",
        aspect="auto",
        extent=(0.0, spectrogram.duration_s, low, high),
        vmin=limits_db[0],
        vmax=limits_db[1],
        cmap=COLOURS,
        interpolation="nearest",
    )
    ticks = [hz for hz in _TICKS_HZ if spectrogram.low_hz <= hz <= spectrogram.high_hz * 1.001]
    axes.set_yticks([np.log10(hz) for hz in ticks], [spoken_hz(hz) for hz in ticks])
    if is_first:
        axes.set_ylabel("frequency (Hz)")
    axes.tick_params(labelbottom=False)
    if spectrogram.level_db.max() <= limits_db[0]:
        axes.text(
            *(0.5, 0.5, "silence"), transform=axes.transAxes, color="w", ha="center", va="center"
        )
    return image


def draw_waveform(axes: Axes, audio: Audio, *, is_first: bool, peak: float) -> None:
    """A waveform, a lane per channel.

    Args:
        axes: axes to draw on.
        audio: recording to draw.
        is_first: whether the axis has its label.
        peak: amplitude at the edge of a lane, linear.
    """
    times_s, low, high = envelope(audio)
    for lane in range(audio.n_channels):
        middle = -2.0 * lane
        axes.axhline(middle, color=FAINT, linewidth=0.4, zorder=0)
        axes.fill_between(
            times_s,
            middle + low[lane] / peak,
            middle + high[lane] / peak,
            color=WAVE,
            linewidth=0.5,
        )
    axes.set_xlim(0.0, audio.duration_s)
    axes.set_ylim(-2.0 * audio.n_channels + 0.95, 1.05)
    if audio.n_channels == 1:
        axes.set_yticks([-1.0, 0.0, 1.0], [f"−{peak:.2g}", "0", f"{peak:.2g}"])
    else:
        names = _CHANNELS.get(audio.n_channels) or [str(i + 1) for i in range(audio.n_channels)]
        axes.set_yticks([-2.0 * i for i in range(audio.n_channels)], list(names))
    if is_first:
        axes.set_ylabel("amplitude" if audio.n_channels == 1 else "channels")
    mark_time(axes, audio.duration_s)


def draw_losses(axes: Axes, losses: Sequence[float]) -> None:
    """Draw the total loss over steps on a log scale.

    Args:
        axes: axes to draw on.
        losses: total loss after every step, some of them positive.
    """
    values = np.asarray(losses, dtype=np.float64)
    axes.set_title("total loss", fontsize="medium", color=INK)
    steps = np.arange(1, len(values) + 1)
    marker = "o" if len(values) <= 60 else None
    shown = np.where(values > 0, values, np.nan)
    axes.plot(steps, shown, color=LOSS, linewidth=1.4, marker=marker, markersize=2.5)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(FuncFormatter(_sparse(shown)))
    axes.set_xlim(0.0, len(values) + 1.0)
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    axes.set_xlabel("step")
    axes.set_ylabel("loss (no unit)")
    axes.grid(visible=True, which="both", axis="y", linewidth=0.4, alpha=0.5)


def spoken_hz(hz: float) -> str:
    """A frequency as a tick.

    Example:
        >>> spoken_hz(500), spoken_hz(20000)
        ('500', '20k')
    """
    return f"{hz / 1000:g}k" if hz >= 1000 else f"{hz:g}"


def _sparse(values: np.ndarray) -> Callable[[float, float], str]:
    """Labels between the powers of ten only where the curve spans less than two of them."""
    spans = np.nanmax(values) / np.nanmin(values)

    def label(value: float, _: float) -> str:
        digit = round(value / 10.0 ** np.floor(np.log10(value)))
        if spans > 100 or (spans > 3 and digit not in (2, 5)):
            return ""
        return f"{value:g}"

    return label


def mark_time(axes: Axes, duration_s: float) -> None:
    """Set ticks in milliseconds, seconds or minutes, whichever read best.

    Args:
        axes: axes whose horizontal axis is time.
        duration_s: length of the axis, in seconds.
    """
    if duration_s >= 120:
        step = next((step for step in _STEPS_S if duration_s <= 6.5 * step), _STEPS_S[-1])
        axes.xaxis.set_major_locator(MultipleLocator(step))
        axes.xaxis.set_major_formatter(
            FuncFormatter(lambda seconds, _: f"{int(seconds) // 60}:{int(seconds) % 60:02d}")
        )
        axes.set_xlabel("time (min:s)")
        return
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.set_xlabel("time (s)")
    if duration_s < 0.1:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{1000 * seconds:g}"))
        axes.set_xlabel("time (ms)")
