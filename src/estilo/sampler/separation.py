"""One note of a recording out of those that sound with it: a soft mask over partials.

Every note that sounds has a comb: lines at multiples of its pitch, as strong as the recording is
there, and weaker while it rings on. Where lines of two notes meet, each takes the strength between
its own neighbouring lines that meet no other. Between all lines the noise is shared out in the
same proportion, 40 dB below them, and more of it at the onset of a note, which is where attacks
are. A note's mask is its share of the power of all combs, to the power of 3/4: between a Wiener
filter, which leaves the least error and too little of what is faint, and the mask that keeps the
power (for partials of notes see T. Virtanen, A. Klapuri 2002, Separation of harmonic sounds using
linear models for the overtone series).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.transcription.heard import STEP_S, HeardNote
from estilo.units import midi_to_hz

_WINDOW_S = 0.186  # tells partials apart that are 20 Hz from each other
_RING_S = 0.25  # how long a note can be heard after its end
_SAME_PITCH = 0.5
_FLOOR = 1e-4
_ATTACK_FLOOR, _ATTACK_S = 1e-2, 0.03
_N_LINES = 80
_BINS_WIDE, _SHARE_WIDE = 0.65, 0.0015  # of a line: its window's, and its pitch's unsteadiness
_TO_POWER = 0.75
_NEAR = np.arange(-12, 13)  # bins around a line in which it is heard
_TINY = 1e-20


@dataclass(frozen=True, eq=False)
class Separated:
    """A note by itself.

    Args:
        samples: the note with what belongs to it. **Shape** ``(channels, time)``.
        purity: share of its power in what sounds while it is held, 0 to 1.
    """

    samples: NDArray[np.float32]
    purity: float


def sounding_with(
    note: HeardNote, notes: Sequence[HeardNote], *, start_s: float, end_s: float
) -> list[HeardNote]:
    """Other notes that can be heard in a span of time.

    Args:
        note: note that is not counted.
        notes: notes of the recording.
        start_s: beginning of the span, in seconds.
        end_s: end of the span, in seconds.

    Example:
        >>> one, other = HeardNote(0.0, 1.0, 60.0, -20.0), HeardNote(1.1, 2.0, 64.0, -20.0)
        >>> len(sounding_with(other, [one, other], start_s=1.1, end_s=2.0))
        1
    """
    return [
        each
        for each in notes
        if each is not note
        and each.start_s < end_s
        and each.end_s + _RING_S > start_s
        and not _is_struck_again(each, note)
    ]


def _is_struck_again(each: HeardNote, note: HeardNote) -> bool:
    """Whether a note ends an earlier one of its own pitch by beginning."""
    return each.start_s < note.start_s and abs(each.pitch - note.pitch) < _SAME_PITCH


def separate(
    samples: NDArray,
    note: HeardNote,
    others: Sequence[HeardNote],
    *,
    sample_rate: int,
    start_s: float,
) -> Separated:
    """Take a note out of a part of a recording.

    Args:
        samples: part of the recording, **Shape** ``(channels, time)``.
        note: note that is wanted.
        others: notes that sound with it, or rang on when it began.
        sample_rate: sample rate in Hz.
        start_s: time of the part's first sample, in the time of the notes.

    Example:
        >>> time_s = np.arange(8000) / 8000
        >>> low, high = np.sin(2 * np.pi * 440 * time_s), np.sin(2 * np.pi * 660 * time_s)
        >>> pair = [HeardNote(0.0, 1.0, 69.0, 0.0), HeardNote(0.0, 1.0, 76.02, 0.0)]
        >>> alone = separate(
        ...     (low + high)[None], pair[0], pair[1:], sample_rate=8000, start_s=0.0
        ... )
        >>> bool(np.abs(alone.samples - low)[:, 1000:7000].max() < 0.01), round(alone.purity, 1)
        (True, 0.5)
    """
    import torch

    from estilo.dsp.stft import istft, power_of_two_near, stft

    n_fft = power_of_two_near(_WINDOW_S, sample_rate=sample_rate, least=256)
    hop = n_fft // 4
    waveform = torch.from_numpy(np.ascontiguousarray(samples, np.float32))
    spectrum = stft(waveform, n_fft=n_fft, hop_length=hop)
    power = spectrum.abs().square().sum(0).numpy().T.astype(np.float64)
    times_s = start_s + np.arange(len(power)) * hop / sample_rate
    hz = np.arange(power.shape[1]) * sample_rate / n_fft
    combs = _Combs([note, *others], times_s, hz)
    mask = combs.shares(power)
    masked = spectrum * torch.from_numpy(mask.T.astype(np.float32))
    alone = istft(masked, length=samples.shape[1], n_fft=n_fft, hop_length=hop)
    is_held = (times_s >= note.start_s) & (times_s <= max(note.end_s, note.start_s + 0.03))
    held = power[is_held]
    purity = float((mask[is_held] * held).sum() / max(held.sum(), _TINY))
    return Separated(alone.numpy(), min(purity, 1.0))


class _Combs:
    """Lines of notes, over frames."""

    def __init__(self, notes: Sequence[HeardNote], times_s: NDArray, hz: NDArray) -> None:
        self._hz = hz
        self._f0 = np.stack([_f0(note, times_s) for note in notes])
        ends_s = np.array([[note.end_s + _RING_S] for note in notes])
        since_s = times_s - np.array([[note.start_s] for note in notes])
        half_window_s = 0.5 / hz[1]
        self._sounds = (since_s > -half_window_s) & (times_s < ends_s)
        since_end_s = np.clip(times_s - ends_s + _RING_S, 0.0, _RING_S)
        # The tail of the wanted note is taken for its own where nothing else is heard.
        shared_s = np.diff(since_end_s[0], prepend=0.0) * self._sounds[1:].any(0)
        since_end_s[0] = np.cumsum(shared_s)
        self._sounds[0] = (since_s[0] > -half_window_s) & (since_end_s[0] < _RING_S)
        self._ring = 10.0 ** (-6.0 * since_end_s / _RING_S)
        fall = np.exp(-np.maximum(since_s, 0.0) / _ATTACK_S)
        is_attack = since_s > -0.5 * half_window_s
        self._floor = _FLOOR + np.where(is_attack, _ATTACK_FLOOR * fall, 0.0)

    def shares(self, power: NDArray) -> NDArray:
        """Share of the first note in every bin; **shape** ``(frames, bins)``."""
        combs = [self._comb(note, power) for note in range(len(self._f0))]
        return (combs[0] / np.maximum(sum(combs), _TINY)) ** _TO_POWER

    def _comb(self, note: int, power: NDArray) -> NDArray:
        """Power of a note's lines, and of the floor between them, in every bin."""
        count = int(np.clip(self._hz[-1] / self._f0[note].max() - 0.5, 1, _N_LINES))
        lines = self._f0[note][:, None] * np.arange(1, count + 1)
        width = np.hypot(_BINS_WIDE * self._hz[1], _SHARE_WIDE * lines)[..., None]
        frames = np.arange(len(power))[:, None, None]
        middle = np.rint(lines / self._hz[1]).astype(int)
        bins = np.clip(middle[..., None] + _NEAR, 0, len(self._hz) - 1)
        away = np.abs(self._hz[bins] - lines[..., None])
        is_near = away <= np.maximum(1.5 * width, self._hz[1])
        level = np.log(np.where(is_near, power[frames, bins], 0.0).max(-1) + _TINY)
        level = _between(level, lines, self._meets(note, lines, 2.5 * width[..., 0]))
        comb = np.zeros_like(power)
        shapes = np.exp(level)[..., None] * np.exp(-0.5 * (away / width) ** 2)
        np.maximum.at(comb, (np.broadcast_to(frames, bins.shape), bins), shapes)
        for frame, floor in enumerate(self._floor[note]):
            comb[frame] += floor * np.exp(np.interp(self._hz, lines[frame], level[frame]))
        return comb * (self._sounds[note] * self._ring[note])[:, None]

    def _meets(self, note: int, lines: NDArray, reach: NDArray) -> NDArray:
        """Whether a line of another note that sounds is near each line."""
        meets = np.zeros(lines.shape, bool)
        for other, f0 in enumerate(self._f0):
            if other != note:
                nearest = np.maximum(np.rint(lines / f0[:, None]), 1.0) * f0[:, None]
                meets |= (np.abs(lines - nearest) < reach) & self._sounds[other][:, None]
        return meets


def _between(level: NDArray, lines: NDArray, meets: NDArray) -> NDArray:
    """Levels, where lines meet others no higher than a line between their neighbours."""
    out = level.copy()
    for frame in np.flatnonzero(meets.any(1) & ~meets.all(1)):
        free = ~meets[frame]
        place = np.log(lines[frame])
        between = np.interp(place, place[free], level[frame, free])
        out[frame] = np.where(free, level[frame], np.minimum(between, level[frame]))
    return out


def _f0(note: HeardNote, times_s: NDArray) -> NDArray:
    """Fundamental frequency of a note at some times, in Hz."""
    steps = np.clip((times_s - note.start_s) / STEP_S, 0.0, len(note.cents) - 1.0)
    cents = np.interp(steps, np.arange(len(note.cents)), note.cents)
    return midi_to_hz(note.pitch + cents / 100.0)
