"""Where the notes of a recording sound from: how loud each is in every channel."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from estilo.analysis.transcription.heard import HeardNote
from estilo.analysis.transforms import forward
from estilo.units import midi_to_hz

_LONGEST_S = 0.5
_N_PARTIALS = 8
_SIDE_BINS = 2
_OPPOSITE = 0.5  # from which correlation on channels are in opposite polarity
_TINY = 1e-20


class Panned:
    """Gains of the channels of each note, by its partials while it is held.

    They are negative where a channel has the note in the polarity opposite to the loudest one's.

    Args:
        content: ``(channels, time)``; whatever is sliced like a tensor, as a mapped file.
        notes: its notes.
        sample_rate: sample rate in Hz.

    Example:
        >>> import torch
        >>> tone = torch.sin(0.3 * torch.arange(8000.0))
        >>> left = Panned(torch.stack([tone, 0.0 * tone]), [HeardNote(0.0, 1.0, 65.3, 0.0)], 8000)
        >>> left(0).astype(float).round(3).tolist()
        [1.414, 0.0]
    """

    def __init__(self, content: Tensor, notes: Sequence[HeardNote], sample_rate: int) -> None:
        self._content, self._notes, self._rate = content, tuple(notes), sample_rate
        self._known: dict[int, NDArray[np.float32]] = {}

    def __call__(self, number: int) -> NDArray[np.float32]:
        """Gains of a note, whose squares have a mean of 1; **shape** ``(channels,)``."""
        if number not in self._known:
            self._known[number] = self._gains(self._notes[number])
        return self._known[number]

    def _gains(self, note: HeardNote) -> NDArray[np.float32]:
        n_channels = self._content.shape[0]
        if n_channels == 1:
            return np.ones(1, np.float32)
        start = round(note.start_s * self._rate)
        stop = round(min(note.end_s, note.start_s + _LONGEST_S) * self._rate)
        part = self._content[:, start : max(stop, start + 64)].cpu().numpy()
        size = part.shape[1]
        if not size:
            return np.ones(n_channels, np.float32)
        spectrum = forward((part * np.hanning(size)).astype(np.float32), size)
        partials_hz = midi_to_hz(note.pitch) * np.arange(1, _N_PARTIALS + 1)
        bins = np.round(partials_hz[partials_hz < 0.5 * self._rate] * size / self._rate).astype(int)
        near = bins[:, None] + np.arange(-_SIDE_BINS, _SIDE_BINS + 1)
        own = spectrum[:, np.unique(np.clip(near, 0, spectrum.shape[1] - 1))]
        power = np.square(np.abs(own)).sum(1) + _TINY
        loudest = int(np.argmax(power))
        common = (own @ own[loudest].conj()).real / np.sqrt(power * power[loudest])
        signs = np.where(common < -_OPPOSITE, -1.0, 1.0)
        return (signs * np.sqrt(power / power.mean())).astype(np.float32)
