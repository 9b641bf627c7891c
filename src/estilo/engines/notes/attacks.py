r"""Attacks between those of two sounds: where levels lie between, times of attack do so as well.

The geometric mean of a slow and a quick attack is quick at first and as long as the slow one at the
end. With amplitudes that rise evenly for a time :math:`T`, :math:`a_T(t) = \min(t / T, 1)`, what is
missing to an attack of the time :math:`T = T_0^{1-s} T_1^s` is the gain

.. math:: g(t) = a_T(t) / (a_{T_0}(t)^{1-s} a_{T_1}(t)^s)

which is 1 before the quicker of the two has risen and after the slower one has. It is applied to
the partials of the note; what lies between the partials of several notes gets their mean.
"""

from collections.abc import Callable, Sequence

import numpy as np
import scipy.signal
import torch
from numpy.typing import NDArray
from torch import Tensor

from estilo.analysis.transcription.heard import HeardNote
from estilo.dsp.stft import istft, power_of_two_near, stft
from estilo.engines.notes.partials import Grid, bumps, partials
from estilo.units import midi_to_hz

SHORTEST_S, LONGEST_S = 0.003, 0.25
"""Times of attack that are told apart, in seconds."""

_WINDOW_S = 0.023
_BEFORE_S = 0.03
_N_PARTIALS = 6
_LOW, _HIGH = 0.1, 0.9
_SETTLED = 0.75
_SMOOTHING_S = 0.008
_STEP_RISE = (
    0.36  # time from low to high of a step that is smoothed by a window of Hann of length 1
)
_BETWEEN = 1e-3  # weight of a note between its partials
_INAUDIBLE_DB = 0.5
_TINY = 1e-12

Part = Callable[[int], tuple[NDArray[np.float32], int]]
"""Takes the number of a note; gives one channel from before its onset, and the sample at which it
begins."""


def attack_s(samples: NDArray, onset: int, *, pitch: float, sample_rate: int) -> float:
    """Time in which the partials of a note rise, as an even rise from nothing would.

    It is the time from a tenth to nine tenths of the amplitude that three quarters of the first
    quarter of a second stay below, times 10/8, less what the smoothing of a period or two adds.

    Args:
        samples: one channel, from before the onset on. **Shape** ``(time,)``.
        onset: sample at which the note begins.
        pitch: its pitch, as a MIDI note number.
        sample_rate: sample rate in Hz.

    Example:
        >>> time_s = np.arange(8000) / 16_000
        >>> tone = np.sin(2 * np.pi * 440 * time_s) * np.clip((time_s - 0.1) / 0.05, 0, 1)
        >>> round(attack_s(tone, 1600, pitch=69.0, sample_rate=16_000), 2)
        0.05
    """
    first = max(onset - round(_BEFORE_S * sample_rate), 0)
    part = np.asarray(samples[first : onset + round(LONGEST_S * sample_rate)], np.float64)
    pitch_hz = float(midi_to_hz(pitch))
    width_s = max(_SMOOTHING_S, 2.0 / pitch_hz)
    n_window = round(width_s * sample_rate)
    if len(part) < 2 * n_window:
        return SHORTEST_S
    window = np.hanning(n_window + 2)[1:-1]
    turn = -2j * np.pi * np.arange(len(part)) / sample_rate
    power = np.zeros(len(part))
    for order in range(1, _N_PARTIALS + 1):
        if order * pitch_hz < 0.45 * sample_rate:
            shifted = part * np.exp(order * pitch_hz * turn)
            power += np.square(np.abs(scipy.signal.fftconvolve(shifted, window, mode="same")))
    level = np.sqrt(power)
    # Beats with other notes rise above the level that a note settles at.
    settled = float(np.quantile(level[onset - first :], _SETTLED))
    top = int(np.argmax(level >= _HIGH * settled))
    low = np.flatnonzero(level[: top + 1] <= _LOW * settled)
    rise_s = (top - (int(low[-1]) if len(low) else 0)) / sample_rate
    own_s = max(rise_s**2 - (_STEP_RISE * width_s) ** 2, 0.0) ** 0.5
    return float(np.clip(own_s / (_HIGH - _LOW), SHORTEST_S, LONGEST_S))


def missing_gain_db(age_s: NDArray, quick_s: float, slow_s: float, share: float) -> NDArray:
    """Gain that turns the geometric mean of two attacks into one whose time is between theirs.

    Args:
        age_s: times since the onset, in seconds.
        quick_s: time of the attack at a share of 0.
        slow_s: time of the attack at a share of 1; either may be the quicker one.
        share: how far from the one to the other.

    **Shape**: result that of the times, in dB.

    Example:
        >>> missing_gain_db(np.array([0.001, 0.02, 0.5]), 0.01, 0.04, 0.5).round(1) + 0.0
        array([0., 3., 0.])
    """
    between_s = quick_s ** (1.0 - share) * slow_s**share
    time_s = np.maximum(age_s, 1e-6)

    def rise_db(whole_s: float) -> NDArray:
        return 20.0 * np.log10(np.minimum(time_s / whole_s, 1.0))

    return rise_db(between_s) - (1.0 - share) * rise_db(quick_s) - share * rise_db(slow_s)


class Attacks:
    """The attacks of a rendition at a share of its strength.

    Args:
        notes: notes in the order of their starts.
        parts: the note at a share of 0, and at a share of 1.
        share: how far from the one to the other.
        sample_rate: sample rate in Hz.
    """

    def __init__(
        self,
        notes: Sequence[HeardNote],
        parts: tuple[Part, Part],
        *,
        share: float,
        sample_rate: int,
    ) -> None:
        self._notes, self._parts, self._share, self._rate = notes, parts, share, sample_rate
        self._n_fft = power_of_two_near(_WINDOW_S, sample_rate=sample_rate, least=64)
        self._known: dict[int, tuple[float, float]] = {}

    @property
    def reach(self) -> int:
        """How many samples around a stretch have to be given, a multiple of the hop."""
        return 2 * self._n_fft

    def shaped(self, made: Tensor, first: int) -> Tensor:
        """A stretch of the geometric mean with the attacks that it should have.

        Args:
            made: stretch of it, ``(channels, time)``.
            first: number of its first sample, a multiple of `reach`.

        **Shape**: result that of the stretch.
        """
        hop = self._n_fft // 4
        grid = Grid(self._n_fft, hop, self._rate, first // hop, 1 + made.shape[-1] // hop)
        gain_db = self._gain_db(grid)
        if gain_db is None:
            return made
        spectrum = stft(made, n_fft=self._n_fft, hop_length=hop)
        factor = torch.pow(10.0, gain_db.mT / 20.0).to(made)
        return istft(spectrum * factor, length=made.shape[-1], n_fft=self._n_fft, hop_length=hop)

    def _gain_db(self, grid: Grid) -> Tensor | None:
        """Gain of every bin, **shape** ``(frames, bins)``; None where nothing is to be done."""
        times_s = grid.times_s
        sounding = [
            number
            for number, note in enumerate(self._notes)
            if note.start_s <= times_s[-1] and note.end_s >= times_s[0]
        ]
        if not any(
            self._notes[number].start_s + LONGEST_S >= times_s[0] and self._is_heard(number)
            for number in sounding
        ):
            return None
        total = torch.zeros(grid.n_frames * grid.n_bins, dtype=torch.float64)
        weights = torch.full_like(total, _TINY)
        for number in sounding:
            found = next(partials([self._notes[number]], grid, highest_hz=0.5 * self._rate), None)
            if found is None:
                continue
            wanted = torch.zeros_like(found.power)
            if self._is_heard(number):
                times = self._times_s(number)
                wanted = torch.from_numpy(missing_gain_db(found.age_s.numpy(), *times, self._share))
            width_hz = torch.full_like(found.power, 2.0 * grid.bin_hz)
            near, height = bumps(found, grid, width_hz=width_hz)
            own = (found.power[:, None, None] * height).flatten()
            place = (found.frames[:, None, None] * grid.n_bins + near).flatten()
            weights.index_add_(0, place, own)
            total.index_add_(0, place, own * wanted[:, None, None].expand_as(near).flatten())
            rows = weights.view(grid.n_frames, -1), total.view(grid.n_frames, -1)
            rows[0][found.frames] += _BETWEEN * found.power[:, None]
            rows[1][found.frames] += _BETWEEN * (found.power * wanted)[:, None]
        return (total / weights).view(grid.n_frames, grid.n_bins)

    def _is_heard(self, number: int) -> bool:
        times_s = self._times_s(number)
        between_s = np.array([times_s[0] ** (1.0 - self._share) * times_s[1] ** self._share])
        gain_db = missing_gain_db(between_s, *times_s, self._share)
        return bool(np.abs(gain_db).max() > _INAUDIBLE_DB)

    def _times_s(self, number: int) -> tuple[float, float]:
        """Times of attack of a note at a share of 0 and of 1."""
        if number not in self._known:
            pitch = self._notes[number].pitch
            first, second = (
                attack_s(*part(number), pitch=pitch, sample_rate=self._rate) for part in self._parts
            )
            self._known[number] = first, second
        return self._known[number]
