"""A recording as the analyses and the metrics hear it."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from estilo.audio import Audio
from estilo.dsp.downmix import downmix
from estilo.dsp.resample import resample

RATE_HZ = 16_000
"""Sample rate of `Sound.mono`, at which all published figures were taken, in Hz."""

_BLOCK = 1 << 20

Feature = TypeVar("Feature")


class Sound:
    """A recording, its mono version at 16 kHz, and whatever was computed from it before.

    Samples that are not finite are heard as silence and counted.

    Args:
        samples: samples, ``(time,)`` or ``(channels, time)``, full scale at ±1.
        sample_rate: sample rate in Hz.

    Raises:
        InputError: the samples are not real numbers of that shape, or the rate is not positive.

    Example:
        >>> tone = Sound(np.sin(0.1 * np.arange(44100)), 44100)
        >>> tone.mono.shape, tone.duration_s
        ((16000,), 1.0)
    """

    def __init__(self, samples: ArrayLike, sample_rate: int) -> None:
        audio = Audio(np.asarray(samples), sample_rate)
        self.n_non_finite = _n_non_finite(audio.samples)
        """Number of samples that are not finite."""
        if self.n_non_finite:
            finite = np.isfinite(audio.samples)
            audio = Audio(np.where(finite, audio.samples, np.float32(0.0)), sample_rate)
        self.audio = audio
        """The recording at its own rate and channels."""
        self._known: dict[Any, Any] = {}

    @classmethod
    def of(cls, audio: Audio) -> "Sound":
        """The sound of a recording."""
        return cls(audio.samples, audio.sample_rate)

    @property
    def duration_s(self) -> float:
        """Duration in seconds."""
        return self.audio.duration_s

    @property
    def mono(self) -> np.ndarray:
        """All channels as one at 16 kHz, see `estilo.dsp.downmix`; **shape** ``(time,)``, float32.

        Do not change it.
        """
        return self.once(_mono)

    @property
    def mono_full_rate(self) -> np.ndarray:
        """Mean of the channels at the recording's own rate; **shape** ``(time,)``."""
        return self.once(_mono_full_rate)

    @property
    def heard_full_rate(self) -> np.ndarray:
        """What `mono` is made of, at the recording's own rate; **shape** ``(time,)``."""
        return self.once(_heard_full_rate)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to hear: no sample, or only zeros."""
        return not np.any(self.mono)

    def once(self, compute: Callable[["Sound"], Feature]) -> Feature:
        """The result of a function of this sound, computed at most once.

        >>> sound = Sound(np.ones(4), 16000)
        >>> sound.once(len_of := lambda s: [len(s.mono)]) is sound.once(len_of)
        True
        """
        if compute not in self._known:
            self._known[compute] = compute(self)
        return self._known[compute]

    def aligned(self, reference: "Sound") -> "Sound":
        """This sound padded with silence or cut to a reference's duration.

        >>> Sound(np.ones(8), 16000).aligned(Sound(np.ones(3), 8000)).mono_full_rate.size
        6
        """
        rate = self.audio.sample_rate
        n_samples = round(reference.audio.n_samples * rate / reference.audio.sample_rate)
        if n_samples == self.audio.n_samples:
            return self
        samples = self.audio.samples[:, :n_samples]
        padding = ((0, 0), (0, n_samples - samples.shape[1]))
        return Sound(np.pad(samples, padding), rate)


def _n_non_finite(samples: np.ndarray) -> int:
    """How many samples are not finite, counted in blocks: of an hour a mask is 350 MB."""
    blocks = (samples[:, start : start + _BLOCK] for start in range(0, samples.shape[1], _BLOCK))
    return sum(block.size - int(np.count_nonzero(np.isfinite(block))) for block in blocks)


def _mono_full_rate(sound: Sound) -> np.ndarray:
    return sound.audio.samples.mean(0)


def _heard_full_rate(sound: Sound) -> np.ndarray:
    return downmix(sound.audio.samples, sound.audio.sample_rate)


def _mono(sound: Sound) -> np.ndarray:
    samples = sound.heard_full_rate[None]
    rate = sound.audio.sample_rate
    return samples[0] if rate == RATE_HZ else resample(samples, rate, RATE_HZ)[0]
