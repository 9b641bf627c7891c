"""What detectors of faults are given, and what they share."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import Sound
from estilo.metrics.base import aligned_once
from estilo.metrics.fault import Fault

AUDIBLE = 0.1
"""Severity from which a stretch is a fault."""

_TINY = 1e-20


@dataclass(frozen=True, eq=False)
class Compared:
    """An output and what it is held against, for detectors.

    Args:
        output: sound that is judged.
        content: sound that was to be kept, if it is known.
        style: sound that was to be taken from, if it is known.
        target: sound that a perfect transfer would give, if it is known.
    """

    output: Sound
    content: Sound | None = None
    style: Sound | None = None
    target: Sound | None = None

    @cached_property
    def same_time(self) -> list[Sound]:
        """Content and target, as far as they are known: their faults are none of the output."""
        return [each for each in (self.content, self.target) if each is not None]

    @cached_property
    def aligned(self) -> Sound:
        """The output at the length of the content, or of the target, where one is known."""
        first = next(iter(self.same_time), None)
        return self.output if first is None else aligned_once(self.output, first)

    @cached_property
    def gain(self) -> float:
        """Factor of power that makes the output as strong as the content, or the target."""
        first = next(iter(self.same_time), None)
        own = _power(self.aligned)
        return 1.0 if first is None or own == 0.0 else _power(first) / own


Detector = Callable[[Compared], list[Fault]]
"""Finds the faults of one kind."""


def stretches(
    is_bad: NDArray[np.bool_], hop_s: float, *, join_s: float = 0.3, least_s: float = 0.0
) -> list[slice]:
    """Frames that belong together, as slices.

    Args:
        is_bad: whether each frame has the fault. **Shape** ``(frames,)``.
        hop_s: distance of two frames, in seconds.
        join_s: longest gap that does not part two of them, in seconds.
        least_s: shortest duration of one, in seconds.

    Example:
        >>> stretches(np.array([1, 1, 0, 1, 0, 0, 0, 1], bool), 0.1, join_s=0.1, least_s=0.2)
        [slice(0, 4, None)]
    """
    found: list[slice] = []
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_bad, [False]]).astype(np.int8)))
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if found and (start - found[-1].stop) * hop_s <= join_s + 1e-9:
            found[-1] = slice(found[-1].start, stop)
        else:
            found.append(slice(start, stop))
    return [each for each in found if (each.stop - each.start) * hop_s >= least_s - 1e-9]


def decibels(power: NDArray[np.floating] | float) -> NDArray[np.float64]:
    """Power in dB, at least -200.

    Args:
        power: power or powers of any shape.
    """
    return 10.0 * np.log10(np.maximum(power, _TINY))


def ramp(value: NDArray[np.float64] | float, low: float, high: float) -> NDArray[np.float64]:
    """0 up to one value, 1 from another, straight between.

    Args:
        value: value or values of any shape.
        low: highest value that gives 0.
        high: lowest value that gives 1.

    Example:
        >>> ramp(np.array([0.0, 5.0, 10.0]), 4.0, 6.0).tolist()
        [0.0, 0.5, 1.0]
    """
    return np.clip((np.asarray(value, np.float64) - low) / (high - low), 0.0, 1.0)


def strongest(found: Iterable[Fault], *, most: int) -> list[Fault]:
    """The severest faults, in the order of time.

    Args:
        found: faults in any order.
        most: number of those that are chosen.
    """
    chosen = sorted(found, key=lambda each: -each.severity)[:most]
    return sorted(chosen, key=lambda each: (each.start_s, each.kind))


def _power(sound: Sound) -> float:
    samples = sound.audio.samples
    return float(np.mean(np.square(samples, dtype=np.float64))) if samples.size else 0.0
