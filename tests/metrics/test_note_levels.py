"""Levels of notes: changed by known amounts, and by what is no change of notes."""

import numpy as np
import pytest
from scipy import signal

from estilo.analysis.sound import Sound
from estilo.metrics.base import NothingToMeasure
from estilo.metrics.note_levels import note_levels_db

RATE = 16_000
PITCHES = (62, 53, 70, 58, 67, 51, 56, 64, 72, 60, 55, 69, 50, 65, 59, 63)


def _phrase(gains_db: np.ndarray, *, slope: float = 1.0, chord: bool = False) -> Sound:
    """Notes of 0.35 s one after another, each with a gain; in chords with one a sixth above."""
    time_s = np.arange(round(0.35 * RATE)) / RATE
    envelope = np.minimum(time_s / 0.01, 1.0) * np.exp(-1.5 * time_s)
    notes = []
    for pitch, gain_db in zip(PITCHES, gains_db, strict=True):
        hz = [440.0 * 2.0 ** ((pitch + up - 69) / 12) for up in ((0, 9) if chord else (0,))]
        waves = [np.sin(2 * np.pi * f * k * time_s + k) / k**slope for f in hz for k in range(1, 9)]
        notes.append(10.0 ** (gain_db / 20.0) * envelope * np.sum(waves, axis=0))
    return Sound(0.1 * np.concatenate(notes), RATE)


@pytest.mark.parametrize("chord", [False, True])
def test_every_second_note_changed_reads_half_of_the_change(chord: bool) -> None:
    content = _phrase(np.zeros(16), chord=chord)
    read = [
        note_levels_db(_phrase(change_db * (np.arange(16) % 2), chord=chord), content)
        for change_db in (0.0, 2.0, 4.0, 6.0, 8.0)
    ]
    assert read[0] == 0.0
    assert read == pytest.approx([0.0, 1.0, 2.0, 3.0, 4.0], abs=0.5)


def test_gain_and_a_smooth_change_of_spectrum_are_no_change_of_notes(
    rng: np.random.Generator,
) -> None:
    content = _phrase(np.zeros(16))
    louder = Sound(3.0 * content.mono, RATE)
    darker = Sound(signal.lfilter([0.3], [1.0, -0.7], content.mono), RATE)
    duller = _phrase(np.zeros(16), slope=1.6)
    hiss = Sound(content.mono + 1e-3 * rng.standard_normal(len(content.mono)), RATE)
    assert note_levels_db(louder, content) == pytest.approx(0.0, abs=1e-3)
    for other in (darker, duller, hiss):
        assert note_levels_db(other, content) < 0.6


def test_what_has_no_notes_is_not_measured(rng: np.random.Generator) -> None:
    noise = Sound(rng.standard_normal(RATE), RATE)
    with pytest.warns(NothingToMeasure, match="fewer than three notes"):
        assert np.isnan(note_levels_db(noise, noise))
