"""Parts of recordings that begin where something begins."""

import numpy as np
from numpy.typing import NDArray

from estilo.audio import Audio

LEAD_S = 0.005
"""How long before its onset a part begins, in seconds."""

_FADE_S = 0.006
_ONSET_REACH_S, _RISE_S = 0.025, 0.008
_LEAST_RISE_DB = 6.0
_LEVEL_S = 0.03
_TINY = 1e-12


def onset_near(recording: Audio, start_s: float) -> float:
    """Time at which the sound rises most within 25 ms, if it clearly does; else the same time.

    Args:
        recording: recording.
        start_s: time at which something was heard to begin, in seconds.

    Example:
        >>> step = Audio(np.sin(np.arange(8000)) * (np.arange(8000) >= 4000), 8000)
        >>> onset_near(step, 0.51)
        0.5
    """
    rate = recording.sample_rate
    size = max(round(_RISE_S * rate), 1)
    reach = round(_ONSET_REACH_S * rate)
    start = round(start_s * rate)
    part = part_of(recording, start - reach - size, start + reach + size + 1)
    power = np.square(np.diff(part.mean(0), prepend=0.0), dtype=np.float64)
    power[0] = 0.0
    sums = np.concatenate([[0.0], np.cumsum(power)])
    means = (sums[size:] - sums[:-size]) / size
    floor = 1e-6 * means.max() + _TINY
    before, after = means[: -size - 1] + floor, means[size:-1] + floor
    rise_db = 10.0 * np.log10(after / before)
    best = int(rise_db.argmax())
    if rise_db[best] < _LEAST_RISE_DB:
        return start_s
    return max((start - reach + best) / rate, 0.0)


def part_of(recording: Audio, first: int, last: int) -> NDArray[np.float32]:
    """Samples of a span that may begin before the recording and end after it, with zeros there.

    Args:
        recording: recording.
        first: first sample, below 0 before the recording.
        last: sample after the last one.

    Example:
        >>> part_of(Audio(np.ones(4), 8000), -1, 2).tolist()
        [[0.0, 1.0, 1.0]]
    """
    inside = recording.samples[:, max(first, 0) : max(last, 0)]
    before = max(-first, 0)
    after = max(last - first - before - inside.shape[1], 0)
    return np.pad(inside, ((0, 0), (before, after)))[:, : last - first]


def faded(samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """Samples that fade in before an onset at `LEAD_S`, and out at their end.

    Args:
        samples: samples, **Shape** ``(channels, time)``.
        sample_rate: sample rate in Hz.

    Example:
        >>> faded(np.ones((1, 8000), np.float32), 8000)[0, [0, 40, -1]].round(3).tolist()
        [0.0, 1.0, 0.0]
    """
    n_in = max(round(0.8 * LEAD_S * sample_rate), 1)
    n_out = min(max(round(_FADE_S * sample_rate), 1), samples.shape[1] // 2)
    out = samples.copy()
    out[:, :n_in] *= np.sin(0.5 * np.pi * np.arange(n_in) / n_in).astype(np.float32) ** 2
    out[:, -n_out:] *= np.cos(0.5 * np.pi * np.arange(1, n_out + 1) / n_out) ** 2
    return out


def loudest_db(samples: NDArray, *, sample_rate: int) -> float:
    """Level of the loudest 30 ms, over all channels, 0 for a sine of full scale on each.

    Args:
        samples: samples, **Shape** ``(channels, time)``.
        sample_rate: sample rate in Hz.

    Example:
        >>> round(loudest_db(np.sin(np.arange(8000))[None], sample_rate=8000), 1)
        0.0
    """
    power = np.square(samples, dtype=np.float64).mean(0)
    size = min(max(round(_LEVEL_S * sample_rate), 1), len(power))
    if size == 0:
        return -np.inf
    sums = np.concatenate([[0.0], np.cumsum(power)])
    loudest = float((sums[size:] - sums[:-size]).max()) / size
    return float(10.0 * np.log10(2.0 * loudest)) if loudest > _TINY else -np.inf
