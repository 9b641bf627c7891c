"""Pitch and partials: how clear a pitch is, how many partials sound, and how harmonic they are.

References: P. Boersma (1993), Accurate short-term analysis of the fundamental frequency and the
harmonics-to-noise ratio of a sampled sound, IFA Proceedings 17; J. Ricard (2004), Towards
computational morphological description of sound, UPF (pitch salience as a peak of an
autocorrelation); G. Peeters (2004), A large set of audio features for sound description, IRCAM.
"""

from dataclasses import dataclass

import numpy as np

from estilo.analysis.spectral_shape import Spectrum
from estilo.analysis.transforms import backward

LOW_HZ, HIGH_HZ = 50.0, 5000.0
"""Range in which a pitch is looked for, in Hz."""

_LEAST_LAG_S = 1e-3  # noise of a narrow band resembles itself up to there; tones do beyond it too
_OCTAVE_COST = 0.9  # the shortest of the periods that are nearly as good as the best
_LAG_RATE_HZ = 40_000.0  # enough to find the peak of a period of 0.2 ms by a parabola
_RANGE_DB = 45.0  # sidelobes of the window lie 58 dB down
_LEAST_POWER = np.float32(1e-30)  # against the logarithm of zero; frames have a peak near 1
# Chosen so that 20 partials 70 Hz apart are 20, and rain, sea and noise have less than one.
_PROMINENCE_DB = 14.0
_FLOOR_BINS = 32
_FLOOR_PERCENT = 35


@dataclass(frozen=True)
class Harmonicity:
    """Means over frames, weighed by the frames' amplitude.

    Args:
        salience: clarity of the pitch, 0 to 1.
        inharmonicity: distance of partials from multiples of the pitch, 0 to 1; None where less
            than one partial sounds, as in noise.
        n_partials: number of partials that sound at once.
    """

    salience: float
    inharmonicity: float | None
    n_partials: float


def harmonicity(spectrum: Spectrum) -> Harmonicity:
    r"""Salience of the pitch, inharmonicity and number of partials.

    Salience is the highest peak of the autocorrelation :math:`r(\tau) / r_w(\tau)` of what lies
    between 50 and 5000 Hz, where :math:`r_w` is that of the window: the share of power that
    repeats. A tone alone gives 1 whether or not it has partials, noise about 0.15, a chord what its
    common period explains.

    Partials are peaks of the spectrum at most 45 dB below the highest of the frame and 14 dB above
    the noise around them. With :math:`f_0` the pitch, amplitudes a and k the nearest whole number,
    inharmonicity is

    .. math:: \frac{2}{f_0} \frac{\sum_i a_i^2 \, |f_i - k_i f_0|}{\sum_i a_i^2}

    which is 0 for a harmonic sound and about 0.5 for partials anywhere.

    Args:
        spectrum: spectrum that is not all zeros.

    Example:
        >>> from estilo.analysis.spectral_shape import spectrum_of
        >>> time_s = np.arange(16_000) / 16_000
        >>> partials = [np.sin(2 * np.pi * 200 * n * time_s) / n for n in range(1, 6)]
        >>> of = harmonicity(spectrum_of(np.sum(partials, axis=0), 16_000))
        >>> round(of.salience, 2), round(of.inharmonicity or 0.0, 2), round(of.n_partials)
        (1.0, 0.0, 5)
    """
    weights = np.sqrt(spectrum.power.sum(1, dtype=np.float64))
    salience, pitch_hz = pitch_track(spectrum)
    frames, partials_hz, powers = _partials(spectrum)
    n_frames = len(weights)
    n_partials = np.bincount(frames, minlength=n_frames)
    is_low = partials_hz <= HIGH_HZ
    frames, partials_hz, powers = frames[is_low], partials_hz[is_low], powers[is_low]
    ratio = partials_hz / pitch_hz[frames]
    distance = np.abs(ratio - np.maximum(np.rint(ratio), 1.0))
    total = np.bincount(frames, powers, n_frames)
    deviation = np.bincount(frames, powers * np.minimum(distance, 0.5), n_frames)
    has_partials = total > 0.0
    at_once = float(np.average(n_partials, weights=weights))
    inharmonicity = None
    if at_once >= 1.0 and has_partials.any():
        each = 2.0 * deviation[has_partials] / total[has_partials]
        inharmonicity = float(np.average(each, weights=weights[has_partials]))
    return Harmonicity(
        salience=float(np.average(salience, weights=weights)),
        inharmonicity=inharmonicity,
        n_partials=at_once,
    )


def pitch_track(spectrum: Spectrum) -> tuple[np.ndarray, np.ndarray]:
    """Salience and pitch in Hz per frame, as in `harmonicity`; 0 is the salience where none is.

    **Shape**: both ``(frames,)``.
    """
    n_lags = len(spectrum.window)
    while n_lags * spectrum.bin_hz < _LAG_RATE_HZ:
        n_lags *= 2
    lag_s = np.arange(n_lags) / (n_lags * spectrum.bin_hz)
    longest = int(np.searchsorted(lag_s, 1.0 / LOW_HZ)) + 2
    is_heard = (spectrum.frequency_hz >= LOW_HZ) & (spectrum.frequency_hz <= HIGH_HZ)
    of_window = np.interp(
        lag_s[:longest], np.arange(len(spectrum.window)) / spectrum.sample_rate, spectrum.window_acf
    )
    parts = []
    for start in range(0, len(spectrum.power), 256):
        heard = np.where(is_heard, spectrum.power[start : start + 256], np.float32(0.0))
        acf = backward(heard, n_lags)[:, :longest]
        energy = np.maximum(acf[:, :1], np.finfo(np.float32).tiny)
        correlation = acf / energy / of_window.astype(np.float32)
        parts.append(_best_period(correlation, int(np.searchsorted(lag_s, _LEAST_LAG_S))))
    salience, lag = (np.concatenate(each) for each in zip(*parts, strict=True))
    return np.clip(salience, 0.0, 1.0), 1.0 / (lag / (n_lags * spectrum.bin_hz))


def _best_period(correlation: np.ndarray, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Height of the highest peak from a lag on, and fractional lag of the shortest good period."""
    before, here, after = correlation[:, :-2], correlation[:, 1:-1], correlation[:, 2:]
    # Whatever is smooth resembles itself at short lags; a period shows after the first dip below 0.
    is_peak = (here >= before) & (here > after) & np.logical_or.accumulate(here < 0.0, axis=1)
    heights = np.where(is_peak, here, np.float32(0.0))
    highest = heights[:, least - 1 :].max(1, keepdims=True)
    first = np.argmax(is_peak & (heights >= _OCTAVE_COST * highest), axis=1)
    rows = np.arange(len(correlation))
    shift, height = parabola(before[rows, first], here[rows, first], after[rows, first])
    # Between two lags a peak is a little higher; that of the first stands for those of the others.
    highest = highest[:, 0] * height / np.maximum(here[rows, first], np.finfo(np.float32).tiny)
    has_period = is_peak[rows, first] & (highest > 0.0)
    return (
        np.where(has_period, highest, 0.0),
        np.where(has_period, first + 1 + shift, correlation.shape[1]),
    )


def _partials(spectrum: Spectrum) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frame, frequency in Hz and power of every partial."""
    power = spectrum.power
    inner = power[:, 1:-1]
    limit = np.maximum(
        power.max(1, keepdims=True) * np.float32(10.0 ** (-_RANGE_DB / 10.0)),
        _floor(power)[:, 1:-1] * np.float32(10.0 ** (_PROMINENCE_DB / 10.0)),
    )
    is_peak = (inner > limit) & (inner >= power[:, :-2]) & (inner > power[:, 2:])
    frames, bins = np.nonzero(is_peak)
    bins = bins + 1
    around = np.log(np.stack([power[frames, bins + i] for i in (-1, 0, 1)]) + _LEAST_POWER)
    shift, height = parabola(*around)
    return frames, (bins + shift) * spectrum.bin_hz, np.exp(height)


def _floor(power: np.ndarray) -> np.ndarray:
    """Level of the noise: what a third of the bins around stays below; **shape** of ``power``."""
    n_frames, n_bins = power.shape
    n_blocks = max(n_bins // _FLOOR_BINS, 1)
    size = n_bins // n_blocks
    blocks = power[:, : n_blocks * size].reshape(n_frames, n_blocks, size)
    rank = size * _FLOOR_PERCENT // 100
    floors = np.log(np.partition(blocks, rank, axis=2)[:, :, rank] + _LEAST_POWER)
    # Joined by straight lines in dB, since noise may slope steeply.
    centres = (np.arange(n_blocks) + 0.5) * size - 0.5
    lines = [np.interp(np.arange(n_bins), centres, row) for row in np.eye(n_blocks)]
    return np.exp(floors @ np.array(lines, dtype=np.float32))


def parabola(
    before: np.ndarray, here: np.ndarray, after: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Position, within half a step of the middle, and height of the top through three points.

    Args:
        before: values at the points before.
        here: values at the points in the middle.
        after: values at the points after.

    **Shape**: all the same.

    Example:
        >>> shift, height = parabola(np.array(0.0), np.array(2.0), np.array(1.0))
        >>> round(float(shift), 3), round(float(height), 3)
        (0.167, 2.042)
    """
    curvature = before - 2.0 * here + after
    slope = before - after
    safe = np.where(curvature < 0.0, curvature, -1.0)
    shift = np.where(curvature < 0.0, np.clip(0.5 * slope / safe, -0.5, 0.5), 0.0)
    return shift, here - 0.25 * slope * shift
