"""Attacks whose times are known."""

import numpy as np
import pytest
import torch

from estilo.analysis.transcription.heard import HeardNote
from estilo.engines.notes.attacks import Attacks, attack_s, missing_gain_db

RATE = 22_050
TIME_S = np.arange(RATE) / RATE


def _note(attack, *, pitch=60.0, start_s=0.2, n_partials=6):
    hz = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
    rise = np.clip((TIME_S - start_s) / attack, 0.0, 1.0)
    return (
        0.1 * rise * sum(np.sin(2 * np.pi * k * hz * TIME_S) / k for k in range(1, n_partials + 1))
    )


@pytest.mark.parametrize("pitch", [48.0, 60.0, 84.0])
@pytest.mark.parametrize("attack", [0.02, 0.05, 0.12, 0.2])
def test_times_are_those_of_the_rise(attack, pitch):
    found = attack_s(_note(attack, pitch=pitch), round(0.2 * RATE), pitch=pitch, sample_rate=RATE)
    assert found == pytest.approx(attack, rel=0.2)


def test_at_once_is_shorter_than_what_is_told_apart():
    assert attack_s(_note(1e-4), round(0.2 * RATE), pitch=60.0, sample_rate=RATE) < 0.008


def test_a_note_that_sounds_already_does_not_count():
    both = _note(0.1, pitch=67.0) + _note(1e-3, pitch=60.0, start_s=0.0)
    found = attack_s(both, round(0.2 * RATE), pitch=67.0, sample_rate=RATE)
    assert found == pytest.approx(0.1, rel=0.3)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_the_gain_makes_one_even_rise_of_two(share):
    age_s = np.linspace(1e-3, 0.2, 500)
    quick, slow = (np.minimum(age_s / whole, 1.0) for whole in (0.005, 0.1))
    mean = quick ** (1 - share) * slow**share
    made = mean * 10.0 ** (missing_gain_db(age_s, 0.005, 0.1, share) / 20.0)
    wanted = np.minimum(age_s / (0.005 ** (1 - share) * 0.1**share), 1.0)
    np.testing.assert_allclose(made, wanted, rtol=1e-6)


def _shaped(quick, slow, notes):
    """The geometric mean of two recordings with the same partials, and its attacks."""
    wholes = [sum(_note(attack, pitch=each.pitch) for each in notes) for attack in (quick, slow)]
    parts = tuple(
        (lambda number, a=attack: (_note(a, pitch=notes[number].pitch), round(0.2 * RATE)))
        for attack in (quick, slow)
    )
    carrier = np.divide(wholes[0], np.abs(wholes[0]), where=wholes[0] != 0, out=np.zeros(RATE))
    mean = carrier * np.sqrt(np.abs(wholes[0] * wholes[1]))
    attacks = Attacks(notes, parts, share=0.5, sample_rate=RATE)
    return mean, attacks.shaped(torch.from_numpy(mean).float()[None], 0).numpy()[0]


@pytest.mark.parametrize("pitches", [(60.0,), (60.0, 64.0, 67.0)])
def test_half_way_from_a_pluck_to_a_bow(pitches):
    notes = [HeardNote(0.2, 1.0, pitch, -20.0) for pitch in pitches]
    mean, made = _shaped(0.004, 0.12, notes)
    for pitch in pitches:
        before, after = (
            attack_s(each, round(0.2 * RATE), pitch=pitch, sample_rate=RATE)
            for each in (mean, made)
        )
        assert before > 0.08
        assert after == pytest.approx((0.004 * 0.12) ** 0.5, rel=0.5)


def test_nothing_changes_where_attacks_are_alike():
    mean, made = _shaped(0.02, 0.02, [HeardNote(0.2, 1.0, 60.0, -20.0)])
    np.testing.assert_allclose(made, mean, atol=1e-6)


def test_a_note_that_is_held_stays_as_it_is():
    """The gain of a new note's attack does not touch another's partials."""
    held = _note(1e-3, pitch=60.0, start_s=0.0)
    notes = [HeardNote(0.0, 1.0, 60.0, -20.0), HeardNote(0.2, 1.0, 67.0, -20.0)]
    times = {0: (0.01, 0.01), 1: (0.004, 0.2)}
    parts = tuple(
        (
            lambda number, k=k: (
                _note(times[number][k], pitch=notes[number].pitch),
                round(0.2 * RATE),
            )
        )
        for k in (0, 1)
    )
    attacks = Attacks(notes, parts, share=0.5, sample_rate=RATE)
    made = attacks.shaped(torch.from_numpy(held).float()[None], 0).numpy()[0]
    near = slice(round(0.2 * RATE), round(0.45 * RATE))
    spectra = np.abs(
        np.fft.rfft(np.stack([held, made])[:, near] * np.hanning(near.stop - near.start))
    )
    bins = np.round(261.63 * np.array([1, 2, 4, 5]) * (near.stop - near.start) / RATE).astype(int)
    changed_db = 20.0 * np.log10(spectra[1, bins] / spectra[0, bins])
    assert np.abs(changed_db).max() < 1.0
