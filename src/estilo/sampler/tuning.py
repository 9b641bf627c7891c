"""The pitch of a note to the cent, from the partials that are strongest."""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.transforms import forward, quick_length
from estilo.units import hz_to_midi, midi_to_hz

_N_PARTIALS = 8
_REACH = 2.0 ** (40.0 / 1200.0)
_LEAST_PERIODS = 8
_MOST_S = 1.5
_FAINTEST = 0.01


def exact_pitch(samples: NDArray, *, sample_rate: int, near: float) -> float:
    """Pitch of a steady note, measured.

    The lowest eight partials are looked for within 40 cents; each gives a fundamental, and the
    result is their median, weighted by the powers of the partials. Higher ones are left out: those
    of strings are too sharp.

    Args:
        samples: steady part of a note, **Shape** ``(time,)``.
        sample_rate: sample rate in Hz.
        near: pitch near which it lies, as a MIDI note number.

    Returns:
        MIDI note number; ``near`` itself where nothing is found or the part is too short.

    Example:
        >>> tone = np.sin(2 * np.pi * 441.3 / 8000 * np.arange(4000))
        >>> round(exact_pitch(tone, sample_rate=8000, near=69.2), 3)
        69.051
    """
    samples = samples[: round(_MOST_S * sample_rate)]
    f0 = float(midi_to_hz(near))
    if len(samples) * f0 < _LEAST_PERIODS * sample_rate:
        return near
    n_fft = quick_length(4 * len(samples))
    windowed = (samples * np.hanning(len(samples))).astype(np.float32)
    level = np.abs(forward(windowed, n_fft))
    found, powers = [], []
    for number in range(1, _N_PARTIALS + 1):
        low, high = (number * f0 * ratio * n_fft / sample_rate for ratio in (1 / _REACH, _REACH))
        first, last = int(np.ceil(low)), int(np.floor(high))
        if last >= len(level) - 1 or last - first < 2:
            continue
        place = first + int(level[first : last + 1].argmax())
        # At an end of the range it belongs to something else, far down to a window's side lobe.
        if first < place < last and level[place] > _FAINTEST * level.max():
            bin_ = place + _summit(level[place - 1 : place + 2])
            found.append(bin_ * sample_rate / n_fft / number)
            powers.append(float(level[place]) ** 2)
    if not found:
        return near
    order = np.argsort(found)
    share = np.cumsum(np.array(powers)[order])
    middle = order[int(np.searchsorted(share, 0.5 * share[-1]))]
    return float(hz_to_midi(found[middle]))


def _summit(three: NDArray) -> float:
    """Where a parabola through three logarithms has its summit, from the middle one."""
    a, b, c = np.log(np.maximum(three, 1e-30))
    bend = a - 2.0 * b + c
    return float(0.5 * (a - c) / bend) if bend < 0.0 else 0.0
