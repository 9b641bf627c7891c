import numpy as np
import pytest
from matplotlib.collections import LineCollection

from estilo.analysis.transcription.heard import HeardNote, Hit, Transcription
from estilo.audio import Audio
from estilo.errors import InputError
from estilo.plots import plot_notes


def test_a_note_lies_on_its_pitch(rng):
    audio = Audio(0.1 * rng.standard_normal((1, 16_000)), 8_000)
    slide = np.array([0.0, 100.0, 200.0], np.float32)
    note = HeardNote(0.5, 0.53, 69.0, -10.0, slide, np.zeros(3, np.float32))
    heard = Transcription((note,), (Hit(1.0, 1.1, -20.0),), 0.5)
    axes = plot_notes(audio, heard, title="a $ong").axes[0]
    lines = next(each for each in axes.collections if isinstance(each, LineCollection))
    ((first, *_, last),) = lines.get_segments()
    assert first == pytest.approx([0.5, np.log10(440.0)])
    assert last == pytest.approx([0.53, np.log10(440.0 * 2 ** (2 / 12))])
    assert "1 notes, 1 hits, 50% of the power" in axes.get_title()
    assert axes.get_xlim() == (0.0, 2.0)


def test_there_must_be_a_recording():
    with pytest.raises(InputError, match="no recording to draw"):
        plot_notes(Audio(np.zeros((1, 0)), 8_000), Transcription())
