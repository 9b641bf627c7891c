"""How near noise alone could have brought the content to the output.

Noise of the style's colour brings the content nearer to a dense sound, but nobody takes it for
one. So the judge asks what the content would sound like with as much noise as the output has.
"""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.noise_floor import lower_quartile
from estilo.analysis.sound import Sound
from estilo.analysis.spectra import power_spectrogram
from estilo.metrics.judge.hearing import (
    FRAME_RATE_HZ,
    N_FFT,
    RATE_HZ,
    Heard,
    audible,
    band_powers,
    band_weights,
)

Array = NDArray[np.float32]

# Partials of one or several voices fill a part of the bins of frames of 0.19 s, noise fills all.
_EDGES_HZ = (
    *(0.0, 100.0, 200.0, 300.0, 400.0, 550.0, 700.0, 1000.0, 1400.0, 1800.0, 2300.0, 2900.0),
    *(3600.0, 4400.0, 5400.0, 6600.0, 8000.0, 10_000.0, 12_500.0, 16_000.0, 20_000.0),
)
_FRAME_S = 0.186
_REACH = 1  # frames to each side that powers are averaged over
_OF_NOISE = 0.478  # lower quartile over mean of Gaussian noise, so averaged
_FEWEST_BINS = 3
_STRONGEST = 5.0  # exponentially distributed powers pass it in 0.7 % of frames
_TINY = 1e-20


def with_noise_of(content: Sound, output: Sound) -> Heard:
    r"""What would be heard of the content if it had the noise of the output between its partials.

    The power *o* of the output in every band and frame, but no further from the content's power
    *p* than the noise *n* that the output has and the content lacks can bring it, its amplitudes
    added and subtracted:

    .. math:: (\sqrt p - \sqrt{5 n})^2 \le o' \le (\sqrt p + \sqrt{5 n})^2

    as noise in a narrow band is stronger than five times its mean for less than a hundredth of the
    time.

    Args:
        content: any length, rate and channels.
        output: any length, rate and channels; where it is shorter, the content is heard as it is.
    """
    powers, made = content.once(band_powers), output.once(band_powers)
    gain = _loudness(powers) / _loudness(made)
    n_frames = min(powers.shape[1], made.shape[1])
    reached = powers.copy()
    reached[:, :n_frames] = gain * made[:, :n_frames]
    missing = np.maximum(gain * _noise(output, powers) - _noise(content, powers), 0.0)
    own, most = np.sqrt(powers), np.sqrt(_STRONGEST * missing)
    low, high = np.square(np.maximum(own - most, 0.0)), np.square(own + most)
    return audible(np.clip(reached, low, high).astype(np.float32))


def _noise(sound: Sound, like: Array) -> NDArray:
    """Mean power of the noise in every band and frame; **shape** that of `like`."""
    per_hz, hop_s = sound.once(_noise_per_hz)
    frames = np.arange(like.shape[1]) / FRAME_RATE_HZ / hop_s
    nearest = np.minimum(np.round(frames).astype(int), len(per_hz) - 1)
    return (per_hz @ _band_widths())[nearest].T


def _noise_per_hz(sound: Sound) -> tuple[NDArray, float]:
    """Power of the noise between `_EDGES_HZ`, all channels together, and the seconds per frame.

    Between partials there is next to nothing, in noise no bin is left out: the quartile of the
    bins says how much noise there is. **Shape** ``(frames, len(_EDGES_HZ) - 1)``.
    """
    rate = sound.audio.sample_rate
    n_fft = 2 ** max(round(math.log2(_FRAME_S * rate)), 4)
    power = np.zeros((1 + sound.audio.n_samples * 4 // n_fft, n_fft // 2 + 1), np.float32)
    for channel in sound.audio.samples:
        power += power_spectrogram(channel, n_fft=n_fft, hop_length=n_fft // 4).T
    padded = np.pad(power, ((_REACH, _REACH), (0, 0)), mode="edge")
    steady = np.mean([padded[n : n + len(power)] for n in range(2 * _REACH + 1)], axis=0)
    edges = np.ceil(np.array(_EDGES_HZ) * n_fft / rate).astype(int).tolist()
    found = np.zeros((len(power), len(_EDGES_HZ) - 1))
    for band, (low, high) in enumerate(pairwise(edges)):
        if high - low >= _FEWEST_BINS and high <= power.shape[1]:
            found[:, band] = lower_quartile(steady[:, low:high])
    return found / (_OF_NOISE * _power_of_noise(n_fft, rate)), n_fft / 4 / rate


def _band_widths() -> NDArray:
    """Power in every band of the judge of noise of 1 per Hz between two of `_EDGES_HZ`.

    **Shape**: ``(len(_EDGES_HZ) - 1, N_BANDS)``.
    """
    weights = band_weights()
    bins_hz = np.arange(weights.shape[1]) * (RATE_HZ / N_FFT)
    parts = [
        weights[:, (bins_hz >= low) & (bins_hz < high)].sum(axis=1)
        for low, high in pairwise(_EDGES_HZ)
    ]
    return _power_of_noise(N_FFT, RATE_HZ) * np.array(parts)


def _power_of_noise(n_fft: int, rate_hz: int) -> float:
    """Mean power, in a bin of a transform with a Hann window, of noise of 1 per Hz."""
    return 0.375 * n_fft * rate_hz / 2.0


def _loudness(powers: Array) -> float:
    """Power of the loud parts."""
    return max(float(np.percentile(powers.sum(axis=0), 95.0)), _TINY)
