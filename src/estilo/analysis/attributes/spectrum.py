"""Steady spectrum: how loud the partials are against each other while notes are held."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.attributes.bands import CENTRES_HZ, NUMBERS, RANGE_DB, bands, to_db
from estilo.analysis.attributes.notes import notes
from estilo.analysis.sound import Sound

_BLUR = 2.0  # in ERB; partials of other notes fall into other bands
_OFTEN = 0.25  # share of the frames from which on a band's peaks count fully
_LEAST_WEIGHT = 0.03
_FALL_DB = 6.0  # from band to band above the highest partial


def steady_spectrum(sound: Sound) -> NDArray[np.float64]:
    """Level of what peaks in each band while notes are held, in dB below the loudest.

    Peaks alone count, where a band is louder than its neighbours, so that it does not matter where
    the notes of a phrase have their partials, nor how many of them a band holds; what lies between
    is interpolated, over two bands. Of a recording in which nothing is held, all that is heard
    counts.

    Args:
        sound: any length.

    **Shape**: ``(37,)``, from -40 to 0 dB; NaN below the lowest partial, all over in silence.

    Example:
        >>> noise = np.random.default_rng(0).standard_normal(44_100)
        >>> dull = steady_spectrum(Sound(np.cumsum(noise), 44_100))
        >>> bool(dull[10] - dull[30] > 10)
        True
    """
    heard, held = sound.once(bands), sound.once(notes).held
    frames = held if held.any() else heard.audible.any(0)
    unknown = np.full(len(NUMBERS), np.nan)
    if not frames.any():
        return unknown
    level_db, often = _peaks(heard.frame_power[:, frames])
    weights = _blur() * often
    total = weights.sum(1)
    known = np.flatnonzero(total >= _LEAST_WEIGHT)
    if not len(known):
        return unknown
    smooth_db = (weights @ level_db)[known] / total[known]
    spectrum_db = np.interp(NUMBERS, NUMBERS[known], smooth_db - smooth_db.max())
    above = np.maximum(np.arange(len(NUMBERS)) - known[-1], 0)
    spectrum_db -= _FALL_DB * above
    spectrum_db[: known[0]] = np.nan
    return np.maximum(spectrum_db, -RANGE_DB)


def spectral_distance_db(one: NDArray, other: NDArray) -> float | None:
    """Root mean square of the differences of two steady spectra, less their mean, in dB.

    Args:
        one: spectrum from `steady_spectrum`. **Shape** ``(37,)``.
        other: spectrum of the same shape.

    Returns:
        dB, over the bands that both have; None in silence.

    Example:
        >>> flat = np.zeros(37)
        >>> spectral_distance_db(flat, flat - 7.0)
        0.0
    """
    # Where neither is heard they are alike, and that is nothing that they have in common.
    is_heard = np.maximum(one, other) > -RANGE_DB  # not where one is NaN
    return float(np.std((one - other)[is_heard])) if is_heard.any() else None


def centroid_hz(spectrum_db: NDArray) -> float | None:
    """Centre of a steady spectrum on the ERB scale, by amplitude, in Hz.

    Args:
        spectrum_db: spectrum from `steady_spectrum`. **Shape** ``(37,)``.

    Returns:
        Hz; None in silence.

    Example:
        >>> round((centroid_hz(np.where(CENTRES_HZ < 1010, 0.0, -40.0)) or 0.0) / 10) * 10
        340
    """
    is_known = ~np.isnan(spectrum_db)
    weights = 10.0 ** (spectrum_db[is_known] / 20.0) - 10.0 ** (-RANGE_DB / 20.0)
    if not weights.any():
        return None
    return float(np.interp(np.average(NUMBERS[is_known], weights=weights), NUMBERS, CENTRES_HZ))


def tilt_db_per_octave(spectrum_db: NDArray) -> float | None:
    """Slope of the straight line through what is heard of a steady spectrum, in dB per octave.

    Args:
        spectrum_db: spectrum from `steady_spectrum`. **Shape** ``(37,)``.

    Returns:
        dB per octave; None where fewer than two bands are heard.

    Example:
        >>> round(tilt_db_per_octave(-3.0 * np.log2(CENTRES_HZ / CENTRES_HZ[0])) or 0.0, 2)
        -3.0
    """
    is_heard = spectrum_db > -RANGE_DB  # not where it is NaN
    if np.count_nonzero(is_heard) < 2:
        return None
    return float(np.polyfit(np.log2(CENTRES_HZ[is_heard]), spectrum_db[is_heard], 1)[0])


def _peaks(power: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean level of the peaks of each band in dB, and how often there are any, 0 to 1.

    What a peak has in the next bands counts. **Shape**: ``(37,)`` both.
    """
    padded = np.pad(power, ((1, 1), (0, 0)))
    below, above = padded[:-2], padded[2:]
    is_peak = (power >= below) & (power > above)
    is_peak &= power > power.max(0) * 10.0 ** (-RANGE_DB / 10.0)
    count = is_peak.sum(1)
    together = np.where(is_peak, below + power + above, 0.0).sum(1, dtype=np.float64)
    level_db = to_db(together / np.maximum(count, 1))
    often = np.minimum(count / (_OFTEN * power.shape[1]), 1.0)
    return np.where(count > 0, level_db, 0.0), often


@lru_cache(maxsize=1)
def _blur() -> NDArray[np.float64]:
    weights = np.exp(-0.5 * np.square((NUMBERS[:, None] - NUMBERS) / _BLUR))
    return weights / weights.sum(1, keepdims=True)
