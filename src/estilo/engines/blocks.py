"""Engines that compute their output block by block, with any channels and length by themselves."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from estilo.dsp.crossfade import crossfade
from estilo.engines.base import Engine, Progress, Task, content_of
from estilo.engines.settings import EngineSettings

BLOCK = 1 << 18  # samples: some seconds, computed in some milliseconds
_SEAM_S = 0.05

Allocate = Callable[[tuple[int, int]], Tensor]
Read = Callable[[int, int], Tensor]
"""Takes the first sample of a stretch and that after its last; gives ``(channels, time)``."""


@dataclass
class BlockState:
    """What gives the output, the output, and how much of it is done.

    Args:
        task: what the engine was asked for.
        read: function from the first sample of a stretch and the one after its last to ``(channels,
            time)``.
        output: output, ``(channels, time)``.
        n_done: number of samples that are done.
        n_steps: number of steps that were taken.
    """

    task: Task
    read: Read
    output: Tensor
    n_done: int = 0
    n_steps: int = 0


class BlockEngine(Engine[BlockState]):
    """An engine without iterations, that hears all channels and knows its output at any place.

    It needs neither windows nor an image restored, and works at the content's own rate.

    Args:
        settings: settings, which also say what the engine can do, textures for instance.
        allocate: makes the array for the output from its shape; memory by default.
    """

    stage: ClassVar[str]
    """What the engine is doing, in a word, for who waits."""

    def __init__(self, settings: EngineSettings, *, allocate: Allocate = torch.zeros) -> None:
        self.settings = settings
        self.allocate = allocate

    @abstractmethod
    def analyse(self, task: Task) -> Read:
        """What gives any stretch of the output; memory stays bounded however long the inputs are.

        Args:
            task: the whole task.
        """

    def prepare(self, task: Task) -> Read:
        """See `Engine.prepare`.

        Raises:
            SettingsError: there is no content, and the engine needs one.
        """
        if not self.settings.makes_textures:
            content_of(task)
        return self.analyse(task)

    def init(self, task: Task, shared: Read) -> BlockState:
        """See `Engine.init`."""
        recording = task.styles[0] if task.content is None else task.content
        return BlockState(task, shared, self.allocate((recording.shape[0], task.n_samples)))

    def step(self, state: BlockState) -> BlockState:
        """One block; see `Engine.step`."""
        start, stop = state.n_done, min(state.n_done + BLOCK, state.task.n_samples)
        state.output[:, start:stop] = state.read(start, stop)
        state.n_done, state.n_steps = stop, state.n_steps + 1
        return state

    def is_done(self, state: BlockState) -> bool:
        """See `Engine.is_done`."""
        return state.n_done >= state.task.n_samples

    def finish(self, state: BlockState) -> Tensor:
        """The blocks so far, then the content as it is; see `Engine.finish`."""
        content, done = state.task.content, state.n_done
        if content is None or self.is_done(state):
            return state.output
        seam = slice(max(0, done - max(1, round(_SEAM_S * state.task.sample_rate))), done)
        untouched = content.to(state.output.device)
        state.output[:, seam] = crossfade(state.output[:, seam], untouched[:, seam])
        state.output[:, done:] = untouched[:, done:]
        return state.output

    def preview(self, state: BlockState) -> Tensor | None:
        """The blocks so far, then the content as it is; see `Engine.preview`."""
        if not state.n_done:
            return None
        output = state.output.clone()
        return self.finish(replace(state, output=output))

    def progress(self, state: BlockState) -> Progress:
        """See `Engine.progress`."""
        fraction = state.n_done / max(1, state.task.n_samples)
        return Progress(fraction=fraction, stage=self.stage, step=state.n_steps)
