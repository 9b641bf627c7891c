"""Level and noise of a recording in bands, all channels together, every 20 ms.

Conventions: the recording's own rate, so that the highs count; powers are means over the channels,
so that nothing cancels. Frames of about 46 ms are centred on multiples of `HOP_S`, whatever the
rate.

Between the partials of a tone there is next to nothing, in noise no bin is left out: of the bins'
powers, each a mean over five frames, a quarter lies below 0.65 of the band's mean. So the quartile
says how much noise is in a band; it is far below the level of a band that is made of tones. Tones
closer than about 130 Hz pass for noise.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import Sound
from estilo.analysis.spectra import power_spectrogram

HOP_S = 0.02
"""Distance of two frames in seconds."""
EDGES_HZ = (
    *(100.0, 400.0, 700.0, 1000.0, 1400.0, 1800.0, 2300.0, 2900.0, 3600.0, 4400.0, 5400.0),
    *(6600.0, 8000.0, 10_000.0, 12_500.0, 16_000.0, 20_000.0),
)
"""Edges of the bands in Hz."""

_FRAME_S = 0.046
_REACH = 2  # frames to each side that powers are averaged over
_QUARTILE = 0.25
_OF_NOISE = 0.65  # quartile over mean of Gaussian noise, so averaged
_MOSTLY = 0.4
_IS_NOISE = 0.5


@dataclass(frozen=True, eq=False)
class NoiseFloor:
    """Powers per band and frame, weighed as the ear does at low levels (A-weighting).

    Bands above half the sample rate are 0. A sine of full scale at 1 kHz has the power 0.5.

    Args:
        level: all power. **Shape** ``(frames, bands)``, float32.
        noise: what of it is noise, averaged over five frames; so after the end of a sound it is
            more than the level. **Shape** ``(frames, bands)``, float32.
    """

    level: NDArray[np.float32]
    noise: NDArray[np.float32]

    @property
    def is_noise(self) -> NDArray[np.bool_]:
        """Whether most of a band's level is noise. **Shape** ``(frames, bands)``."""
        return self.noise > _averaged(self.level) * np.float32(_MOSTLY)

    @property
    def total(self) -> NDArray[np.float32]:
        """Level of all bands together. **Shape** ``(frames,)``."""
        return self.level.sum(axis=1)


def noise_floor(sound: Sound) -> NoiseFloor:
    """Level and noise in the bands between `EDGES_HZ`; compute them through `Sound.once`.

    Args:
        sound: recording of any rate, length and channels.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> tone = np.sin(2 * np.pi * 3200 * np.arange(44100) / 44100)
        >>> both = Sound(tone + 0.01 * rng.standard_normal(44100), 44100)
        >>> band = np.searchsorted(EDGES_HZ, 3200) - 1
        >>> found = noise_floor(both)
        >>> ratio_db = 10 * np.log10(found.noise[25, band] / found.level[25, band])
        >>> bool(-60 < ratio_db < -40)  # 0.5 against 0.0001 * 700 / 22050
        True
    """
    rate = sound.audio.sample_rate
    n_fft = 2 ** max(round(math.log2(_FRAME_S * rate)), 4)
    hop = max(round(HOP_S * rate), 1)
    power = sum(
        power_spectrogram(channel, n_fft=n_fft, hop_length=hop) for channel in sound.audio.samples
    )
    # The window's energy is 3/8 of its length; one side of the spectrum holds half of the power.
    scale = np.float32(0.1875 * n_fft**2 * sound.audio.n_channels)
    power = np.asarray(power, np.float32).T / scale
    edges = np.ceil(np.array(EDGES_HZ) * n_fft / rate).astype(int).tolist()
    level = np.zeros((len(power), len(EDGES_HZ) - 1), np.float32)
    noise = np.zeros_like(level)
    gains = _a_weights()
    steady = _averaged(power)
    for band, (low, high) in enumerate(pairwise(edges)):
        if high > power.shape[1] or high <= low:
            break
        level[:, band] = gains[band] * power[:, low:high].sum(axis=1)
        quartile = lower_quartile(steady[:, low:high])
        noise[:, band] = gains[band] * (high - low) / _OF_NOISE * quartile
    return NoiseFloor(level, noise)


def lower_quartile(powers: NDArray) -> NDArray:
    """Power below which a quarter of a band's bins lie, in every frame.

    Args:
        powers: powers of the bins of a band. **Shape** ``(frames, bins)``.

    Example:
        >>> lower_quartile(np.array([[4.0, 1.0, 3.0, 2.0]])).tolist()
        [2.0]
    """
    rank = int(_QUARTILE * powers.shape[1])
    return np.partition(powers, rank, axis=1)[:, rank]


def noise_share(sound: Sound) -> float:
    """Share of noise in the power of a recording, A-weighted; compute it through `Sound.once`.

    Args:
        sound: recording of any rate, length and channels.

    Returns:
        0 to 1; 0 of silence.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=16000)
        >>> round(noise_share(Sound(noise, 16000))), noise_share(Sound(np.zeros(99), 16000))
        (1, 0.0)
    """
    found = sound.once(noise_floor)
    total = float(found.level.sum(dtype=np.float64))
    noise = np.minimum(found.noise, found.level)[found.is_noise].sum(dtype=np.float64)
    return float(noise) / total if total > 0.0 else 0.0


def is_noise(sound: Sound) -> bool:
    """Whether more than half of a recording's power is noise, as of rain and the sea.

    They have a `noise_share` of 0.85, a drum 0.3, a voice 0.1 and strings 0.02.

    Args:
        sound: recording of any rate, length and channels.

    Example:
        >>> is_noise(Sound(np.sin(0.1 * np.arange(16000)), 16000))
        False
    """
    return sound.once(noise_share) > _IS_NOISE


def _averaged(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of the frames around each; **shape** that of the power."""
    padded = np.pad(power, ((_REACH, _REACH), (0, 0)), mode="edge")
    size = 2 * _REACH + 1
    n_frames = len(power)
    total = padded[:n_frames].copy()
    for shift in range(1, size):
        total += padded[shift : shift + n_frames]
    return total / np.float32(size)


def _a_weights() -> NDArray[np.float32]:
    """Power gains of the A-weighting at the middles of the bands (IEC 61672)."""
    square = np.sqrt(np.array(EDGES_HZ[:-1]) * EDGES_HZ[1:]) ** 2
    response = 12194.0**2 * square**2 / (square + 20.6**2) / (square + 12194.0**2)
    response /= np.sqrt((square + 107.7**2) * (square + 737.9**2))
    return (np.square(response) * 10.0**0.2).astype(np.float32)
