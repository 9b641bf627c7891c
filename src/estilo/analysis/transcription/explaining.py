"""How much of a sound its notes account for, and what is left of it over time."""

from collections.abc import Sequence

import numpy as np

from estilo.analysis.salience import window_of
from estilo.analysis.sound import RATE_HZ
from estilo.analysis.transcription.heard import STEP_S, HeardNote
from estilo.analysis.transcription.partials import Array
from estilo.analysis.transforms import forward
from estilo.units import midi_to_hz

_N = 2048
_SIDE = 2
_RELEASE_S = 0.15
_BLOCK = 500
_HANN_SPREAD = 1.5


def powers(mono: Array, notes: Sequence[HeardNote]) -> tuple[Array, Array]:
    """Power every `STEP_S`, and what of it lies on no partial of a note; **shape** ``(n_steps,)``.

    A partial takes the bins within one main lobe of it, from the note's start until a little after
    its end. 1 is the power of a sine of full scale.

    Args:
        mono: sound at 16 kHz. **Shape** ``(time,)``.
        notes: notes in the order of their starts.
    """
    hop = round(STEP_S * RATE_HZ)
    n_steps = 1 + len(mono) // hop
    padded = np.pad(np.asarray(mono, np.float32), (_N // 2, _N // 2 + hop))
    views = np.lib.stride_tricks.sliding_window_view(padded, _N)[::hop][:n_steps]
    whole, left = np.empty(n_steps, np.float32), np.empty(n_steps, np.float32)
    waiting = list(notes)
    for first in range(0, n_steps, _BLOCK):
        power = np.square(np.abs(forward(views[first : first + _BLOCK] * window_of(_N))))
        power /= _HANN_SPREAD
        block = slice(first, first + len(power))
        whole[block] = power.sum(1)
        for note in waiting:
            if note.start_s > (first + _BLOCK) * STEP_S + 1.0:
                break
            _take(power, note, first)
        waiting = [note for note in waiting if note.end_s + 1.0 > (first + _BLOCK) * STEP_S]
        left[block] = power.sum(1)
    return whole, left


def _take(power: Array, note: HeardNote, first: int) -> None:
    """Set the bins of a note's partials to zero."""
    start = max(round(note.start_s / STEP_S) - 2, first)
    end = min(round((note.end_s + _RELEASE_S) / STEP_S) + 1, first + len(power))
    if start >= end:
        return
    steps = np.arange(start, end)
    place = np.clip(steps - round(note.start_s / STEP_S), 0, len(note.cents) - 1)
    base_hz = midi_to_hz(note.pitch + note.cents[place] / 100.0)
    orders = np.arange(1, min(int(0.49 * RATE_HZ / base_hz.max()), 40) + 1)
    bins = np.round(base_hz[:, None] * orders * _N / RATE_HZ).astype(int)
    sides = bins[..., None] + np.arange(-_SIDE, _SIDE + 1)
    power[(steps - first)[:, None, None], np.clip(sides, 0, _N // 2)] = 0.0
