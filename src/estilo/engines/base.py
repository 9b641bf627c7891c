"""What an engine is, and the one loop that drives every engine.

An engine turns a `Task` into a waveform in steps. The loop around it, `run`, gives every
application progress, preview and cancellation without the engine knowing of either.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, TypeVar

from torch import Tensor

from estilo.analysis.transcription.heard import Transcription
from estilo.audio import Audio
from estilo.engines.grains import Grain
from estilo.errors import Cancelled, SettingsError
from estilo.progress import Cancel, Progress

State = TypeVar("State")


@dataclass(frozen=True)
class Task:
    """What an engine is asked for; everything at one sample rate.

    Args:
        content: waveform ``(channels, time)``, or None where there is only style (textures).
        styles: waveforms ``(channels, time)``; channels and lengths may differ. Engines that take
            style files (`estilo.engines.settings.EngineSettings.style_format`) may find an
            `estilo.engines.style_files.CodedStyle` in the place of a waveform; no other engine is
            given one.
        style_weights: one positive weight per style; they sum to 1.
        sample_rate: sample rate in Hz.
        n_samples: length of the output.
        seed: random seed.
        start: what another engine has made of the content, ``(channels, time)`` as the content, for
            an engine that can begin there; None where it is to begin by itself.
        notes: the notes of the content where they are written and there is no recording of them:
            the content is silent then. Only engines that play notes are given any.
    """

    content: Tensor | None
    styles: tuple[Any, ...]
    style_weights: tuple[float, ...]
    sample_rate: int
    n_samples: int
    seed: int
    start: Tensor | None = None
    notes: Transcription | None = None


def content_of(task: Task) -> Tensor:
    """The content of a task, for engines that have no use for one without.

    Raises:
        SettingsError: there is none.
    """
    if task.content is None:
        raise SettingsError(
            "the engine works on a content signal, and a texture has none; choose another engine"
        )
    return task.content


OnStep = Callable[[Progress], None]


class Engine(ABC, Generic[State]):
    """A way to make output audio from content and styles, in cancellable steps."""

    @property
    def weights_id(self) -> str | None:
        """A short name of the trained weights in use; None where there are none."""
        return None

    @abstractmethod
    def prepare(self, task: Task) -> Any:
        """What all windows of a long task share: statistics of the styles and the whole content.

        Memory stays bounded however long the content is.
        """

    @abstractmethod
    def init(self, task: Task, shared: Any) -> State:
        """Everything that the first step needs.

        Args:
            task: the whole task, or one window of it.
            shared: what `prepare` returned for the whole task.
        """

    @abstractmethod
    def step(self, state: State) -> State:
        """One step further; short enough to wait for when the user cancels."""

    @abstractmethod
    def is_done(self, state: State) -> bool:
        """Whether `finish` may be called."""

    @abstractmethod
    def finish(self, state: State) -> Tensor:
        """Best waveform so far, ``(channels, time)``; callable at any step."""

    def preview(self, state: State) -> Tensor | None:
        """What `finish` would give now, ``(channels, time)``, without any change to the state.

        None where there is nothing to hear yet, or where the engine cannot tell, as by default.
        """
        del state
        return None

    def grains(self, state: State) -> list[Grain]:
        """Which stretches of the styles the output so far was copied from; none by default."""
        del state
        return []

    def remarks(self, state: State) -> list[str]:
        """What a user should know of the recordings, in sentences; nothing by default."""
        del state
        return []

    @abstractmethod
    def progress(self, state: State) -> Progress:
        """Where the state stands; times are filled in by `run`."""


def run(
    engine: Engine[State],
    task: Task,
    *,
    on_step: OnStep | None = None,
    cancel: Cancel | None = None,
    keep_best: bool = False,
) -> tuple[Tensor, State]:
    """Drive an engine from `Engine.prepare` to `Engine.finish`.

    Args:
        engine: any engine.
        task: what it is asked for.
        on_step: function that is called after every step.
        cancel: token that is asked before every step.
        keep_best: whether to return the best result so far, instead of raising, when the work was
            cancelled.

    Returns:
        The waveform ``(channels, time)`` and the engine's last state.

    Raises:
        Cancelled: `cancel` was set and `keep_best` was not.
    """
    start = time.monotonic()
    state = engine.init(task, engine.prepare(task))
    n_steps = 0
    while not engine.is_done(state):
        if cancel is not None and cancel.is_set():
            if keep_best and n_steps:
                break
            raise Cancelled(f"cancelled after {n_steps} steps; nothing was written")
        state = engine.step(state)
        n_steps += 1
        if on_step is not None:
            told = timed(engine.progress(state), elapsed_s=time.monotonic() - start)
            on_step(replace(told, preview=partial(_heard, engine, state, task.sample_rate)))
    return engine.finish(state), state


def _heard(engine: Engine[State], state: State, sample_rate: int) -> Audio | None:
    waveform = engine.preview(state)
    return None if waveform is None else Audio(waveform.detach().cpu().numpy(), sample_rate)


def timed(progress: Progress, *, elapsed_s: float) -> Progress:
    """Progress with the time since the start, and by its fraction the time that is left.

    Args:
        progress: progress of an engine, without times.
        elapsed_s: time since the start of the run, in seconds.
    """
    remaining_s = None
    if progress.fraction > 0.02:
        remaining_s = elapsed_s * (1.0 - progress.fraction) / progress.fraction
    return replace(progress, elapsed_s=elapsed_s, remaining_s=remaining_s)
