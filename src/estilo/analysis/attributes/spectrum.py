"""Steady spectrum: how loud the bands are against each other while notes are held."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.attributes.bands import CENTRES_HZ, NUMBERS, RANGE_DB, bands, to_db
from estilo.analysis.attributes.notes import notes
from estilo.analysis.sound import Sound

_BLUR = 2.5  # in ERB; partials of other notes fall into other bands


def steady_spectrum(sound: Sound) -> NDArray[np.float64]:
    """Mean power of each band while notes are held, in dB below the loudest band's.

    Of a recording in which nothing is held, all that is heard counts. Neighbouring bands are
    blurred, so that other notes of an instrument have the same spectrum.

    Args:
        sound: any length.

    **Shape**: ``(37,)``, from -40 to 0 dB; NaN in silence.

    Example:
        >>> noise = np.random.default_rng(0).standard_normal(44_100)
        >>> dull = steady_spectrum(Sound(np.cumsum(noise), 44_100))
        >>> bool(dull[5] - dull[30] > 10)
        True
    """
    heard, held = sound.once(bands), sound.once(notes).held
    frames = held if held.any() else heard.audible.any(0)
    if not frames.any():
        return np.full(len(NUMBERS), np.nan)
    level_db = to_db(_blur() @ heard.frame_power[:, frames].mean(1, dtype=np.float64))
    return np.maximum(level_db - level_db.max(), -RANGE_DB)


def spectral_distance_db(one: NDArray, other: NDArray) -> float:
    """Root mean square of the differences of two steady spectra, less their mean, in dB.

    Args:
        one: spectrum from `steady_spectrum`. **Shape** ``(37,)``.
        other: spectrum of the same shape.

    Example:
        >>> flat = np.zeros(37)
        >>> spectral_distance_db(flat, flat - 7.0)
        0.0
    """
    # Where neither is heard they are alike, and that is nothing that they have in common.
    is_heard = np.maximum(one, other) > -RANGE_DB
    return float(np.std((one - other)[is_heard]))


def centroid_hz(spectrum_db: NDArray) -> float:
    """Centre of a steady spectrum on the ERB scale, by amplitude, in Hz.

    Args:
        spectrum_db: spectrum from `steady_spectrum`. **Shape** ``(37,)``.

    Example:
        >>> round(centroid_hz(np.where(CENTRES_HZ < 1010, 0.0, -40.0)) / 10) * 10
        340
    """
    weights = 10.0 ** (spectrum_db / 20.0) - 10.0 ** (-RANGE_DB / 20.0)
    return float(np.interp(np.average(NUMBERS, weights=weights), NUMBERS, CENTRES_HZ))


def tilt_db_per_octave(spectrum_db: NDArray) -> float:
    """Slope of the straight line through what is heard of a steady spectrum, in dB per octave.

    Args:
        spectrum_db: spectrum from `steady_spectrum`. **Shape** ``(37,)``.

    Example:
        >>> round(tilt_db_per_octave(-3.0 * np.log2(CENTRES_HZ / CENTRES_HZ[0])), 2)
        -3.0
    """
    is_heard = spectrum_db > -RANGE_DB
    if np.count_nonzero(is_heard) < 2:
        return 0.0
    return float(np.polyfit(np.log2(CENTRES_HZ[is_heard]), spectrum_db[is_heard], 1)[0])


@lru_cache(maxsize=1)
def _blur() -> NDArray[np.float64]:
    weights = np.exp(-0.5 * np.square((NUMBERS[:, None] - NUMBERS) / _BLUR))
    return weights / weights.sum(1, keepdims=True)
