"""Clips as others might have sounded, made from levels of bands: more instruments out of few."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d


class Augmentation(NamedTuple):
    """What another player or instrument might have done otherwise; the same for all its clips.

    Args:
        swing: factor on how far each band's level moves about its mean.
        fall: most that a level falls from frame to frame, in units of 20 dB: long releases; 0 for
            as it is.
        width: bands over which partials are blurred.
        blur: how far, 0 to 1.
    """

    swing: float
    fall: float
    width: int
    blur: float

    @classmethod
    def drawn(cls, rng: np.random.Generator, *, much: float) -> "Augmentation":
        """A random one; how much it changes at most and how often, 0 to 1."""
        swing = float(np.exp(rng.normal(0.0, 0.35 * much)))
        falls, blurs = rng.random(2) < 0.4 * much
        fall = float(np.exp(rng.uniform(np.log(0.01), np.log(0.3))))
        width, blur = int(rng.integers(5, 25)), float(rng.uniform(0.0, 0.7 * much))
        return cls(swing, fall if falls else 0.0, width, blur if blurs else 0.0)

    def __call__(self, levels: NDArray) -> NDArray:
        """A clip disguised, as loud as before; ``(n_frames, n_bands)`` to the same."""
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
    """An equaliser's levels over the bands: a slope and a few bumps; at times none."""
    place = np.linspace(-1.0, 1.0, n_bands)
    bent = rng.normal(0.0, 0.6) * place
    for _ in range(rng.integers(0, 5)):
        width = np.exp(rng.uniform(np.log(0.05), np.log(0.6)))
        bent += rng.normal(0.0, 0.8) * np.exp(-(((place - rng.uniform(-1.1, 1.1)) / width) ** 2))
    return (rng.random() < 0.7) * deviation_db / 20.0 * bent


def noisy(rng: np.random.Generator, levels: NDArray, level: float) -> NDArray:
    """Levels with noise added, whose powers are those of complex Gaussian bins."""
    power = 10.0 ** (2.0 * levels) + 10.0 ** (2.0 * level) * rng.standard_exponential(levels.shape)
    return 0.5 * np.log10(power)


def _loudness(levels: NDArray) -> float:
    return 0.5 * float(np.log10(np.mean(10.0 ** (2.0 * levels))))
