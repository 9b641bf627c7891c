"""Loops and what they go on to, against notes that were made longer."""

import numpy as np
import pytest
import scipy.signal
from sampled import RATE, level_db, partial_db, tone

from estilo.analysis.transcription.heard import HeardNote
from estilo.sampler.continuing import Continued
from estilo.sampler.looping import Loop, find_loop
from estilo.units import midi_to_hz

PITCH = 57.37
ONSET = 400


def recorded(held_s: float, **shape) -> np.ndarray:
    """A note that begins at `ONSET`, as a zone has it."""
    note = HeardNote(ONSET / RATE, ONSET / RATE + held_s, PITCH, -12.0)
    return tone(note, note.end_s + 0.1, **shape)[None].astype(np.float32)


def continued(samples: np.ndarray, held_s: float) -> Continued:
    held = ONSET + round(held_s * RATE)
    loop = find_loop(samples, sample_rate=RATE, pitch=PITCH, onset=ONSET, held=held)
    assert loop is not None
    return Continued(samples, RATE, loop)


@pytest.mark.parametrize("held_s", [0.15, 0.5, 1.2])
def test_no_seam_is_heard_in_a_steady_note(held_s):
    note = continued(recorded(held_s), held_s)
    assert note.loop.likeness > 0.99
    sound = note.until(3 * RATE)[0]
    period = round(RATE / float(midi_to_hz(PITCH)))
    steady = sound[ONSET + RATE // 20 :]
    size = 4 * period
    levels = [level_db(steady[k : k + size]) for k in range(0, len(steady) - size, period)]
    assert np.ptp(levels) < 0.5
    # All partials lie below 1.4 kHz: whatever is above is a click.
    above = scipy.signal.sosfilt(
        scipy.signal.butter(8, 4000.0, "high", fs=RATE, output="sos"), sound
    )[ONSET + RATE // 20 :]
    clicks = [level_db(above[k : k + 80]) for k in range(0, len(above) - 80, 80)]
    assert max(clicks) < np.median(levels) - 60.0


def test_what_was_recorded_is_kept():
    samples = recorded(0.5)
    note = continued(samples, 0.5)
    until_fade = note.loop.end - note.loop.fade
    assert np.array_equal(note.until(2 * RATE)[:, :until_fade], samples[:, :until_fade])


def test_every_band_goes_on_to_decay_as_it_did():
    decays_db_s = (10.0, 20.0, 40.0, 60.0, 40.0, 30.0)
    sound = continued(recorded(0.6, decays_db_s=decays_db_s), 0.6).until(round(1.4 * RATE))[0]
    first = ONSET + round(1.0 * RATE)
    stretch = sound[first : first + RATE // 5]
    for k in (1, 2, 4):
        wanted_db = -12.0 - 20.0 * np.log10(k) - decays_db_s[k - 1] * 1.1
        got_db = partial_db(stretch, k * float(midi_to_hz(PITCH)))
        assert got_db == pytest.approx(wanted_db, abs=2.0), k


def test_what_swells_goes_on_at_its_last_level():
    swelling = recorded(0.6, decays_db_s=(-10.0,) * 6, attack_s=0.002)
    swelling = swelling * 10.0 ** (0.5 * np.arange(swelling.shape[1]) / RATE)
    sound = continued(swelling.astype(np.float32), 0.6).until(2 * RATE)[0]
    end = level_db(sound[ONSET + round(0.55 * RATE) :][:800])
    assert level_db(sound[RATE : RATE + 800]) == pytest.approx(end, abs=1.0)
    assert level_db(sound[-800:]) == pytest.approx(end, abs=1.0)


def test_noise_keeps_its_level(rng):
    noise = rng.standard_normal((2, RATE)).astype(np.float32)
    loop = find_loop(noise, sample_rate=RATE, pitch=60.0, onset=0, held=RATE)
    if loop is None:
        return  # nothing in it repeats
    sound = Continued(noise, RATE, loop).until(4 * RATE)
    seam = sound[:, loop.end - loop.fade : loop.end + loop.fade]
    assert level_db(seam) == pytest.approx(level_db(noise), abs=1.0)


def test_a_short_note_has_no_loop():
    samples = recorded(0.05)
    held = ONSET + round(0.05 * RATE)
    assert find_loop(samples, sample_rate=RATE, pitch=PITCH, onset=ONSET, held=held) is None


@pytest.mark.parametrize(("length_s", "least_db", "most_db"), [(0.15, 0.0, 0.5), (0.75, 3.5, 4.1)])
def test_a_short_loop_is_no_tremolo_and_a_long_one_keeps_it(length_s, least_db, most_db):
    time_s = np.arange(2 * RATE) / RATE
    swell_db = 2.0 * np.sin(2.0 * np.pi * time_s / 0.15)
    sound = np.sin(2.0 * np.pi * 400.0 * time_s) * 10.0 ** (swell_db / 20.0)
    loop = Loop(RATE, RATE + round(length_s * RATE), RATE // 40, 1.0)
    continued = Continued(0.1 * sound[None].astype(np.float32), RATE, loop).until(4 * RATE)[0]
    size = RATE // 50
    levels = [
        level_db(continued[k : k + size]) for k in range(2 * RATE, 4 * RATE - size, size // 2)
    ]
    assert least_db <= np.ptp(levels) <= most_db


def test_repetitions_of_a_note_that_fades_are_even_in_every_band():
    time_s = np.arange(RATE // 2) / RATE
    low = 0.5 * np.sin(2 * np.pi * 500 * time_s) * 10 ** (-time_s)
    high = 0.2 * np.sin(2 * np.pi * 2000 * time_s) * 10 ** (-5.0 * time_s)
    other = 0.004 * np.sin(2 * np.pi * 2040 * time_s)
    samples = (low + high + other)[None].astype(np.float32)
    loop = Loop(start=RATE // 10, end=RATE // 2 - 400, fade=400, likeness=1.0)
    sound = Continued(samples, RATE, loop, fades=True).until(2 * RATE)[0]
    band = scipy.signal.butter(2, (1700.0, 2400.0), "band", fs=RATE, output="sos")
    level_db = 20 * np.log10(np.abs(scipy.signal.hilbert(scipy.signal.sosfiltfilt(band, sound))))
    late = level_db[round(0.6 * RATE) : round(1.2 * RATE)].reshape(-1, RATE // 20).mean(1)
    line = np.polyval(np.polyfit(np.arange(len(late)), late, 1), np.arange(len(late)))
    assert np.abs(late - line).max() < 2.0
