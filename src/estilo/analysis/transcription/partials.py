"""The pitch and the level of a note over time, from the partials in its own stretch of sound.

Frequencies are those of the reassigned spectrum (Auger & Flandrin 1995, "Improving the readability
of time-frequency and time-scale representations by the reassignment method", IEEE Trans. Signal
Processing 43(5), doi:10.1109/78.382394).
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.salience import window_of
from estilo.analysis.sound import RATE_HZ
from estilo.analysis.transcription.heard import STEP_S
from estilo.analysis.transforms import forward
from estilo.units import midi_to_hz

N_PARTIALS = 20
_N_FOR_PITCH = 6
_LOW = 50.0
_FARTHEST_CENTS = 300.0
_STEP_CENTS = 30.0
_HANN_SPREAD = 1.5
_SILENCE = 1e-12
Array = NDArray[np.float32]


class Stretch:
    """Spectra of a stretch of sound, one every `STEP_S`.

    Args:
        mono: whole sound at 16 kHz. **Shape** ``(time,)``.
        start_s: time of the first spectrum, in seconds.
        n_steps: number of spectra.
        pitch: pitch of the note in question, MIDI; low ones need longer windows.
    """

    def __init__(self, mono: Array, *, start_s: float, n_steps: int, pitch: float) -> None:
        self.n = 4096 if pitch < _LOW else 2048
        hop, half = round(STEP_S * RATE_HZ), self.n // 2
        first = round(start_s * RATE_HZ) - half
        last = first + (n_steps - 1) * hop + self.n
        padding = (max(-first, 0), max(last - len(mono), 0))
        samples = np.pad(mono[max(first, 0) : max(last, 0)], padding)
        views = np.lib.stride_tricks.sliding_window_view(samples, self.n)[::hop][:n_steps]
        spectrum = forward(views * window_of(self.n))
        slope = forward(views * _window_slope(self.n))
        self.power = np.square(np.abs(spectrum))
        """Squared magnitudes, 1 for a sine of full scale. **Shape** ``(n_steps, bins)``."""
        turn = -np.imag(slope * spectrum.conj()) / np.maximum(self.power, _SILENCE)
        bins_hz = np.fft.rfftfreq(self.n, 1.0 / RATE_HZ)
        self.frequency_hz = (bins_hz + turn * RATE_HZ / (2.0 * np.pi)).astype(np.float32)
        """Where the power of each bin lies, in Hz; of the same shape."""

    def bins(self, frequency_hz: NDArray) -> NDArray[np.int64]:
        """The bins of frequencies, those out of range at the edge.

        Args:
            frequency_hz: frequencies in Hz.
        """
        bins = np.round(np.asarray(frequency_hz) * self.n / RATE_HZ).astype(np.int64)
        return np.clip(bins, 1, self.n // 2 - 1)


def pitch_course(stretch: Stretch, pitch: float) -> Array:
    """Pitch of a note at each step, as a MIDI number with fractions; **shape** ``(n_steps,)``.

    It is followed from where the note is loudest to both sides, so that slides are kept and other
    notes are not taken for it.

    Args:
        stretch: spectra of the note's time.
        pitch: nearest semitone.
    """
    n_steps = len(stretch.power)
    orders = np.arange(1, _N_FOR_PITCH + 1)
    bins = stretch.bins(orders * midi_to_hz(pitch))
    loudest = int(np.argmax(stretch.power[:, bins].sum(1)))
    out = np.full(n_steps, pitch, np.float32)
    first = float(pitch)
    for _ in range(3):
        first = _nearer(stretch, loudest, first, 60.0)
    out[loudest] = first
    for way in (range(loudest + 1, n_steps), range(loudest - 1, -1, -1)):
        now = first
        for step in way:
            moved = _nearer(stretch, step, now, _STEP_CENTS)
            if abs(moved - pitch) < _FARTHEST_CENTS / 100.0:
                now = moved
            out[step] = now
    return out


def power_course(stretch: Stretch, pitches: Array, shares: NDArray) -> Array:
    """Power of a note's partials at each step, 1 for a full-scale sine; **shape** ``(n_steps,)``.

    Args:
        stretch: spectra of the note's time.
        pitches: pitch at each step, MIDI.
        shares: share of each partial that is the note's own, 0 to 1. **Shape** ``(n_steps,
            N_PARTIALS)``.
    """
    partials_hz = midi_to_hz(pitches)[:, None] * np.arange(1, N_PARTIALS + 1)
    bins = stretch.bins(partials_hz)
    rows = np.arange(len(bins))[:, None]
    power = sum(stretch.power[rows, bins + side] for side in (-1, 0, 1)) / _HANN_SPREAD
    return (power * shares * (partials_hz < 0.49 * RATE_HZ)).sum(1).astype(np.float32)


def _nearer(stretch: Stretch, step: int, pitch: float, range_cents: float) -> float:
    """The pitch that partials at a step speak for, within a range of one that was supposed.

    Number by number: for so few, arrays would take twenty times as long.
    """
    base_hz, bin_hz = float(midi_to_hz(pitch)), RATE_HZ / stretch.n
    power, frequency_hz = stretch.power, stretch.frequency_hz
    said: list[tuple[float, float]] = []
    for order in range(1, _N_FOR_PITCH + 1):
        if order * base_hz >= 0.45 * RATE_HZ:
            break
        middle = max(round(order * base_hz / bin_hz), 1)
        near = [power.item(step, middle + side) for side in (-1, 0, 1)]
        best = max(near)
        place_hz = frequency_hz.item(step, middle - 1 + near.index(best))
        off_cents = 1200.0 * math.log2(max(place_hz, 1.0) / (order * base_hz))
        if abs(off_cents) < range_cents:
            said.append((off_cents, math.sqrt(best)))
    total = sum(weight for _, weight in said)
    if total < 1e-7:
        return pitch
    reached = 0.0
    for off_cents, weight in sorted(said):
        reached += weight
        if reached >= 0.5 * total:
            return pitch + off_cents / 100.0
    return pitch


@lru_cache(maxsize=4)
def _window_slope(length: int) -> Array:
    """Derivative of `window_of` by the sample."""
    phase = 2.0 * np.pi * np.arange(length) / length
    return (4.0 * np.pi / length**2 * np.sin(phase)).astype(np.float32)
