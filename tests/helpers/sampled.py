"""Notes made of partials, for samplers: everything about them is known."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.transcription.heard import HeardNote, Transcription
from estilo.audio import Audio
from estilo.sampler.instrument import Instrument
from estilo.units import midi_to_hz

RATE = 16_000
N_PARTIALS = 6


def tone(
    note: HeardNote,
    duration_s: float,
    *,
    decays_db_s: Sequence[float] = (0.0,) * N_PARTIALS,
    release_db_s: float = 600.0,
    attack_s: float = 0.002,
    cents: NDArray | float = 0.0,
) -> NDArray[np.float64]:
    """A note in a silence; its first partial is of full scale where the level is 0 dB."""
    time_s = np.arange(round(duration_s * RATE)) / RATE
    after_s = time_s - note.start_s
    hz = float(midi_to_hz(note.pitch)) * 2.0 ** (np.broadcast_to(cents, time_s.shape) / 1200.0)
    phase = 2.0 * np.pi * np.cumsum(hz) / RATE
    phase -= np.interp(note.start_s, time_s, phase)
    out = np.zeros(len(time_s))
    for k, decay_db_s in enumerate(decays_db_s, 1):
        fall_db = decay_db_s * after_s + release_db_s * np.maximum(
            after_s + note.start_s - note.end_s, 0.0
        )
        level = np.clip(after_s / attack_s, 0.0, 1.0) * 10.0 ** (-np.maximum(fall_db, 0.0) / 20.0)
        out += level * np.sin(k * phase) / k
    return out * 10.0 ** (note.level_db / 20.0)


def instrument(notes: Sequence[HeardNote], duration_s: float, **shape) -> Instrument:
    """An instrument of a recording in which these notes are played one after the other."""
    samples = sum(tone(note, duration_s, **shape) for note in notes)
    return Instrument.of([Audio(samples, RATE)], [Transcription(tuple(notes))])


def level_db(samples: NDArray) -> float:
    """Level of a stretch, 0 for a sine of full scale."""
    return float(10.0 * np.log10(2.0 * np.mean(np.square(samples, dtype=np.float64)) + 1e-20))


def partial_db(samples: NDArray, hz: float) -> float:
    """Level of one partial in a stretch."""
    time_s = np.arange(len(samples)) / RATE
    window = np.hanning(len(samples))
    turn = np.exp(-2j * np.pi * hz * time_s)
    return float(20.0 * np.log10(2.0 * abs((window * samples * turn).sum()) / window.sum() + 1e-12))
