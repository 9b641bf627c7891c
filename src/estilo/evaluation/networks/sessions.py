"""Random recording sessions around clips, in the powers of bands: equaliser, room, noise, codec.

What a network sees of a session must not tell it the instrument. Powers add up, so a room is a
decay of power, and noise is power that fluctuates as that of noise in a band of its width does;
what phases would do is left out.
"""

import numpy as np
from numpy.typing import NDArray

from estilo.metrics.judge.hearing import FRAME_RATE_HZ, N_BANDS, band_weights

Array = NDArray[np.float32]

_EQUALISED, _MATCHED, _IN_A_ROOM = 0.8, 0.3, 0.6  # shares of the clips, as all below
_NOISY, _GATED, _DULL = 0.9, 0.3, 0.12
_STEEPEST_DB = 25.0


def through_sessions(powers: Array, rng: np.random.Generator) -> Array:
    """Each clip recorded in a session of its own.

    **Shape**: ``(clips, N_BANDS, frames)`` to the same.

    Args:
        powers: powers of bands.
        rng: random generator.
    """
    loudest = powers.sum(axis=1).max(axis=1)
    out = powers / np.maximum(loudest, 1e-12)[:, None, None]
    out = out * (_equalisers(len(out), rng) * _matches(out, rng))[:, :, None]
    out = _in_rooms(out, rng)
    out = out + _noises(out, rng)
    return _low_passed(out, rng).astype(np.float32)


def smooth_random(n: int, rng: np.random.Generator, *, width: float, spread_db: float) -> NDArray:
    """Random curves over the bands, in dB; **shape** ``(n, N_BANDS)``.

    Args:
        n: number of curves.
        rng: random generator.
        width: bands from one independent value to the next.
        spread_db: standard deviation of these values, in dB.
    """
    n_points = int(N_BANDS / width) + 3
    points = rng.normal(size=(n, n_points)) * spread_db
    place = np.linspace(0.0, n_points - 1.001, N_BANDS)
    left = place.astype(int)
    share = (1.0 - np.cos(np.pi * (place - left))) / 2.0
    return points[:, left] * (1.0 - share) + points[:, left + 1] * share


def _equalisers(n: int, rng: np.random.Generator) -> NDArray:
    is_on = rng.random(n) < _EQUALISED
    tilt_db = np.linspace(-1.0, 1.0, N_BANDS) * rng.normal(size=(n, 1)) * 4.0
    gain_db = smooth_random(n, rng, width=14.0, spread_db=4.0) + tilt_db
    return 10.0 ** (gain_db * is_on[:, None] / 10.0)


def _matches(powers: NDArray, rng: np.random.Generator) -> NDArray:
    """For some clips, gains that bring their average spectrum nearer to another clip's."""
    level_db = 10.0 * np.log10(np.maximum(powers.mean(axis=2), 1e-9))
    gain_db = level_db[rng.permutation(len(powers))] - level_db
    gain_db = np.clip(gain_db, -_STEEPEST_DB, _STEEPEST_DB)
    share = rng.uniform(0.2, 0.9, len(powers)) * (rng.random(len(powers)) < _MATCHED)
    return 10.0 ** (gain_db * share[:, None] / 10.0)


def _in_rooms(powers: NDArray, rng: np.random.Generator) -> NDArray:
    """Some clips with the decaying power of a room: .15 to 1.4 s, 6 to 25 dB below the source."""
    n, _, n_frames = powers.shape
    decay_s = np.exp(rng.uniform(np.log(0.15), np.log(1.4), n))
    level = 10.0 ** (rng.uniform(-25.0, -6.0, n) / 10.0)
    chosen = np.flatnonzero(rng.random(n) < _IN_A_ROOM)
    if not len(chosen):
        return powers
    colour = 10.0 ** (smooth_random(len(chosen), rng, width=20.0, spread_db=2.5) / 10.0)
    after_s = np.arange(n_frames + 1) / FRAME_RATE_HZ
    decays = np.exp(-6.0 * np.log(10.0) * after_s / decay_s[chosen, None])
    decays[:, 0] = 0.0  # the source itself is there already
    decays /= decays.sum(axis=1, keepdims=True)
    size = 2 * n_frames
    spectra = np.fft.rfft(powers[chosen], size) * np.fft.rfft(decays, size)[:, None]
    tail = np.maximum(np.fft.irfft(spectra, size)[:, :, :n_frames], 0.0)
    tail *= rng.gamma(4.0, 0.25, tail.shape) * (level[chosen, None] * colour)[:, :, None]
    out = powers.copy()
    out[chosen] += tail
    return out


def _noises(powers: NDArray, rng: np.random.Generator) -> NDArray:
    """Noise of any colour, or of the average spectrum of the clip itself or of another one.

    It lies 12 to 50 dB below what sounds, and in some clips follows its loudness.
    """
    n, _, n_frames = powers.shape
    loudness = powers.sum(axis=1)
    sounds = loudness > 1e-4 * loudness.max(axis=1, keepdims=True)
    mean = (loudness * sounds).sum(axis=1) / np.maximum(sounds.sum(axis=1), 1)
    slope_db = np.linspace(0.0, 1.0, N_BANDS) * rng.uniform(-30.0, 10.0, (n, 1))
    coloured = 10.0 ** ((slope_db + smooth_random(n, rng, width=10.0, spread_db=4.0)) / 10.0)
    own = powers.mean(axis=2)
    others = np.where((rng.random(n) < 0.75)[:, None], own[rng.permutation(n)], own)
    spectrum = np.where((rng.random(n) < 0.4)[:, None], coloured, others)
    spectrum = spectrum / np.maximum(spectrum.sum(axis=1, keepdims=True), 1e-12)
    level = 10.0 ** (rng.uniform(-50.0, -12.0, n) / 10.0) * (rng.random(n) < _NOISY)
    follows = (rng.random(n) < _GATED)[:, None]
    course = np.where(follows, loudness / np.maximum(mean, 1e-12)[:, None], 1.0)
    noise = spectrum[:, :, None] * (mean * level)[:, None, None] * course[:, None, :]
    shape = _degrees_of_freedom()[None, :, None]
    return noise * rng.gamma(shape, 1.0 / shape, (n, N_BANDS, n_frames))


def _degrees_of_freedom() -> NDArray:
    """Half of those of a noise's power in each band: its independent bins, which overlap."""
    weights = band_weights()
    bins = weights.sum(axis=1) ** 2 / np.square(weights).sum(axis=1)
    return np.maximum(0.6 * bins, 1.0)


def _low_passed(powers: NDArray, rng: np.random.Generator) -> NDArray:
    """Some clips without their highest bands, as a codec or a low sample rate leaves them."""
    for clip in np.flatnonzero(rng.random(len(powers)) < _DULL):
        first = int(rng.integers(45, N_BANDS - 2))
        loss_db = np.minimum(6.0 * np.arange(N_BANDS - first), 60.0)
        powers[clip, first:] *= (10.0 ** (-loss_db / 10.0))[:, None]
    return powers
