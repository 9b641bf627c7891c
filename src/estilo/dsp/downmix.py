r"""One channel that stands for all of them, with what would cancel in their mean.

Of channels :math:`X` the mean is taken, :math:`M`, and of what it leaves the direction with the
most power, :math:`S`; for two channels these are the mid and the side. The downmix is
:math:`M + \mathcal{H} S`, with the Hilbert transform :math:`\mathcal{H}`, which turns every
partial by a quarter of its period. A source at gains :math:`g_1, g_2` has the power
:math:`(g_1^2 + g_2^2) / 2` in it wherever it stands, and in whichever polarity, and what is alike
in all channels is as it is in each (the 90-degree downmix of matrix surround, as in Dolby Stereo).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_REACH_S = 0.046
_NOTHING = 1e-6  # of the power: what is 60 dB down in the side is not missed in the downmix
_CANCELLED = 0.1
_BLOCK = 1 << 20


def downmix(samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """All channels as one.

    Args:
        samples: ``(channels, time)``.
        sample_rate: sample rate in Hz.

    **Shape**: result ``(time,)``, float32.

    Example:
        >>> tone = np.sin(0.3 * np.arange(4000, dtype=np.float32))
        >>> [round(float(np.std(downmix(np.stack([tone, sign * tone]), 8000))), 2)
        ...  for sign in (1, 0, -1)]
        [0.71, 0.5, 0.71]
    """
    return mixed_by(downmix_axes(samples), samples, sample_rate)


def downmix_axes(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights of the channels in the downmix: those of the mean, and those of the second part.

    The second row is missing where there is next to nothing beside the first. Where channels cancel
    in their mean (one is the other's opposite, say), the direction with the most power takes its
    place.

    Args:
        samples: ``(channels, time)``.

    **Shape**: result ``(1 or 2, channels)``.

    >>> downmix_axes(np.array([[1.0, 1.0], [1.0, 1.0]], np.float32)).tolist()
    [[0.5, 0.5]]
    >>> downmix_axes(np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)).round(2).tolist()
    [[0.5, 0.5], [0.5, -0.5]]
    """
    n_channels = samples.shape[0]
    mean = np.full(n_channels, 1.0 / n_channels)
    if n_channels == 1:
        return mean[None].astype(np.float32)
    covariance = np.zeros((n_channels, n_channels))
    for start in range(0, samples.shape[1], _BLOCK):
        block = samples[:, start : start + _BLOCK].astype(np.float64)
        covariance += block @ block.T
    first = mean
    if covariance.mean() < _CANCELLED * np.trace(covariance) / n_channels:
        first = _strongest(covariance, np.diagonal(covariance))
    unit = first / np.linalg.norm(first)
    others = np.eye(n_channels) - np.outer(unit, unit)
    left = others @ covariance @ others
    second = _strongest(left, np.diagonal(covariance))
    if second @ left @ second <= _NOTHING * (first @ covariance @ first):
        return first[None].astype(np.float32)
    return np.stack([first, second]).astype(np.float32)


def mixed_by(
    axes: NDArray[np.float32],
    samples: NDArray[np.float32],
    sample_rate: int,
    *,
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Channels mixed by the weights of another stretch, or of a whole recording, in blocks.

    Args:
        axes: weights, from `downmix_axes`.
        samples: ``(channels, time)``.
        sample_rate: sample rate in Hz.
        out: array to write to, **shape** ``(time,)``, for instance a mapped one; a new array when
            None.

    **Shape**: result ``(time,)``, float32.
    """
    mixed = np.empty(samples.shape[1], np.float32) if out is None else out
    for start in range(0, len(mixed), _BLOCK):
        mixed[start : start + _BLOCK] = axes[0] @ samples[:, start : start + _BLOCK]
    if len(axes) == 1:
        return mixed
    from scipy.signal import oaconvolve

    taps = _quarter_turn(sample_rate)
    reach = len(taps) // 2
    for start in range(0, len(mixed), _BLOCK):
        stop = min(start + _BLOCK, len(mixed))
        first = max(0, start - reach)
        side = axes[1] @ samples[:, first : stop + reach]
        turned = oaconvolve(side, taps)[reach + start - first :]
        mixed[start:stop] += turned[: stop - start].astype(np.float32)
    return mixed


@lru_cache(maxsize=8)
def _quarter_turn(sample_rate: int) -> NDArray[np.float64]:
    """Impulse response of the Hilbert transform, faded out at 46 ms to either side."""
    reach = max(1, round(_REACH_S * sample_rate)) | 1
    places = np.arange(-reach, reach + 1)
    ideal = np.where(places % 2, 2.0 / (np.pi * np.where(places, places, 1)), 0.0)
    return ideal * np.hanning(2 * reach + 3)[1:-1]


def _strongest(covariance: NDArray[np.float64], powers: NDArray[np.float64]) -> NDArray[np.float64]:
    """The direction with the most power, its magnitudes summing to 1.

    The louder channels are on its positive side, so that channels may change places; where they are
    equally loud, the first is.
    """
    direction = np.linalg.eigh(covariance)[1][:, -1]
    direction = direction / np.abs(direction).sum()
    towards = direction @ powers
    if abs(towards) <= 1e-6 * powers.max():
        towards = direction[np.argmax(np.abs(direction) > 0.999 * np.abs(direction).max())]
    return -direction if towards < 0.0 else direction
