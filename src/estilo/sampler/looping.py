"""The steady part of a note as a loop whose seam is not heard."""

from dataclasses import dataclass

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from estilo.units import midi_to_hz

_ATTACK_S = 0.06
_AFTER_PEAK_S = 0.02
_BEFORE_END_S = 0.01
_LEAST = ((6, 0.05), (3, 0.02))  # periods and seconds; shorter loops only where there is no other
_MOST_S = 2.0
_WINDOW_PERIODS, _LEAST_WINDOW_S, _MOST_WINDOW_S = 4.0, 0.015, 0.06
_FADE_S = 0.04
_N_ENDS = 12
_LENGTH_SHARE = 0.03  # what twice the length is worth in correlation
_LEAST_LIKENESS = 0.2


@dataclass(frozen=True)
class Loop:
    """A part of a note that can be repeated.

    Args:
        start: sample that follows the last one of the loop when it is repeated.
        end: sample after the last one.
        fade: samples before `end` that fade into those before `start`.
        likeness: correlation of what meets at the seam, at most 1.
    """

    start: int
    end: int
    fade: int
    likeness: float

    @property
    def length(self) -> int:
        """Samples from one repetition to the next."""
        return self.end - self.start


def find_loop(
    samples: NDArray, *, sample_rate: int, pitch: float, onset: int, held: int
) -> Loop | None:
    """The loop of a note: whole periods whose ends are most alike, rather long than short.

    Args:
        samples: samples of a note, **Shape** ``(channels, time)``.
        sample_rate: sample rate in Hz.
        pitch: pitch as a MIDI note number.
        onset: sample at which it begins.
        held: sample at which it is let go.

    Returns:
        None where the steady part is shorter than three periods or 20 ms, or nothing in it repeats.

    Example:
        >>> tone = np.sin(2 * np.pi * 0.01 * np.arange(8000))[None]
        >>> loop = find_loop(tone, sample_rate=8000, pitch=43.35, onset=0, held=8000)
        >>> loop.length % 100, round(loop.likeness, 3)
        (0, 1.0)
    """
    mono = np.asarray(samples.mean(0), np.float64)
    period = sample_rate / float(midi_to_hz(pitch))
    first, last = _steady(mono, sample_rate, onset, held)
    window = np.clip(
        _WINDOW_PERIODS * period, _LEAST_WINDOW_S * sample_rate, _MOST_WINDOW_S * sample_rate
    )
    half = round(min(window, (last - first) / 3) / 2)
    for periods, seconds in _LEAST:
        least = round(max(periods * period, seconds * sample_rate))
        if half < period / 2 or last - first < least + 2 * half:
            continue
        low = max(first + least + 2 * half, (first + last) // 2)
        ends = np.linspace(low, last - half, _N_ENDS)
        found = [_best_start(mono, int(end), first, half, least, sample_rate) for end in ends]
        _, loop = max(found, key=lambda each: each[0])
        if loop.likeness > _LEAST_LIKENESS:
            return loop
    return None


def _steady(mono: NDArray, rate: int, onset: int, held: int) -> tuple[int, int]:
    """Where the attack is over, and where the note has not yet been let go."""
    size = max(round(_AFTER_PEAK_S * rate), 1)
    power = scipy.signal.fftconvolve(np.square(mono[onset:held]), np.ones(size), "same")
    # A peak late in the note is no attack: what swells is steady enough.
    early = power[: max(len(power) // 3, 1)]
    peak = int(early.argmax()) + size
    attack = min(round(_ATTACK_S * rate), (held - onset) // 3)
    first = onset + max(peak, attack)
    return first, held - min(round(_BEFORE_END_S * rate), (held - onset) // 8)


def _best_start(
    mono: NDArray, end: int, first: int, half: int, least: int, rate: int
) -> tuple[float, Loop]:
    """Score and loop of the best start for an end."""
    pattern = mono[end - half : end + half]
    low = max(first, end - round(_MOST_S * rate) - half)
    searched = mono[low : end - least + half]
    likeness = _likeness(searched, pattern)
    starts = low + half + np.arange(len(likeness))
    length = end - starts
    score = likeness + _LENGTH_SHARE * np.log2(length / least)
    best = int(score.argmax())
    start = int(starts[best])
    fade = int(min(_FADE_S * rate, (end - start) // 2, start - first + half))
    return float(score[best]), Loop(start, end, max(fade, 1), float(likeness[best]))


def _likeness(searched: NDArray, pattern: NDArray) -> NDArray:
    """Normalised correlation of a pattern with every part of a signal."""
    product = scipy.signal.correlate(searched, pattern, "valid", method="fft")
    sums = np.concatenate([[0.0], np.cumsum(np.square(searched))])
    energy = np.maximum(sums[len(pattern) :] - sums[: -len(pattern)], 0.0)
    whole = np.sqrt(energy * np.square(pattern).sum())
    return product / np.maximum(whole, 1e-12 + 1e-6 * whole.max(initial=0.0))
