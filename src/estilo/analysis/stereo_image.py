"""How much of a recording is heard alike in all channels, and how much cancels in the downmix.

Conventions: bands and frames of `estilo.analysis.noise_floor`. The mean power of the channels is
that of their downmix (of two channels, the mid) plus that of what cancels (the side).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.noise_floor import noise_floor
from estilo.analysis.sound import Sound


@dataclass(frozen=True, eq=False)
class StereoImage:
    """Powers per band and frame, A-weighted. **Shape** ``(frames, bands)`` both.

    Args:
        mid: power of the downmix.
        side: power of what cancels in it.
    """

    mid: NDArray[np.float64]
    side: NDArray[np.float64]


def stereo_image(sound: Sound) -> StereoImage:
    """Powers of downmix and remainder; compute them through `Sound.once`.

    Args:
        sound: recording of any rate, length and channels.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=(2, 16000))
        >>> wide, narrow = Sound(noise, 16000), Sound(noise[[0, 0]], 16000)
        >>> of = stereo_image(wide)
        >>> round(float(of.side.sum() / of.mid.sum()), 1), float(stereo_image(narrow).side.sum())
        (1.0, 0.0)
    """
    level = sound.once(noise_floor).level.astype(np.float64)
    if sound.audio.n_channels == 1:
        return StereoImage(level, np.zeros_like(level))
    downmix = Sound(sound.mono_full_rate, sound.audio.sample_rate)
    mid = noise_floor(downmix).level.astype(np.float64)
    side = level - mid
    return StereoImage(mid, np.where(side > 1e-5 * level, side, 0.0))
