"""The tempo of a recording.

References: D. P. W. Ellis (2007), Beat tracking by dynamic programming, J. New Music Research,
doi:10.1080/09298210701653344; G. Peeters (2007), Template-based estimation of time-varying tempo,
EURASIP J. Advances in Signal Processing, doi:10.1155/2007/67215.
"""

from dataclasses import dataclass

import numpy as np

from estilo.analysis.harmonicity import parabola
from estilo.analysis.onsets import HOP, high_onset_strength, onset_strength, onset_times
from estilo.analysis.sound import RATE_HZ, Sound

SLOWEST_BPM, FASTEST_BPM = 40.0, 240.0
"""Range of the tempos that are considered, in beats per minute."""

_USUAL_BPM, _USUAL_OCTAVES = 130.0, 0.8
_ONSETS_PER_BEAT, _ONSETS_OCTAVES = 2.0, 1.6
_HALVED_WEIGHT = 1.5
_FRAME_RATE_HZ = RATE_HZ / HOP
_STRETCH_S = 12.0  # length over which a tempo counts as steady
_N_FFT = 16_384  # more than ten stretches, so that rates are finely sampled
_BLUR_FRAMES = 1.5
_SPECTRUM_SHARE = 0.3
_LEAST_ONSETS = 4
_LEAST_CONFIDENCE = 0.15
_N_CANDIDATES = 1200


@dataclass(frozen=True)
class Tempo:
    """A tempo and how sure it is.

    Args:
        bpm: beats per minute; None where there is no pulse.
        confidence: regularity of the onsets at that tempo, 0 to 1: clicks give 0.9, drums 0.4 to
            0.9, onsets at random 0.1 (of half a minute) to 0.4 (of 3 s), noise next to nothing.
    """

    bpm: float | None
    confidence: float


def tempo(sound: Sound) -> Tempo:
    r"""Tempo at which onsets repeat.

    Of the onset strength, cut into stretches of 12 s, the autocorrelation :math:`r` has peaks at
    the period and its multiples, and the magnitude of the spectrum :math:`m` at the rate and its
    multiples; what they share is the tempo. The candidate from 40 to 240 bpm is taken where

    .. math:: r(60 / b)^{0.7} \, m(b / 60)^{0.3} \exp\Bigl(1.5\, h(30 / b)
        - \frac{\log_2^2(b / 130)}{2 \cdot 0.8^2} - \frac{\log_2^2(2 b / n)}{2 \cdot 1.6^2}\Bigr)

    is highest, *r* and *m* scaled to 1, with *h* the autocorrelation above 1.8 kHz and *n* the
    onsets per minute. The last three say which of the levels of a rhythm is called its tempo: beats
    that are halved, by hats, strumming or quick notes, of medium speed, with about two onsets each.
    Yet a rhythm alone does not always tell: expect half or twice the notated tempo at times
    (docs/benchmarks/tempo-key.md). No tempo is named where there are fewer than four onsets, or the
    first two factors are below 0.15.

    Args:
        sound: recording of any length; all of it is analysed.

    Example:
        >>> clicks = np.zeros(80_000)
        >>> clicks[:: 16_000 // 2] = 1.0
        >>> round(tempo(Sound(clicks, 16_000)).bpm or 0.0, 1)
        120.0
    """
    if len(sound.once(onset_times)) < _LEAST_ONSETS:
        return Tempo(None, 0.0)
    # Blurred, because the periods of a rhythm are no whole numbers of frames.
    blur = np.exp(-0.5 * np.square(np.arange(-6, 7) / _BLUR_FRAMES))
    correlation, magnitude = _periodicities(np.convolve(sound.once(onset_strength), blur))
    high, _ = _periodicities(np.convolve(high_onset_strength(sound), blur))
    bpm = np.geomspace(SLOWEST_BPM, FASTEST_BPM, _N_CANDIDATES)
    at_lag = _at(correlation, 60.0 * _FRAME_RATE_HZ / bpm)
    bins_per_bpm = 2 * (len(magnitude) - 1) / _FRAME_RATE_HZ / 60.0
    at_rate = _at(magnitude, bpm * bins_per_bpm)
    if not at_rate.max() > 0.0:
        return Tempo(None, 0.0)
    regularity = (
        np.maximum(at_lag, 0.0) ** (1.0 - _SPECTRUM_SHARE)
        * (at_rate / at_rate.max()) ** _SPECTRUM_SHARE
    )
    score = regularity * _level(sound, bpm, high)
    inner = score[1:-1]
    # A slope up to the end of the range is not a peak, so not a tempo.
    is_peak = (inner > 0.0) & (inner >= score[:-2]) & (inner > score[2:])
    if not is_peak.any():
        return Tempo(None, 0.0)
    best = 1 + int(np.argmax(np.where(is_peak, inner, 0.0)))
    confidence = float(min(regularity[best], 1.0))
    if confidence < _LEAST_CONFIDENCE:
        return Tempo(None, confidence)
    period = _refined(correlation, 60.0 * _FRAME_RATE_HZ / bpm[best])
    return Tempo(60.0 * _FRAME_RATE_HZ / period, confidence)


def _level(sound: Sound, bpm: np.ndarray, high: np.ndarray) -> np.ndarray:
    """How likely each tempo, of those that a rhythm has, would be called its tempo."""
    per_beat = len(sound.once(onset_times)) * 60.0 / (sound.duration_s * bpm)
    halved = np.maximum(_at(high, 30.0 * _FRAME_RATE_HZ / bpm), 0.0)
    usual = np.log2(bpm / _USUAL_BPM) / _USUAL_OCTAVES
    filled = np.log2(per_beat / _ONSETS_PER_BEAT) / _ONSETS_OCTAVES
    return np.exp(_HALVED_WEIGHT * halved - 0.5 * usual**2 - 0.5 * filled**2)


def _periodicities(strength: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Autocorrelation, 1 at lag 0, and magnitude of the spectrum, both over stretches."""
    size = min(round(_STRETCH_S * _FRAME_RATE_HZ), len(strength))
    window = np.hanning(size)
    correlation, power = np.zeros(size), np.zeros(_N_FFT // 2 + 1)
    for start in range(0, len(strength) - size + 1, max(size // 2, 1)):
        stretch = strength[start : start + size]
        stretch = stretch - stretch.mean()
        correlation += np.fft.irfft(np.abs(np.fft.rfft(stretch, _N_FFT)) ** 2)[:size]
        power += np.abs(np.fft.rfft(stretch * window, _N_FFT)) ** 2
    return correlation / max(correlation[0], np.finfo(float).tiny), np.sqrt(power)


def _at(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    return np.interp(places, np.arange(len(values)), values, right=0.0)


def _refined(correlation: np.ndarray, period: float) -> float:
    """The period in frames, from the tops of the peaks at 1, 2, 4 and 8 times itself."""
    for multiple in (1, 2, 4, 8):
        nearest = round(period * multiple)
        if nearest + 3 >= 0.8 * len(correlation):
            break
        around = correlation[nearest - 2 : nearest + 3]
        top = int(np.argmax(around))
        if top in (0, 4):
            break
        shift, _ = parabola(*around[top - 1 : top + 2])
        period = (nearest - 2 + top + float(shift)) / multiple
    return period
