"""When what is no note stands out from the notes, and is more than what removing them left.

Of notes that were heard well, removing their partials leaves 20 to 45 dB less than they were, in
three quarters of the time (attacks, mistuning, the instrument's own noise); what else sounds, a
consonant, a drum or notes that were not heard, is seldom more than 10 dB below them.
"""

import numpy as np
import torch
from torch import Tensor

from estilo.engines.notes.residual import Residual

_FRAME_S = 0.01
_SMOOTH_FRAMES = 5
_FALL_DB_S = 60.0  # of what a note leaves behind when it ends: a room's 60 dB in a second
_LOOK_BACK_S = 1.0
_UNHEARD_DB, _HEARD_DB = -12.0, -2.0  # against the notes
_TINY = 1e-16


class Prominence:
    """Gain from 0 to 1 by how loud the residual is against the notes that sound or have just ended.

    Args:
        left: residual of the recording.
        sample_rate: sample rate in Hz.
    """

    def __init__(self, left: Residual, *, sample_rate: int) -> None:
        self._left = left
        self._size = max(round(_FRAME_S * sample_rate), 1)
        self._look_back = round(_LOOK_BACK_S / _FRAME_S)

    def read(self, start: int, stop: int) -> Tensor:
        """Gains of a part: the same whatever else is read.

        Args:
            start: number of its first sample.
            stop: number of the sample after its last.

        **Shape**: result ``(stop - start,)``.
        """
        size, n_samples = self._size, self._left.content.shape[-1]
        around = _SMOOTH_FRAMES // 2 + 1
        first = max(start // size - around, 0)
        last = -(-min(stop, n_samples) // size) + around
        begin = max(first - self._look_back, 0)
        end = min(last * size, n_samples)
        whole_db, left_db = self._levels_db(begin * size, end)
        notes_db = 10.0 * np.log10(
            np.maximum(10.0 ** (whole_db / 10.0) - 10.0 ** (left_db / 10.0), _TINY)
        )
        fallen_db = _FALL_DB_S * _FRAME_S * np.arange(len(notes_db))
        notes_db = np.maximum.accumulate(notes_db + fallen_db) - fallen_db
        above = (left_db - notes_db - _UNHEARD_DB) / (_HEARD_DB - _UNHEARD_DB)
        gain = np.clip(above, 0.0, 1.0)[first - begin :]
        gain = np.convolve(np.pad(gain, _SMOOTH_FRAMES // 2, mode="edge"), _HANN, mode="valid")
        middles = (first + np.arange(len(gain)) + 0.5) * size
        return torch.from_numpy(np.interp(np.arange(start, stop), middles, gain)).float()

    def _levels_db(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """Of the recording and of its residual, frame by frame, the last one filled with zeros."""
        parts = self._left.content[:, start:stop], self._left.read(start, stop)
        return tuple(self._of(part) for part in parts)  # type: ignore[return-value]

    def _of(self, part: Tensor) -> np.ndarray:
        missing = -part.shape[-1] % self._size
        frames = torch.nn.functional.pad(part.double(), (0, missing)).unfold(
            -1, self._size, self._size
        )
        return (10.0 * torch.log10(frames.square().mean((0, 2)) + _TINY)).cpu().numpy()


_HANN = np.hanning(_SMOOTH_FRAMES + 2)[1:-1] / np.hanning(_SMOOTH_FRAMES + 2).sum()
