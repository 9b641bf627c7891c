"""No engine makes some notes of the content louder than others because the style plays them."""

import numpy as np
import pytest

from estilo import Audio, transfer
from estilo.engines import ENGINES

RATE = 16_000
TUNE = (62, 53, 70, 58, 67, 51, 56, 64, 72, 60, 55, 69, 50, 65, 59, 63)
OTHER_TUNE = (58, 70, 58, 65, 58, 70, 53, 58)
"""Five of the content's sixteen notes, over and over."""

MOST_DB = 3.0
CONTROLS = ("content", "style", "crossfade")


def _played(pitches, *, slope, decay):
    """Notes of 0.35 s, one after another, each as loud as the others."""
    time_s = np.arange(round(0.35 * RATE)) / RATE
    envelope = np.minimum(time_s / 0.01, 1.0) * np.exp(-decay * time_s)
    notes = []
    for pitch in pitches:
        hz = 440.0 * 2.0 ** ((pitch - 69) / 12.0)
        waves = [np.sin(2 * np.pi * hz * k * time_s + k) / k**slope for k in range(1, 9)]
        notes.append(envelope * np.sum(waves, axis=0))
    return Audio(0.1 * np.concatenate(notes), RATE)


CONTENT = _played(TUNE, slope=1.0, decay=1.5)
STYLE = _played(OTHER_TUNE, slope=0.4, decay=4.0)


def _carried_db(made, content):
    """How much louder the notes became that the style plays, beyond a smooth change over pitch."""
    pitches = np.array(TUNE, dtype=float)
    energies = [
        np.square(each.astype(np.float64)).reshape(len(TUNE), -1).sum(1) for each in (made, content)
    ]
    changes_db = 10.0 * np.log10(energies[0] / energies[1])
    is_played = np.isin(TUNE, OTHER_TUNE)
    smooth = np.polynomial.Polynomial.fit(pitches[~is_played], changes_db[~is_played], 3)
    return float(np.mean((changes_db - smooth(pitches))[is_played]))


@pytest.mark.parametrize("engine", [name for name in ENGINES.usable() if name not in CONTROLS])
def test_notes_that_the_style_plays_become_no_louder_than_the_others(engine):
    made = transfer(CONTENT, STYLE, engine=engine, scores=False).audio
    assert abs(_carried_db(made.samples[0], CONTENT.samples[0])) < MOST_DB


def test_a_melody_that_is_carried_over_is_found():
    """Every partial that the style plays is louder by 6 dB: what statistics in fine bands do."""
    spectrum = np.fft.rfft(CONTENT.samples[0].astype(np.float64))
    hz = np.fft.rfftfreq(CONTENT.n_samples, 1.0 / RATE)
    gain = np.ones_like(hz)
    for pitch in set(OTHER_TUNE):
        partials = 440.0 * 2.0 ** ((pitch - 69) / 12.0) * np.arange(1, 9)
        gain[np.abs(hz[:, None] / partials - 1.0).min(1) < 0.02] = 2.0
    made = np.fft.irfft(gain * spectrum, CONTENT.n_samples)
    assert _carried_db(made, CONTENT.samples[0]) > MOST_DB
