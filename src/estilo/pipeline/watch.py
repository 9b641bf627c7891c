"""Who is told of progress, and who may stop the work."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from estilo.engines.base import Cancel, OnStep, Progress, timed

AnyCancel = Cancel | Callable[[], bool]
"""Anything with ``is_set()``, as `threading.Event`, or a function that says whether to stop."""


@dataclass(frozen=True)
class Watch:
    """Who is told of progress, and who may stop the work.

    Args:
        on_progress: function that is called after every step.
        cancel: token that is asked before every step.
        keep_best: whether to return the best result so far, instead of raising, when the work was
            cancelled.
    """

    on_progress: OnStep | None = None
    cancel: Cancel | None = None
    keep_best: bool = False

    @classmethod
    def of(cls, on_progress: OnStep | None, cancel: AnyCancel | None, *, keep_best: bool) -> Self:
        """A watch of what a caller gives.

        Args:
            on_progress: function that is called after every step.
            cancel: anything with ``is_set()``, or a function that says whether to stop.
            keep_best: whether to return the best result so far, instead of raising, when the work
                was cancelled.
        """
        if cancel is None or isinstance(cancel, Cancel):
            return cls(on_progress, cancel, keep_best)
        return cls(on_progress, _Asked(cancel), keep_best)


@dataclass(frozen=True)
class _Asked:
    """A function as a cancel token."""

    is_set: Callable[[], bool]


def parts_of(watch: Watch, count: int) -> list[Watch]:
    """One watch for each of several runs in a row, whose progress is told as that of the whole.

    Args:
        watch: watch of the whole.
        count: number of runs.
    """
    inner, start = watch.on_progress, time.monotonic()
    if inner is None or count == 1:
        return [watch] * count

    def part(index: int) -> Watch:
        def scaled(progress: Progress) -> None:
            fraction = (index + progress.fraction) / count
            inner(timed(replace(progress, fraction=fraction), elapsed_s=time.monotonic() - start))

        return replace(watch, on_progress=scaled)

    return [part(index) for index in range(count)]
