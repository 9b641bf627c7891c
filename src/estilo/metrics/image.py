"""Distance of the balance of mid and side from the content's: what cancels in mono is heard too.

Conventions: all channels at their own rate, A-weighted, in the bands of
`estilo.analysis.noise_floor`; shares are over half a second.

Metrics: `image_db`.
"""

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.noise_floor import HOP_S
from estilo.analysis.sound import Sound
from estilo.analysis.stereo_image import StereoImage, stereo_image
from estilo.metrics.base import Metric, aligned_once, nothing_to_measure, require_sounds

_BLOCK = round(0.5 / HOP_S)
_NARROW_DB = -30.0  # sides further below their mid are not heard


def image_db(output: Sound, content: Sound) -> float:
    """Mean difference of the level of the side against the mid from the content's, in dB.

    The mean is over bands and half seconds, by the content's power there. Sides count as 30 dB
    below the mid at least, and mids below the side. A voice in the middle that falls by 6 dB
    against a pad that cancels in mono reads 6.

    Args:
        output: any length, rate and channels.
        content: any length, rate and channels.

    Returns:
        dB, 0 where the balance is the content's; NaN, without a warning, where neither has a side.

    Raises:
        InputError: one of them is not a `Sound`.

    Example:
        >>> mid, side = np.random.default_rng(0).normal(size=(2, 32000))
        >>> content = Sound(np.stack([mid + side, mid - side]), 16000)
        >>> narrow = Sound(np.stack([mid + side / 2, mid - side / 2]), 16000)
        >>> image_db(content, content), round(image_db(narrow, content))
        (0.0, 6)
    """
    require_sounds("image_db", output, content)
    if output.audio.n_channels == content.audio.n_channels == 1:
        return float("nan")
    if not (np.any(output.audio.samples) and np.any(content.audio.samples)):
        return nothing_to_measure("image_db")
    theirs = content.once(stereo_image)
    ours = aligned_once(output, content).once(stereo_image)
    n_frames = min(len(ours.mid), len(theirs.mid))
    balances_db = [_balance_db(each, n_frames) for each in (ours, theirs)]
    if max(float(each.max()) for each in balances_db) <= _NARROW_DB:
        return float("nan")
    weights = _blocks(theirs.mid + theirs.side, n_frames)
    return float(np.average(np.abs(balances_db[0] - balances_db[1]), weights=weights))


def _balance_db(image: StereoImage, n_frames: int) -> NDArray[np.float64]:
    """Level of side against mid. **Shape** ``(blocks, bands)``."""
    mid, side = _blocks(image.mid, n_frames), _blocks(image.side, n_frames)
    ratio = np.divide(side, mid, out=np.full_like(mid, 1e9), where=mid > 0.0)
    ratio = np.where(mid + side > 0.0, ratio, 0.0)
    return 10.0 * np.log10(np.clip(ratio, 10.0 ** (_NARROW_DB / 10), 10.0 ** (-_NARROW_DB / 10)))


def _blocks(power: NDArray[np.float64], n_frames: int) -> NDArray[np.float64]:
    starts = np.arange(0, n_frames, _BLOCK)
    return np.add.reduceat(power[:n_frames], starts, axis=0)


IMAGE = Metric("image_db", "mid/side off by (dB)", "lower", 0.0, "content", image_db)
