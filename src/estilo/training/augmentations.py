"""Augmentation of levels of bands: clips as other instruments might have played them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d


class Augmentation(NamedTuple):
    """What another player or instrument might have done differently, the same for all its clips.

    Args:
        swing: factor on how far each band's level moves about its mean.
        fall: largest drop of a level from frame to frame, in units of 20 dB, for long releases; 0
            leaves levels as they are.
        width: number of bands over which partials are blurred.
        blur: how strongly they are blurred, 0 to 1.
    """

    swing: float
    fall: float
    width: int
    blur: float

    @classmethod
    def drawn(cls, rng: np.random.Generator, *, much: float) -> "Augmentation":
        """Draw an augmentation at random.

        Args:
            rng: random generator.
            much: how much it changes at most, and how often, 0 to 1.
        """
        swing = float(np.exp(rng.normal(0.0, 0.35 * much)))
        falls, blurs = rng.random(2) < 0.4 * much
        fall = float(np.exp(rng.uniform(np.log(0.01), np.log(0.3))))
        width, blur = int(rng.integers(5, 25)), float(rng.uniform(0.0, 0.7 * much))
        return cls(swing, fall if falls else 0.0, width, blur if blurs else 0.0)

    def __call__(self, levels: NDArray) -> NDArray:
        """Augment the levels of a clip, ``(n_frames, n_bands)``; the result is as loud."""
        mean = levels.mean(0)
        out = mean + self.swing * (levels - mean)
        if self.fall:
            for now in range(1, len(out)):
                np.maximum(out[now], out[now - 1] - self.fall, out=out[now])
        if self.blur:
            flat = uniform_filter1d(out, self.width, axis=1, mode="nearest")
            out += self.blur * (flat - out)
        return out + _loudness(levels) - _loudness(out)


def curve(rng: np.random.Generator, n_bands: int, deviation_db: float) -> NDArray:
    """Levels of a random equaliser over the bands: a slope and a few bumps, and at times nothing.

    Args:
        rng: random generator.
        n_bands: number of bands.
        deviation_db: strength of the equaliser, in dB.
    """
    place = np.linspace(-1.0, 1.0, n_bands)
    bent = rng.normal(0.0, 0.6) * place
    for _ in range(rng.integers(0, 5)):
        width = np.exp(rng.uniform(np.log(0.05), np.log(0.6)))
        bent += rng.normal(0.0, 0.8) * np.exp(-(((place - rng.uniform(-1.1, 1.1)) / width) ** 2))
    return (rng.random() < 0.7) * deviation_db / 20.0 * bent


def noisy(rng: np.random.Generator, levels: NDArray, level: float) -> NDArray:
    """Add noise to levels; its powers are those of complex Gaussian bins.

    Args:
        rng: random generator.
        levels: levels in units of 20 dB, ``(n_frames, n_bands)``.
        level: mean level of the noise, in the same units.
    """
    power = 10.0 ** (2.0 * levels) + 10.0 ** (2.0 * level) * rng.standard_exponential(levels.shape)
    return 0.5 * np.log10(power)


def _loudness(levels: NDArray) -> float:
    return 0.5 * float(np.log10(np.mean(10.0 ** (2.0 * levels))))
