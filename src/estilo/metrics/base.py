"""The description of a metric, so that reports, tables and tests can go over all of them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from estilo.analysis.sound import Sound
from estilo.errors import InputError
from estilo.remarks import warn

Role = Literal["content", "style", "target", "timbre", "notes"]
"""What an output is compared with.

``"timbre"`` is the target where there is one, else the style; ``"notes"`` is the target where there
is one, else the content.
"""


@dataclass(frozen=True)
class Metric:
    """One number that says how good an output is.

    Args:
        name: name in reports and tables, with its unit where it has one.
        label: heading of a column, in a few words.
        better: whether less or more is better.
        best: value for an output that equals its reference, or that has no fault.
        against: what the output is compared with; None for faults of the output alone.
        measure: function that takes the output and, unless `against` is None, the reference, as
            `estilo.analysis.sound.Sound`; it returns NaN, after a warning, where there is nothing
            to measure.
    """

    name: str
    label: str
    better: Literal["lower", "higher"]
    best: float
    against: Role | None
    measure: Callable[..., float]


class NothingToMeasure(UserWarning):
    """A recording holds nothing that a metric could measure."""


def nothing_to_measure(name: str, why: str = "a recording is empty or silent") -> float:
    """NaN, after a warning that says which metric had nothing to measure, and why.

    Args:
        name: name of the metric.
        why: end of the sentence.

    Example:
        >>> import warnings
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     nothing_to_measure("lsd")
        nan
        >>> caught[0].category.__name__
        'NothingToMeasure'
    """
    warn(f"{name} is not a number: {why}", NothingToMeasure, stacklevel=3)
    return math.nan


def require_sounds(name: str, *sounds: Sound) -> None:
    """Refuse anything that is not a `Sound`.

    Args:
        name: name of the metric, for the message.
        sounds: arguments that it was given.

    Raises:
        InputError: one of them is not a `Sound`.

    Example:
        >>> require_sounds("lsd", [0.1, 0.2])
        Traceback (most recent call last):
        ...
        estilo.errors.InputError: lsd measures Sounds, got list; give Sound(samples, sample_rate)
    """
    for sound in sounds:
        if not isinstance(sound, Sound):
            raise InputError(
                f"{name} measures Sounds, got {type(sound).__name__}; "
                "give Sound(samples, sample_rate)"
            )


def are_audible(name: str, *sounds: Sound) -> bool:
    """Whether there is something to hear in every one of a metric's sounds.

    Args:
        name: name of the metric, for the message.
        sounds: sounds that it was given.

    Raises:
        InputError: one of them is not a `Sound`.

    Example:
        >>> import numpy as np
        >>> are_audible("lsd", Sound(np.ones(9), 16000), Sound(np.zeros(9), 16000))
        False
    """
    require_sounds(name, *sounds)
    return not any(sound.is_empty for sound in sounds)


def aligned_once(output: Sound, reference: Sound) -> Sound:
    """The output padded or cut to its reference's duration; made once for all metrics.

    Args:
        output: sound that is measured.
        reference: sound that it is compared with.

    Example:
        >>> import numpy as np
        >>> output, reference = Sound(np.ones(8), 16000), Sound(np.ones(3), 8000)
        >>> aligned_once(output, reference) is aligned_once(output, reference)
        True
    """
    return output.once(_AlignedTo(reference))


@dataclass(frozen=True)
class _AlignedTo:
    """A computation that `Sound.once` can tell from another: sounds are equal if identical."""

    reference: Sound

    def __call__(self, sound: Sound) -> Sound:
        return sound.aligned(self.reference)
