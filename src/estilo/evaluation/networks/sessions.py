"""Random recording sessions around clips, in the powers of bands: equaliser, room, noise, codec.

What a network sees of a session must not tell it the instrument. A room is a decay of power. Noise
is what noise in a band of that width leaves of a recording: its power fluctuates from frame to
frame, and so does that of the notes above it, whose phase it meets by chance. Without the second,
a network takes notes in noise for an ensemble.
"""

import numpy as np
from numpy.typing import NDArray

from estilo.metrics.judge.hearing import FRAME_RATE_HZ, N_BANDS, band_weights

Array = NDArray[np.float32]

_EQUALISED, _MATCHED, _IN_A_ROOM = 0.8, 0.3, 0.6  # shares of the clips, as all below
_NOISY, _GATED, _DULL = 0.9, 0.3, 0.12
_STEEPEST_DB = 25.0
_LOUDEST_NOISE_DB, _FAINTEST_NOISE_DB = -15.0, -50.0
# A Hann window at the middles of the four hops that it is long: frames of noise that are filtered
# with it are as alike as overlapping frames are, .65 from one to the next.
_WINDOW = (0.146, 0.854, 0.854, 0.146)
# Powers are as alike as the squares of that; a filter of two taps does it.
_POWER_WINDOW = (0.633, 0.367)
_EXCERPTS = 16  # a noise is drawn that is so many times as long as a clip; each has a part of it


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
    out = in_noise(out, _noises(out, rng), rng)
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

    It lies 15 to 50 dB below what sounds, and in some clips follows its loudness. These are mean
    powers, which do not fluctuate yet.
    """
    n = len(powers)
    loudness = powers.sum(axis=1)
    sounds = loudness > 1e-4 * loudness.max(axis=1, keepdims=True)
    mean = (loudness * sounds).sum(axis=1) / np.maximum(sounds.sum(axis=1), 1)
    slope_db = np.linspace(0.0, 1.0, N_BANDS) * rng.uniform(-30.0, 10.0, (n, 1))
    coloured = 10.0 ** ((slope_db + smooth_random(n, rng, width=10.0, spread_db=4.0)) / 10.0)
    own = powers.mean(axis=2)
    others = np.where((rng.random(n) < 0.75)[:, None], own[rng.permutation(n)], own)
    spectrum = np.where((rng.random(n) < 0.4)[:, None], coloured, others)
    spectrum = spectrum / np.maximum(spectrum.sum(axis=1, keepdims=True), 1e-12)
    level_db = rng.uniform(_FAINTEST_NOISE_DB, _LOUDEST_NOISE_DB, n)
    level = 10.0 ** (level_db / 10.0) * (rng.random(n) < _NOISY)
    follows = (rng.random(n) < _GATED)[:, None]
    course = np.where(follows, loudness / np.maximum(mean, 1e-12)[:, None], 1.0)
    return spectrum[:, :, None] * (mean * level)[:, None, None] * course[:, None, :]


def in_noise(powers: NDArray, noise: NDArray, rng: np.random.Generator) -> NDArray:
    r"""Powers of bands after noise was added to the signal.

    .. math:: |\sqrt p + \sqrt{n / k}\, z|^2 + \frac{n}{k} \sum_{i=2}^{k} |z_i|^2

    for a power *p* of the signal, *n* of the noise, *k* independent parts of a band and *z*
    normally distributed complex numbers, as alike from frame to frame as overlapping windows are.

    **Shape**: ``(clips, N_BANDS, frames)`` for both, to the same.

    Args:
        powers: powers of bands.
        noise: mean powers of the noise.
        rng: random generator.
    """
    n_frames = noise.shape[2]
    parts = _independent_parts().astype(np.float32)[:, None]
    length = min(len(noise), _EXCERPTS) * n_frames
    first = [_filtered(rng, length) * np.sqrt(0.5 / parts) for _ in range(2)]
    rest = _filtered_powers(parts - 1.0, rng, length) * (1.0 - 1.0 / parts)
    starts = rng.integers(0, length - n_frames + 1, len(noise))
    real, imaginary, rest = (
        np.stack([field[:, start : start + n_frames] for start in starts])
        for field in (*first, rest)
    )
    together = np.square(np.sqrt(powers) + np.sqrt(noise) * real)
    return together + noise * (np.square(imaginary) + rest)


def _filtered(rng: np.random.Generator, length: int) -> Array:
    """Normally distributed values of variance 1; **shape** ``(N_BANDS, length)``."""
    taps = (np.array(_WINDOW) / np.linalg.norm(_WINDOW)).astype(np.float32)
    drawn = rng.standard_normal((N_BANDS, length + len(taps) - 1), dtype=np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(drawn, len(taps), axis=1)
    return windows @ taps


def _filtered_powers(parts: NDArray, rng: np.random.Generator, length: int) -> Array:
    """Mean powers of some independent parts, of mean 1; **shape** ``(N_BANDS, length)``."""
    early, late = (np.float32(tap) for tap in _POWER_WINDOW)
    each = (np.maximum(parts, 0.05) * (early**2 + late**2)).astype(np.float32)
    shape = np.repeat(each, length + 1, axis=1)
    drawn = rng.standard_gamma(shape, dtype=np.float32) / shape
    return np.asarray(early * drawn[:, 1:] + late * drawn[:, :-1], np.float32)


def _independent_parts() -> NDArray:
    """Number of independent parts of a noise in each band, as measured on white noise."""
    weights = band_weights()
    bins = weights.sum(axis=1) ** 2 / np.square(weights).sum(axis=1)
    return np.maximum(0.52 * bins + 0.55, 1.0)


def _low_passed(powers: NDArray, rng: np.random.Generator) -> NDArray:
    """Some clips without their highest bands, as a codec or a low sample rate leaves them."""
    for clip in np.flatnonzero(rng.random(len(powers)) < _DULL):
        first = int(rng.integers(45, N_BANDS - 2))
        loss_db = np.minimum(6.0 * np.arange(N_BANDS - first), 60.0)
        powers[clip, first:] *= (10.0 ** (-loss_db / 10.0))[:, None]
    return powers
