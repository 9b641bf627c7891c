"""What is common to the channels against what differs between them, as in the content.

Where both lie in other bands, an engine that gives the content another spectrum makes one of them
louder than the other: a tune in the middle drowns in a wide pad, or stands naked in front of it.
"""

import numpy as np

from estilo.pipeline.in_blocks import spans

_ALLOWED_DB = 2.0
_NOTHING_DB = 40.0  # apart, one of the two is not there
_HISS_DB = 25.0  # below what is common, the rest of an output is no more than its noise


def rebalanced(samples: np.ndarray, content: np.ndarray) -> np.ndarray:
    """Samples whose common part is within 2 dB of where it lies in the content, beside the rest.

    The louder of the two is lowered. Nothing changes where content or output has next to nothing of
    one of them: a wide style widens what is mono, and an instrument in the middle has no width that
    could be brought back.

    Args:
        samples: output, changed in place. **Shape** ``(channels, time)``.
        content: the content, of the same shape.

    Returns:
        The samples.

    Example:
        >>> mid, side = np.array([1.0, 1.0, -1.0, -1.0]), np.array([1.0, -1.0, 1.0, -1.0])
        >>> wide = np.stack([mid + 8.0 * side, mid - 8.0 * side]).astype(np.float32)
        >>> out = rebalanced(wide, np.stack([mid + side, mid - side]))
        >>> round(float(20 * np.log10(np.std(out[0] - out[1]) / np.std(out[0] + out[1]))), 2)
        2.0
    """
    if len(samples) == 1:
        return samples
    wanted_db, found_db = _balance_db(content), _balance_db(samples)
    excess_db = found_db - wanted_db
    is_heard = abs(wanted_db) < _NOTHING_DB and -_NOTHING_DB < found_db < _HISS_DB
    if not is_heard or abs(excess_db) <= _ALLOWED_DB:
        return samples
    gain = 10.0 ** ((_ALLOWED_DB - abs(excess_db)) / 20.0)
    of_common, of_rest = (gain, 1.0) if excess_db > 0.0 else (1.0, gain)
    for start, stop in spans(0, samples.shape[1]):
        part = samples[:, start:stop]
        common = part.mean(0)
        samples[:, start:stop] = of_rest * (part - common) + of_common * common
    return samples


def _balance_db(samples: np.ndarray) -> float:
    """Level of what is common to all channels over that of the rest, in dB; infinite without.

    Offsets count for nothing.
    """
    offsets = samples.mean(axis=1, dtype=np.float64)[:, None]
    common = rest = 0.0
    for start, stop in spans(0, samples.shape[1]):
        part = samples[:, start:stop] - offsets
        mean = part.mean(0)
        common += float(mean @ mean)
        rest += float(np.square(part - mean).mean(0).sum())
    if common <= 0.0 or rest <= 0.0:
        return np.inf
    return 10.0 * float(np.log10(common / rest))
