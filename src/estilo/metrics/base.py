"""What a metric is, so that reports, tables and tests can go over all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Role = Literal["content", "style", "target", "timbre"]
"""What an output is held against; ``"timbre"`` is the target where there is one, else the style."""


@dataclass(frozen=True)
class Metric:
    """One number that says how good an output is.

    Args:
        name: as in reports and tables, with its unit where it has one.
        label: heading of a column, a few words.
        better: whether less or more is better.
        best: value for an output that equals its reference, or that has no fault.
        against: what the output is held against; None for faults of the output alone.
        measure: takes the output and, unless `against` is None, the reference, as
            `estilo.analysis.sound.Sound`; returns NaN, after a warning, where there is nothing to
            measure.
    """

    name: str
    label: str
    better: Literal["lower", "higher"]
    best: float
    against: Role | None
    measure: Callable[..., float]
