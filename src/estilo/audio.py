"""The one type that recordings travel in outside the engines."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from estilo.errors import InputError


@dataclass(frozen=True, eq=False)
class Audio:
    """Samples and their rate; data only, no effects.

    Args:
        samples: anything that numpy reads as real numbers, full scale at ±1; kept as float32.
            **Shape** ``(channels, time)``; a vector is taken as one channel.
        sample_rate: samples per second, in Hz.

    Raises:
        InputError: the samples are not one or two dimensional, not real numbers, or the rate is
            not positive.

    Example:
        >>> tone = Audio(np.sin(2 * np.pi * 440 * np.arange(8000) / 8000), 8000)
        >>> tone.n_channels, tone.n_samples, tone.duration_s
        (1, 8000, 1.0)
    """

    samples: np.ndarray
    sample_rate: int

    def __post_init__(self) -> None:
        samples = np.asarray(self.samples)
        if samples.dtype.kind not in "fiu":
            raise InputError(
                f"samples must be real numbers, got dtype {samples.dtype}; give float samples"
            )
        if samples.dtype.kind in "iu":
            raise InputError(
                f"samples must be floats with full scale at ±1, got {samples.dtype}; "
                "divide integers by their full scale first"
            )
        with np.errstate(under="ignore", over="ignore"):  # whatever the caller has numpy raise
            samples = np.atleast_2d(samples.astype(np.float32, copy=False))
        if samples.ndim != 2:
            raise InputError(
                f"samples must have the shape (channels, time), got {samples.shape}; "
                "give one recording at a time"
            )
        rate = self.sample_rate
        if not isinstance(rate, int | float | np.number) or not 0 < rate < 1e9 or rate != int(rate):
            raise InputError(
                f"sample_rate must be a whole number of Hz above 0, got {rate!r}; give the rate of "
                "the samples"
            )
        object.__setattr__(self, "samples", samples)
        object.__setattr__(self, "sample_rate", int(self.sample_rate))

    @classmethod
    def of(cls, samples: Any, sample_rate: int) -> Self:
        """A recording from an array in either of the two usual layouts.

        Args:
            samples: floats with full scale at ±1. **Shape** ``(time,)``, ``(channels, time)``, or
                ``(time, channels)`` where that leaves fewer channels than samples.
            sample_rate: sample rate in Hz.

        Raises:
            InputError: as in `Audio`.

        Example:
            >>> Audio.of(np.zeros((8000, 2)), 8000).n_channels
            2
        """
        samples = np.asarray(samples)
        if samples.ndim == 2 and samples.shape[0] > samples.shape[1]:
            samples = samples.T
        return cls(samples, sample_rate)

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return self.samples.shape[0]

    @property
    def n_samples(self) -> int:
        """Samples per channel."""
        return self.samples.shape[1]

    @property
    def duration_s(self) -> float:
        """Duration in seconds."""
        return self.n_samples / self.sample_rate
