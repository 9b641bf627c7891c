"""The bands in which attributes are heard: envelopes and frequencies, all channels together.

Bands are one ERB wide and one apart, and the squares of their gains add up to one at every
frequency, so that their powers add up to the power of the signal. They are cut out of one transform
of the whole recording, and each comes back as a complex envelope at a low rate. Powers are added
over channels, so that what cancels in the mean of the channels is heard.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import Sound
from estilo.analysis.transforms import (
    Array,
    backward,
    backward_complex,
    forward,
    quick_length,
)
from estilo.units import erb_number_to_hz, hz_to_erb_number

ENVELOPE_HZ = 1000
"""Rate of the envelopes, in Hz."""
FRAME_HZ = 100
"""Rate of the levels, in Hz: a frame is 10 ms."""
FINE_HZ = 16_000
"""Rate of the channels that are kept, in Hz."""
NUMBERS = np.arange(2, 39)
"""Numbers of the bands' centres on the ERB scale, from 55 Hz to 13.5 kHz. **Shape** ``(37,)``."""
CENTRES_HZ = erb_number_to_hz(NUMBERS)
"""Frequencies of the bands' centres, in Hz. **Shape** ``(37,)``."""
N_SLOW = 26
"""Number of bands, from the lowest, that are narrow enough for their frequency to be followed."""
RANGE_DB = 40.0
"""What lies further below the loudest around it is not heard, in dB."""
SURROUNDINGS_S = 2.0
"""How far around something louder makes it inaudible, in seconds."""

STRETCH_S, N_STRETCHES = 30.0, 4
_QUIETEST_DB = 60.0  # below the loudest of the whole recording: pauses hold nothing
_FLAT_RANGE_DB = 30.0
_TINY = np.float32(1e-30)
_MARGIN_S = 0.1


@dataclass(frozen=True, eq=False)
class Bands:
    """A recording in bands.

    Args:
        power: power of each band at `ENVELOPE_HZ`. **Shape** ``(37, time)``.
        turn: power of the slow bands times the phasor by which they turn in a millisecond, less
            what `centres_hz` turns. **Shape** ``(26, frames)``.
        centres_hz: frequency of each band that does not turn, in Hz. **Shape** ``(37,)``.
        channels: channels up to 8 kHz, at `FINE_HZ`. **Shape** ``(channels, samples)``.
    """

    power: Array
    turn: NDArray[np.complex64]
    centres_hz: NDArray[np.float64]
    channels: Array

    @cached_property
    def frame_power(self) -> Array:
        """Mean power in every 10 ms; **shape** ``(37, frames)``."""
        return mean_of(self.power, ENVELOPE_HZ // FRAME_HZ)

    @cached_property
    def level_db(self) -> Array:
        """`frame_power` in dB; **shape** ``(37, frames)``."""
        return to_db(self.frame_power)

    @cached_property
    def total_db(self) -> Array:
        """Level of all bands together; **shape** ``(frames,)``."""
        return to_db(self.frame_power.sum(0))

    @cached_property
    def loudest_db(self) -> Array:
        """Level of the loudest band within 2 s of each frame; **shape** ``(frames,)``."""
        loudest_db = self.level_db.max(0)
        around_db = moving_max(loudest_db, round(SURROUNDINGS_S * FRAME_HZ))
        return np.maximum(around_db, loudest_db.max(initial=-300.0) - _QUIETEST_DB)

    @cached_property
    def audible(self) -> NDArray[np.bool_]:
        """Where a band is at most 40 dB below the loudest around; **shape** ``(37, frames)``."""
        return (self.level_db > self.loudest_db - RANGE_DB) & (self.frame_power > 0.0)

    @cached_property
    def flattening(self) -> Array:
        """What brings bands to the same mean power, less so the further they lie below 30 dB.

        Sums of bands times it hardly depend on an equaliser. **Shape** ``(37,)``.
        """
        mean = self.frame_power.mean(1, dtype=np.float64)
        hardly = mean.max() * 10.0 ** (-_FLAT_RANGE_DB / 10.0)
        return (1.0 / np.maximum(mean + hardly, _TINY)).astype(np.float32)


def bands(sound: Sound) -> Bands:
    """A recording in bands one ERB wide; for `Sound.once`.

    Recordings longer than two minutes are heard in four stretches of 30 s.

    Args:
        sound: any length, rate and channels.

    Source: B. Glasberg, B. Moore 1990, https://doi.org/10.1016/0378-5955(90)90170-T

    Example:
        >>> tone = Sound(np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000), 16_000)
        >>> round(float(bands(tone).power[:, 500].sum()), 2)
        0.5
    """
    samples, rate = _stretches(sound)
    n_channels, n_samples = samples.shape
    seconds = _whole_seconds(n_samples / rate + _MARGIN_S)
    n_frames = max(n_samples * FRAME_HZ // rate, 1)
    power = np.zeros((len(NUMBERS), n_frames * (ENVELOPE_HZ // FRAME_HZ)), np.float32)
    turn = np.zeros((N_SLOW, n_frames), np.complex64)
    channels = np.zeros((n_channels, round(n_samples / rate * FINE_HZ)), np.float32)
    for samples_of_one, fine in zip(samples, channels, strict=True):
        fine[:] = _add_channel(samples_of_one, seconds, rate, power, turn)
    cuts = _cuts(seconds, rate)
    return Bands(power, turn, np.array([each.centre / seconds for each in cuts]), channels)


@dataclass(frozen=True, eq=False)
class _Cut:
    """The bins of a band, and the rate at which its envelope is sampled."""

    first: int
    centre: int
    gain: Array
    rate_hz: int


@lru_cache(maxsize=8)
def _cuts(seconds: int, rate: int) -> tuple[_Cut, ...]:
    found = []
    for number in NUMBERS:
        low, centre, high = (float(erb_number_to_hz(number + i)) * seconds for i in (-1, 0, 1))
        first, last = int(np.ceil(low)), min(int(high), seconds * rate // 2)
        numbers = hz_to_erb_number(np.arange(first, last + 1) / seconds)
        gain = np.cos(0.5 * np.pi * (numbers - number)).astype(np.float32)
        octaves = np.ceil(np.log2((high - low) / seconds / ENVELOPE_HZ))
        found.append(_Cut(first, round(centre), gain, ENVELOPE_HZ * 2 ** max(int(octaves), 0)))
    return tuple(found)


def _add_channel(
    samples: Array, seconds: int, rate: int, power: Array, turn: NDArray[np.complex64]
) -> Array:
    """Add a channel to power and turn, and return it at `FINE_HZ`."""
    spectrum = forward(samples, seconds * rate)
    spectrum *= np.float32(np.sqrt(2.0) / (seconds * rate))
    cuts = _cuts(seconds, rate)
    for rate_hz in sorted({each.rate_hz for each in cuts}):
        rows = [row for row, each in enumerate(cuts) if each.rate_hz == rate_hz]
        heard = np.zeros((len(rows), seconds * rate_hz), np.complex64)
        for out, row in zip(heard, rows, strict=True):
            _put(spectrum, cuts[row], out)
        step = rate_hz // ENVELOPE_HZ
        heard = backward_complex(heard)
        heard = heard[:, : power.shape[1] * step]
        power[rows] += mean_of(np.square(heard.real) + np.square(heard.imag), step)
        if step == 1:
            turns = np.zeros_like(heard[:N_SLOW])
            np.multiply(heard[:N_SLOW, 1:], heard[:N_SLOW, :-1].conj(), out=turns[:, 1:])
            turn += mean_of(turns, ENVELOPE_HZ // FRAME_HZ)
    n_fine = seconds * FINE_HZ
    kept = spectrum[: n_fine // 2 + 1] * np.float32(np.sqrt(0.5))
    return backward(kept, n_fine)[: round(len(samples) / rate * FINE_HZ)]


def _put(spectrum: NDArray[np.complex64], cut: _Cut, out: NDArray[np.complex64]) -> None:
    """Put the bins of a band where its centre is the frequency 0."""
    bins = spectrum[cut.first : cut.first + len(cut.gain)] * cut.gain
    n_below = min(cut.centre - cut.first, len(bins))
    out[: len(bins) - n_below] = bins[n_below:]
    out[len(out) - n_below :] = bins[:n_below]


def _stretches(sound: Sound) -> tuple[Array, int]:
    samples, rate = sound.audio.samples, sound.audio.sample_rate
    size = round(STRETCH_S * rate)
    if samples.shape[1] <= N_STRETCHES * size:
        return samples, rate
    starts = np.linspace(0, samples.shape[1] - size, N_STRETCHES).astype(int)
    return np.concatenate([samples[:, s : s + size] for s in starts], axis=1), rate


def _whole_seconds(duration_s: float) -> int:
    """A number of seconds, at least the duration, without large prime factors."""
    return quick_length(int(np.ceil(duration_s)))


def mean_of(values: NDArray, n: int) -> NDArray:
    """Means of n neighbouring values each, along the last axis.

    **Shape**: ``(..., time)`` to ``(..., time // n)``.

    Args:
        values: real or complex values.
        n: number of values in a mean.

    Example:
        >>> mean_of(np.array([1.0, 3.0, 5.0, 7.0, 9.0]), 2)
        array([2., 6.])
    """
    if n == 1:
        return values
    whole = values[..., : values.shape[-1] // n * n]
    # A product is several times quicker than a mean over a short axis.
    shares = np.full(n, 1.0 / n, values.dtype)
    return (whole.reshape(-1, n) @ shares).reshape(*whole.shape[:-1], -1)


def moving_max(values: NDArray, reach: int) -> NDArray:
    """Largest value within so many steps to each side, along the last axis.

    Args:
        values: real values, of any shape.
        reach: number of steps.

    Example:
        >>> moving_max(np.array([0.0, 2.0, 1.0, 0.0, 0.0]), 1)
        array([2., 2., 2., 1., 0.])
    """
    from scipy.ndimage import maximum_filter1d

    return maximum_filter1d(values, 2 * reach + 1, axis=-1, mode="nearest")


def to_db(power: NDArray) -> NDArray:
    """Power in dB re 1; -300 dB for none.

    Args:
        power: powers, not negative, of any shape.

    Example:
        >>> to_db(np.array([1.0, 0.01])).round(3).tolist()
        [0.0, -20.0]
    """
    return 10.0 * np.log10(np.maximum(power, _TINY))
