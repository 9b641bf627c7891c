"""Whether a note sounds at the pitch that is written beside it.

Recorded instruments have keys at the ends of their range that sound an octave off, or like the
noise of a key, and synthesisers have patches that ignore their key. Such notes would teach and test
what is not there.

A note's period shows as a peak of its autocorrelation, whatever its partials: the fundamental may
be missing or weak. It is the written pitch's unless another one fits clearly better: a shorter
period nearly as well (then the note sounds higher), or a longer one twice as well (then it sounds
lower; all multiples of a period fit as well as the period itself). Where the ear may hear either,
the written pitch stands.

Reference: P. Boersma (1993), Accurate short-term analysis of the fundamental frequency and the
harmonics-to-noise ratio of a sampled sound, IFA Proceedings 17.
"""

from dataclasses import dataclass

import numpy as np

from estilo.analysis.harmonicity import parabola
from estilo.analysis.sound import Sound
from estilo.analysis.spectral_shape import FRAME_S, spectrum_of
from estilo.units import hz_to_midi, midi_to_hz

_NEAR = 0.6  # semitones: old instruments are out of tune by a third of one
_HIGHEST, _LONGEST = -2.5, 3.15  # rivals: octaves below, and periods of the written pitch
_NEARLY = 0.05  # a second partial 15 dB above all odd ones still leaves more between the two
_CLEARLY = 2.0
_LEAST = 0.2  # noise resembles itself by chance to about as much
_LOWEST_PARTIAL, _HIGHEST_HZ, _HIGHEST_PARTIAL = 0.3, 5000.0, 4.0
# Twice the longest lag, or the end of a frame would meet its beginning; and half as many again, as
# a frame's length is rounded to a power of two.
_LAGS_PER_PERIOD, _PERIODS_PER_FRAME = 60.0, 9.0


@dataclass(frozen=True)
class PitchCheck:
    """What a note sounds like beside what is written.

    Args:
        fit: share of the note's power that repeats at the written period, up to 1; 0 where the
            autocorrelation has no peak there.
        other: pitch that fits clearly better, as a MIDI note number; None where there is none.
        is_right: whether the note may be taken for one of the written pitch.
    """

    fit: float
    other: float | None
    is_right: bool


def check_pitch(note: Sound, midi_pitch: float) -> PitchCheck:
    """Whether a note sounds at its written pitch.

    Args:
        note: one note, of any rate and level.
        midi_pitch: pitch that it should have, as a MIDI note number.

    Example:
        >>> time_s = np.arange(16_000) / 16_000
        >>> tone = Sound(np.sin(2 * np.pi * 440 * time_s), 16_000)
        >>> check_pitch(tone, 69).is_right, round(check_pitch(tone, 57).other, 1)
        (True, 69.0)
    """
    if note.is_empty:
        return PitchCheck(0.0, None, is_right=False)
    period_s = 1.0 / float(midi_to_hz(midi_pitch))
    lag_s, correlation = _correlation(note, period_s)
    place = np.log2(lag_s[1:-1] / period_s)  # octaves below the written pitch
    here = correlation[1:-1]
    # Whatever is smooth resembles itself at short lags; a period shows after the first dip below 0.
    is_peak = (here >= correlation[:-2]) & (here > correlation[2:])
    is_peak &= np.logical_or.accumulate(here < 0.0) & (place > _HIGHEST)
    is_near = np.abs(place) <= _NEAR / 12.0
    is_rival = is_peak & ~is_near
    fit, _ = _highest(here, is_peak & is_near)
    short, short_at = _highest(here, is_rival & (place < 0.0))
    long, long_at = _highest(here, is_rival & (place > 0.0))
    for height, at, least in (
        (short, short_at, fit - _NEARLY),
        (long, long_at, _CLEARLY * fit),
    ):
        if height > max(least, _LEAST):
            return PitchCheck(fit, _pitch(correlation, at + 1, lag_s[1]), is_right=False)
    return PitchCheck(fit, None, is_right=fit > _LEAST)


def _correlation(note: Sound, period_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Lags in seconds and the autocorrelation there, 1 at lag 0; mean over frames by amplitude."""
    rate = note.audio.sample_rate
    frame_s = max(FRAME_S, _PERIODS_PER_FRAME * period_s)
    spectrum = spectrum_of(note.mono_full_rate, rate, frame_s=frame_s)
    highest_hz = max(_HIGHEST_HZ, _HIGHEST_PARTIAL / period_s)
    first, last = np.searchsorted(spectrum.frequency_hz, (_LOWEST_PARTIAL / period_s, highest_hz))
    power = np.zeros_like(spectrum.power)
    power[:, first:last] = spectrum.power[:, first:last]
    amplitude = np.sqrt(power.sum(1, dtype=np.float64))
    # Each frame's own correlation counts by its amplitude: power over its square root.
    mean = (power / np.maximum(amplitude, 1e-12)[:, None]).sum(0)
    n_lags = len(spectrum.window)
    while n_lags * spectrum.bin_hz * period_s < _LAGS_PER_PERIOD:
        n_lags *= 2
    lag_s = np.arange(n_lags) / (n_lags * spectrum.bin_hz)
    longest = int(np.searchsorted(lag_s, _LONGEST * period_s))
    in_window_s = np.arange(len(spectrum.window)) / rate
    of_window = np.interp(lag_s[:longest], in_window_s, spectrum.window_acf)
    correlation = np.fft.irfft(mean, n_lags)[:longest]
    correlation /= max(float(correlation[0]), 1e-30) * np.maximum(of_window, 1e-3)
    return lag_s[:longest], correlation


def _highest(values: np.ndarray, chosen: np.ndarray) -> tuple[float, int]:
    """Largest of the chosen values, at least 0, and where it is."""
    at = int(np.argmax(np.where(chosen, values, 0.0)))
    return (float(values[at]), at) if chosen[at] and values[at] > 0.0 else (0.0, at)


def _pitch(correlation: np.ndarray, at: int, step_s: float) -> float:
    """MIDI pitch of the period whose peak is nearest to a lag."""
    shift, _ = parabola(*correlation[at - 1 : at + 2])
    return float(hz_to_midi(1.0 / ((at + float(shift)) * step_s)))
