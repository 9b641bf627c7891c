"""Roughness: quick fluctuations of amplitude that neighbouring bands have in common."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.attributes.bands import ENVELOPE_HZ, FRAME_HZ, NUMBERS, bands
from estilo.analysis.attributes.notes import windows
from estilo.analysis.sound import Sound
from estilo.analysis.transforms import forward

LOW_HZ, HIGH_HZ = 20.0, 150.0
"""Rates of fluctuation that sound rough, in Hz."""

_SIZE = 256  # samples of a window: rates 4 Hz apart
_FIRST_BAND = 2  # narrower bands cannot fluctuate so quickly
_NOISE_SHARE = 0.1  # of the fluctuations of noise that adjacent bands have in common
_LARGEST = 0.9


def fluctuation(sound: Sound) -> NDArray[np.float64]:
    r"""Square of the modulation index from 20 to 150 Hz that neighbouring bands share.

    .. math:: m^2 = 2 \, \overline{\operatorname{cov}(a_b, a_{b+1})}

    with :math:`a_b` the amplitude of a band over its mean, between those rates. Noise fluctuates in
    each band by itself, and what little of it adjacent bands share is taken away. Partials that are
    resolved do not beat; a modulation whose sidebands are resolved counts as partials.

    Args:
        sound: any length.

    Returns:
        One value per pair of neighbouring bands from 150 Hz on, below 0 where they fluctuate
        against each other; NaN where they are not held for a quarter of a second.
        **Shape** ``(34,)``.

    Source: P. Daniel, R. Weber 1997, Psychoacoustical roughness: implementation of an optimized
    model, Acustica 83 (correlation of neighbouring bands).

    Example:
        >>> time_s = np.arange(32_000) / 16_000
        >>> swing = 1 + 0.5 * np.sin(2 * np.pi * 70 * time_s)
        >>> tone = sum(np.sin(2 * np.pi * 500 * k * time_s) for k in range(8, 15))
        >>> pairs = fluctuation(Sound(swing * tone, 16_000))
        >>> 8.0 < (roughness_db(pairs) or 0.0) < 9.6  # of 20 log10(1.5 / 0.5)
        True
    """
    heard = sound.once(bands)
    per_frame = ENVELOPE_HZ // FRAME_HZ
    n_frames = _SIZE // per_frame + 1
    first = windows(sound, n_frames=n_frames, hop=n_frames)
    found = np.full(len(NUMBERS) - _FIRST_BAND - 1, np.nan)
    if not len(first):
        return found
    places = first[:, None] * per_frame + np.arange(_SIZE)
    frames = first[:, None] + np.arange(n_frames)
    is_heard = np.all(heard.audible[_FIRST_BAND:, frames], axis=2)
    spectrum = _fluctuations(heard.power[_FIRST_BAND:][:, places])
    variance = (np.square(spectrum.real) + np.square(spectrum.imag)).sum(2)
    product = spectrum[:-1] * spectrum[1:].conj()
    shared = product.real.sum(2) - 0.5 * _NOISE_SHARE * (variance[:-1] + variance[1:])
    both = is_heard[:-1] & is_heard[1:]
    n_heard = both.sum(1)
    is_known = n_heard > 0
    squares = np.where(both, shared, 0.0).sum(1) / (1.0 - _NOISE_SHARE)
    found[is_known] = squares[is_known] / n_heard[is_known]
    return found


def roughness_db(squares: NDArray) -> float | None:
    r"""Depth of a modulation of the mean index, :math:`20 \log_{10} \frac{1 + m}{1 - m}`, in dB.

    Args:
        squares: squares of indices from `fluctuation`.

    Returns:
        Level between the extremes, 0 for smooth; None where all are NaN.

    Example:
        >>> round(roughness_db(np.array([0.25, np.nan])) or 0.0, 2)
        9.54
    """
    is_known = ~np.isnan(squares)
    if not is_known.any():
        return None
    index = min(float(np.sqrt(max(squares[is_known].mean(), 0.0))), _LARGEST)
    return float(20.0 * np.log10((1.0 + index) / (1.0 - index)))


def _fluctuations(power: NDArray) -> NDArray[np.complex64]:
    """Spectra of amplitudes over their mean, whose squares add up to those of modulation indices.

    **Shape**: ``(bands, windows, time)`` to ``(bands, windows, rates)``.
    """
    amplitude = np.sqrt(power)
    amplitude /= np.maximum(amplitude.mean(2, keepdims=True), np.float32(1e-15))
    low, high = (round(hz * _SIZE / ENVELOPE_HZ) for hz in (LOW_HZ, HIGH_HZ))
    return forward(amplitude * _window())[:, :, low : high + 1]


@lru_cache(maxsize=1)
def _window() -> NDArray[np.float32]:
    """Blackman window: a swell of a few Hz does not leak into quick rates."""
    window = np.blackman(_SIZE + 1)[:-1]
    return (window * np.sqrt(4.0 / (_SIZE * np.square(window).sum()))).astype(np.float32)
