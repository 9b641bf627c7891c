"""Any length in bounded memory: windows, one after another, joined by crossfades."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from estilo.dsp.crossfade import crossfade
from estilo.engines.base import Engine, Progress, Task
from estilo.engines.grains import Grain, placed

WINDOW_S = 10.0
OVERLAP_S = 0.5


@dataclass
class WindowedState:
    """The output so far and the state of the window that is being worked on.

    Args:
        task: what the engine was asked for, as a whole.
        shared: what all windows share.
        spans: first sample of each window, and the one after its last.
        output: output so far, ``(channels, time)``; None before the first window.
        current: number of the window that is being worked on.
        inner: state of its engine; None between windows.
        n_steps: number of steps that were taken.
        grains: stretches of the styles that were copied so far.
    """

    task: Task
    shared: Any
    spans: list[tuple[int, int]]
    output: Tensor | None = None
    current: int = 0
    inner: Any = None
    n_steps: int = 0
    grains: list[Grain] = field(default_factory=list)


class WindowedEngine(Engine[WindowedState]):
    """Runs an engine window by window.

    All windows share the statistics of the styles and of the whole content (`Engine.prepare`), so
    that they are treated alike. Neighbours overlap by half a second and are joined by a crossfade
    that keeps the level whatever they have in common.

    Args:
        inner: the engine of one window.
        allocate: makes the array for the output from its shape; memory by default.
    """

    def __init__(
        self, inner: Engine[Any], *, allocate: Callable[[tuple[int, int]], Tensor] = torch.zeros
    ) -> None:
        self.inner = inner
        self._allocate = allocate

    @property
    def weights_id(self) -> str | None:
        """See `Engine.weights_id`."""
        return self.inner.weights_id

    def prepare(self, task: Task) -> Any:
        """See `Engine.prepare`."""
        return self.inner.prepare(task)

    def init(self, task: Task, shared: Any) -> WindowedState:
        """The first window; see `Engine.init`.

        Args:
            task: the whole task.
            shared: shared part from `prepare`.
        """
        spans = window_spans(task.n_samples, sample_rate=task.sample_rate)
        state = WindowedState(task, shared, spans)
        state.inner = self.inner.init(_window(task, spans, 0), shared)
        self._close_finished(state)
        return state

    def step(self, state: WindowedState) -> WindowedState:
        """One step of the current window; see `Engine.step`."""
        state.inner = self.inner.step(state.inner)
        state.n_steps += 1
        self._close_finished(state)
        return state

    def is_done(self, state: WindowedState) -> bool:
        """See `Engine.is_done`."""
        return state.current == len(state.spans)

    def finish(self, state: WindowedState) -> Tensor:
        """The windows so far, then the content as it is; see `Engine.finish`."""
        if state.output is not None and self.is_done(state):
            return state.output
        if state.inner is not None:
            self._write(state, self.inner.finish(state.inner))
        return self._with_content(state)

    def preview(self, state: WindowedState) -> Tensor | None:
        """The windows so far, then the content as it is; see `Engine.preview`."""
        if state.output is not None and self.is_done(state):
            return state.output.clone()
        made = self.inner.preview(state.inner)
        if made is None:
            return None
        copied = replace(state, output=None if state.output is None else state.output.clone())
        self._write(copied, made)
        return self._with_content(copied)

    def grains(self, state: WindowedState) -> list[Grain]:
        """Those of all windows so far; see `Engine.grains`."""
        current = [] if self.is_done(state) else self._current_grains(state)
        return [*state.grains, *current]

    def progress(self, state: WindowedState) -> Progress:
        """Fraction over all windows; see `Engine.progress`."""
        n_windows = len(state.spans)
        if self.is_done(state):
            return replace(self.inner.progress(state.inner), fraction=1.0, step=state.n_steps)
        inner = self.inner.progress(state.inner)
        stage = inner.stage
        if n_windows > 1:
            stage = f"{stage}, part {state.current + 1} of {n_windows}"
        fraction = (state.current + inner.fraction) / n_windows
        return replace(inner, fraction=fraction, stage=stage, step=state.n_steps)

    def _with_content(self, state: WindowedState) -> Tensor:
        """The output up to the current window, and the content from there on."""
        assert state.output is not None  # noqa: S101 - a window was written before
        if state.task.content is not None and state.current + 1 < len(state.spans):
            first = state.spans[state.current][1]
            seam = slice(state.spans[state.current + 1][0], first)
            following = state.task.content.to(state.output.device)
            state.output[:, seam] = crossfade(state.output[:, seam], following[:, seam])
            state.output[:, first:] = following[:, first:]
        return state.output

    def _close_finished(self, state: WindowedState) -> None:
        """Write finished windows and open the next that has work to do."""
        while not self.is_done(state) and self.inner.is_done(state.inner):
            self._write(state, self.inner.finish(state.inner))
            state.grains += self._current_grains(state)
            state.current += 1
            if not self.is_done(state):
                window = _window(state.task, state.spans, state.current)
                state.inner = self.inner.init(window, state.shared)

    def _current_grains(self, state: WindowedState) -> list[Grain]:
        """Those of the current window up to the middle of its seams, in the time of the whole."""
        spans, current, rate = state.spans, state.current, state.task.sample_rate
        start, stop = spans[current]
        first = 0.5 * (start + spans[current - 1][1]) if current else start
        last = 0.5 * (spans[current + 1][0] + stop) if current + 1 < len(spans) else stop
        own = self.inner.grains(state.inner)
        return placed(own, later_s=start / rate, first_s=first / rate, last_s=last / rate)

    def _write(self, state: WindowedState, waveform: Tensor) -> None:
        start, stop = state.spans[state.current]
        if state.output is None:
            state.output = self._allocate((waveform.shape[0], state.task.n_samples))
        overlap = state.spans[state.current - 1][1] - start if state.current else 0
        waveform = waveform.to(state.output.device)
        if overlap:
            seam = slice(start, start + overlap)
            joined = crossfade(state.output[:, seam], waveform[:, :overlap])
            state.output[:, seam] = joined
        state.output[:, start + overlap : stop] = waveform[:, overlap:]


def window_spans(n_samples: int, *, sample_rate: int) -> list[tuple[int, int]]:
    """Evenly sized windows, each with an overlap with the next.

    Args:
        n_samples: length of the whole, in samples.
        sample_rate: sample rate in Hz.

    Returns:
        First sample of each window, and the one after its last.

    >>> window_spans(25, sample_rate=1)
    [(0, 9), (8, 17), (16, 25)]
    """
    size, overlap = round(WINDOW_S * sample_rate), max(1, round(OVERLAP_S * sample_rate))
    if n_samples <= size:
        return [(0, n_samples)]
    n_windows = -(-(n_samples - overlap) // (size - overlap))
    hop = (n_samples - overlap) / n_windows
    starts = [round(i * hop) for i in range(n_windows)]
    return [
        (a, b + overlap) for a, b in zip(starts, [*starts[1:], n_samples - overlap], strict=True)
    ]


def _window(task: Task, spans: list[tuple[int, int]], index: int) -> Task:
    start, stop = spans[index]
    content, begun = (
        None if each is None else each[:, start:stop] for each in (task.content, task.start)
    )
    # Windows that start from noise must not start from the same noise.
    seed = task.seed + index
    return replace(task, content=content, start=begun, n_samples=stop - start, seed=seed)
