"""When what is no note stands out from the notes, and is more than what removing them left.

Of notes that were heard well, removing their partials leaves 20 to 45 dB less than they were, in
three quarters of the time (attacks, mistuning, the instrument's own noise); what else sounds, a
consonant, a drum or notes that were not heard, is seldom more than 10 dB below them.
"""

import numpy as np
import scipy.ndimage
import torch
from numpy.typing import NDArray
from torch import Tensor

from estilo.engines.notes.residual import Residual

_FRAME_S = 0.01
_SMOOTH_FRAMES = 5
_FALL_DB_S = 60.0  # of what a note leaves behind when it ends: a room's 60 dB in a second
_LOOK_BACK_S = 1.0
_AHEAD_S = 0.06  # how far the windows that remove a note reach before its beginning, and a little
_AHEAD = round(_AHEAD_S / _FRAME_S)
_UNHEARD_DB, _HEARD_DB = -12.0, -2.0  # against the notes
_TINY = 1e-16


class Prominent:
    """The residual of a recording where it stands out, and silence where it does not.

    How loud it is against the notes that sound, have just ended or are about to begin decides, in a
    gain from 0 to 1.

    Args:
        left: residual of the recording.
        sample_rate: sample rate in Hz.
    """

    def __init__(self, left: Residual, *, sample_rate: int) -> None:
        self._left = left
        self._size = max(round(_FRAME_S * sample_rate), 1)
        self._look_back = round(_LOOK_BACK_S / _FRAME_S)

    def read(self, start: int, stop: int) -> Tensor:
        """A part of it: the same samples whatever else is read.

        Args:
            start: number of its first sample.
            stop: number of the sample after its last.

        **Shape**: result ``(channels, stop - start)``.
        """
        size, n_samples = self._size, self._left.content.shape[-1]
        around = _SMOOTH_FRAMES // 2 + 1 + _AHEAD
        first = max(start // size - around, 0)
        begin = max(first - self._look_back, 0)
        end = min((-(-min(stop, n_samples) // size) + around) * size, n_samples)
        left = self._left.read(begin * size, end)
        whole = self._left.content[:, begin * size : end]
        gain = self._gains(*(self._powers(part) for part in (whole, left)))[first - begin :]
        gain = np.convolve(np.pad(gain, _SMOOTH_FRAMES // 2, mode="edge"), _HANN, mode="valid")
        middles = (first + np.arange(len(gain)) + 0.5) * size
        gains = torch.from_numpy(np.interp(np.arange(start, stop), middles, gain)).float()
        return left[:, start - begin * size : stop - begin * size] * gains

    def _gains(self, whole: NDArray[np.float64], left: NDArray[np.float64]) -> NDArray[np.float64]:
        """Gain of every frame, by its powers. **Shape** ``(frames,)`` all."""
        notes_db = 10.0 * np.log10(np.maximum(whole - left, _TINY))
        fallen_db = _FALL_DB_S * _FRAME_S * np.arange(len(notes_db))
        notes_db = np.maximum.accumulate(notes_db + fallen_db) - fallen_db
        notes_db = scipy.ndimage.maximum_filter1d(notes_db, 2 * _AHEAD + 1, mode="nearest")
        above_db = 10.0 * np.log10(left + _TINY) - notes_db
        return np.clip((above_db - _UNHEARD_DB) / (_HEARD_DB - _UNHEARD_DB), 0.0, 1.0)

    def _powers(self, part: Tensor) -> NDArray[np.float64]:
        """Power of each frame over all channels, the last one filled with zeros."""
        filled = torch.nn.functional.pad(part, (0, -part.shape[-1] % self._size))
        return frame_powers(filled, self._size).cpu().numpy()


_HANN = np.hanning(_SMOOTH_FRAMES + 2)[1:-1] / np.hanning(_SMOOTH_FRAMES + 2).sum()


def frame_powers(waveform: Tensor, size: int) -> Tensor:
    """Power of each whole frame, over all channels.

    Args:
        waveform: ``(channels, time)``.
        size: length of a frame, in samples.

    **Shape**: result ``(frames,)``, float64.

    Example:
        >>> frame_powers(torch.tensor([[1.0, 1.0, 2.0, 0.0, 5.0]]), 2).tolist()
        [1.0, 2.0]
    """
    return waveform.double().unfold(-1, size, size).square().mean((0, 2))
