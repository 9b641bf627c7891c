"""Moments with the same notes, of an instrument whose sound and whose filter are known."""

import numpy as np
import pytest

from estilo.analysis.equal_notes import equal_notes
from estilo.dsp.eq import n_bands_of
from estilo.dsp.mel import band_centres_hz
from estilo.synthesis.effects import Equaliser

RATE = 16_000
BANDS = n_bands_of(1.0, RATE)
FILTER = Equaliser(low_hz=300.0, low_db=-8.0, high_hz=2500.0, high_db=7.0)


def phrase(midi, *, odd=False):
    """Notes of half a second on an instrument with harmonics that fall by 6 dB per octave."""
    time_s = np.arange(RATE // 2) / RATE
    fade = np.exp(-2.0 * time_s) * np.minimum(time_s / 0.01, 1.0)
    notes = []
    for pitch in midi:
        pitch_hz = 440.0 * 2.0 ** ((pitch - 69) / 12.0)
        harmonics = range(1, int(7500.0 / pitch_hz), 2 if odd else 1)
        notes.append(sum(fade * np.sin(2.0 * np.pi * k * pitch_hz * time_s) / k for k in harmonics))
    return 0.05 * np.concatenate(notes)


def compared(content, style):
    return equal_notes(content, style, sample_rate=RATE, n_bands=BANDS)


CONTENT = phrase([48, 52, 55, 60, 64, 50])
LOWER = phrase([40, 48, 43, 41, 52, 45, 55, 38])


def test_a_known_filter_is_found_though_the_phrases_differ():
    found = compared(CONTENT, FILTER.apply(LOWER, RATE))
    centres_hz = np.asarray(
        band_centres_hz(n_bands=BANDS, sample_rate=RATE, scale="erb", low_hz=30.0)
    )
    expected_db = 20.0 * np.log10(np.abs(FILTER.response(centres_hz)))
    is_heard = (centres_hz > 130.0) & (centres_hz < 5000.0)
    apart_db = (found.gains_db(limit_db=30.0) - expected_db)[is_heard]

    assert found.is_one_instrument
    assert np.std(apart_db) < 1.5


def test_a_recording_and_itself_are_not_apart():
    found = compared(CONTENT, 0.1 * CONTENT)

    assert found.is_one_instrument
    assert np.abs(found.gains_db(limit_db=30.0)).max() < 0.2


def test_another_instrument_with_the_same_notes_is_another_one():
    """Every second harmonic is missing, which no equaliser does."""
    assert not compared(CONTENT, phrase([48, 52, 55, 60, 64, 50], odd=True)).is_one_instrument


@pytest.mark.parametrize("n_samples", [1, 500, 2 * RATE])
def test_of_what_has_no_notes_nothing_is_said(n_samples, rng):
    noise = 0.1 * rng.standard_normal(n_samples)
    for content, style in (
        (noise, CONTENT),
        (CONTENT, noise),
        (np.zeros(n_samples), CONTENT),
        (CONTENT, np.zeros(n_samples)),
    ):
        found = compared(content, style)
        assert not found.is_one_instrument
        assert np.abs(found.gains_db(limit_db=30.0)).max() < 3.0


def test_gains_keep_their_limit():
    found = compared(CONTENT, FILTER.apply(LOWER, RATE))

    assert np.abs(found.gains_db(limit_db=2.0)).max() <= 2.0
