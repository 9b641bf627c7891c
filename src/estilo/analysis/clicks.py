"""Clicks: jumps of a waveform that belong to no sound around them.

Conventions: any rate; times in seconds. A jump shows in the second difference, whose largest value
within 0.5 ms is compared with those up to 15 ms away. The attack of a note is followed
by more, the pulse of a voice by the next, so neither is alone; nor are two clicks within 15 ms,
which hide each other. Eighteen recordings of instruments, voices, animals and weather have none,
but for a few ticks in the older ones.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from estilo.analysis.sound import Sound
from estilo.errors import InputError

_BLOCK_S = 0.0005
_NEAR_S = 0.0015  # as far as resampling spreads a click
_FAR_S = 0.015
_WIDTH_S = 0.0005
_RATIO = 4.0
_AUDIBLE = 0.05
_CHUNK_BLOCKS = 1 << 15


def click_times(samples: ArrayLike, sample_rate: int) -> NDArray[np.float64]:
    r"""Find the times at which a channel clicks.

    A click is a largest :math:`|x_{n-1} - 2 x_n + x_{n+1}|` that exceeds 4 times every other
    between 1.5 and 15 ms away, and a twentieth of the channel's root mean square, and falls to a
    quarter within half a millisecond.

    **Shape**: samples ``(time,)``; result ``(clicks,)``, in seconds, rising.

    Args:
        samples: samples of one channel, ``(time,)``.
        sample_rate: sample rate in Hz.

    Raises:
        InputError: the samples are not a vector, or the rate is not positive.

    Example:
        >>> wave = np.sin(0.02 * np.arange(44100))
        >>> wave[22050] += 0.1
        >>> click_times(wave, 44100).round(2).tolist()
        [0.5]
    """
    waveform = np.asarray(samples)
    if waveform.ndim != 1 or sample_rate <= 0:
        raise InputError(
            f"expected one channel and a positive rate, got shape {waveform.shape} and "
            f"{sample_rate} Hz; give the channels one by one"
        )
    size = max(round(_BLOCK_S * sample_rate), 4)
    near = max(round(_NEAR_S * sample_rate / size), 1)
    far = round(_FAR_S * sample_rate / size)
    highest = _block_maxima(waveform, size)
    if len(highest) == 0:
        return np.zeros(0)
    side = np.lib.stride_tricks.sliding_window_view(np.pad(highest, far), far - near).max(axis=1)
    before, after = side[: len(highest)], side[far + near + 1 :][: len(highest)]
    audible = _AUDIBLE * np.sqrt(np.mean(np.square(waveform, dtype=np.float64)))
    alone = (highest > _RATIO * np.maximum(before, after)) & (highest > audible)
    found = []
    for block in np.flatnonzero(alone):
        start = max(int(block) - near, 0) * size
        jumps = _jumps(waveform[start : (int(block) + near + 1) * size + 2])
        if highest[block] < jumps.max():
            continue  # the same click, in a neighbouring block
        loud = np.flatnonzero(jumps > 0.25 * jumps.max())
        if loud[-1] - loud[0] < _WIDTH_S * sample_rate:
            found.append((start + int(jumps.argmax()) + 1) / sample_rate)
    return np.array(found, np.float64)


def clicks_of_channels(sound: Sound) -> list[NDArray[np.float64]]:
    """The `click_times` of every channel; compute them through `Sound.once`.

    Args:
        sound: recording of any rate, length and channels.
    """
    return [click_times(each, sound.audio.sample_rate) for each in sound.audio.samples]


def _jumps(waveform: np.ndarray) -> np.ndarray:
    return np.abs(waveform[:-2] - 2.0 * waveform[1:-1] + waveform[2:])


def _block_maxima(waveform: np.ndarray, size: int) -> np.ndarray:
    """Largest second difference in every block of samples; an incomplete last block counts too."""
    n_blocks = -(-max(len(waveform) - 2, 0) // size)
    maxima = [np.zeros(0)]
    for first in range(0, n_blocks, _CHUNK_BLOCKS):
        jumps = _jumps(waveform[first * size : (first + _CHUNK_BLOCKS) * size + 2])
        maxima.append(np.pad(jumps, (0, -len(jumps) % size)).reshape(-1, size).max(axis=1))
    return np.concatenate(maxima)
