"""A piano roll over the spectrogram of the recording it was heard in."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from estilo.analysis.transcription.heard import STEP_S, Transcription
from estilo.audio import Audio
from estilo.errors import InputError
from estilo.plots.figures import limits_of
from estilo.plots.library import own_style
from estilo.plots.panels import HUES, INK, draw_spectrogram, mark_time
from estilo.plots.spectrogram import LogSpectrogram, log_spectrogram
from estilo.units import midi_to_hz

_LINE = "#7ee8fa"
_WIDEST_INCHES = 24.0
_INCHES_PER_S = 0.9


@own_style()
def plot_notes(audio: Audio, transcription: Transcription, *, title: str = "") -> Figure:
    """The notes as lines along their pitch, each from a dot where it starts; hits as ticks below.

    Args:
        audio: recording.
        transcription: what was heard in it.
        title: title of the picture.

    Raises:
        InputError: the recording has no samples.

    Example:
        >>> tone = Audio(0.1 * np.sin(0.2 * np.arange(8000)), 8000)
        >>> len(plot_notes(tone, Transcription()).axes)
        1
    """
    if not audio.n_samples:
        raise InputError("there is no recording to draw; give one with samples")
    width = float(np.clip(3.0 + _INCHES_PER_S * audio.duration_s, 7.0, _WIDEST_INCHES))
    figure = Figure(figsize=(width, 5.5), layout="constrained")
    axes = figure.add_subplot()
    spectrogram = log_spectrogram(audio)
    limits_db = limits_of([spectrogram.level_db])
    draw_spectrogram(axes, spectrogram, limits_db=limits_db, is_first=True)
    axes.tick_params(labelbottom=True)
    draw_roll(axes, spectrogram, transcription)
    counts = f"{len(transcription.notes)} notes, {len(transcription.hits)} hits"
    said = f"{counts}, {transcription.explained:.0%} of the power explained"
    axes.set_title(f"{title}\n{said}".strip(), fontsize="medium", color=INK, parse_math=False)
    mark_time(axes, audio.duration_s)
    return figure


def draw_roll(axes: Axes, spectrogram: LogSpectrogram, transcription: Transcription) -> None:
    """Notes and hits over a spectrogram.

    Args:
        axes: axes with the spectrogram on them.
        spectrogram: what was drawn.
        transcription: notes and hits.
    """
    lines = []
    for note in transcription.notes:
        times_s = np.minimum(note.start_s + STEP_S * np.arange(len(note.cents)), note.end_s)
        heights = np.log10(midi_to_hz(note.pitch + note.cents / 100.0))
        lines.append(np.column_stack([[*times_s, note.end_s], [*heights, heights[-1]]]))
    axes.add_collection(LineCollection(lines, colors=_LINE, linewidths=1.6))
    starts = [line[0] for line in lines]
    if starts:
        axes.scatter(*np.transpose(starts), s=9.0, color="w", zorder=3)
    bottom = np.log10(spectrogram.low_hz)
    for hit in transcription.hits:
        axes.plot([hit.start_s, hit.start_s], [bottom, bottom + 0.08], color=HUES[4], linewidth=1.6)
    axes.set_xlim(0.0, spectrogram.duration_s)
    axes.set_ylim(bottom, np.log10(spectrogram.high_hz))
