"""The engine that hears the content's notes and plays them on the instrument of the styles."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from estilo.engines import blocks
from estilo.engines.base import Progress, Task, content_of
from estilo.engines.blocks import Allocate, BlockEngine, BlockState
from estilo.engines.excerpts import SILENCE, require_sound, root_mean_square
from estilo.engines.grains import Grain
from estilo.engines.notes.hearing import Listening, weights_id
from estilo.engines.notes.lengths import as_audible
from estilo.engines.notes.rendition import Rendition
from estilo.engines.notes.settings import NotesSettings

HEARD_OF_STYLE_S = 240.0
"""How much of a style is listened to, from its beginning, in seconds."""


class Work:
    """The output at any place; before it is first read, everything is heard in steps.

    Args:
        task: what the engine was asked for, on the processor.
        settings: settings of the engine.
    """

    def __init__(self, task: Task, settings: NotesSettings) -> None:
        self._task, self._settings = task, settings
        content = content_of(task)
        self.rendition: Rendition | None = None
        """What is played; None before everything was heard, and where the content is the output."""
        self.waiting: list[str] = []
        """What is still to be done, the next one last."""
        is_silent = all(root_mean_square(channel) < SILENCE for channel in content)
        if settings.strength and (task.notes is not None or not is_silent):
            recordings = (content, *task.styles) if task.notes is None else task.styles
            self._listening = Listening(recordings, sample_rate=task.sample_rate)
            self.waiting = ["cutting notes out", *["hearing"] * self._listening.n_steps]
        self.n_steps = len(self.waiting)
        """How many steps there are before it can be read."""

    def step(self) -> None:
        """Do what is next."""
        if self.waiting.pop() == "hearing":
            self._listening.step()
        else:
            heard = list(self._listening.transcriptions())
            if self._task.notes is None:
                heard[0] = as_audible(heard[0])
            else:
                heard.insert(0, self._task.notes)
            self.rendition = Rendition(self._task, self._settings, heard)

    def __call__(self, start: int, stop: int) -> Tensor:
        """A part of the output.

        Args:
            start: number of its first sample.
            stop: number of the sample after its last.

        **Shape**: result ``(channels, stop - start)``.
        """
        while self.waiting:
            self.step()
        if self.rendition is None:
            return content_of(self._task)[:, start:stop]
        return self.rendition.read(start, stop)


@dataclass
class NotesState(BlockState):
    """A block state whose output has to be prepared.

    Args:
        work: what gives the output; the same as `read`.
    """

    work: Work | None = None


class NotesEngine(BlockEngine):
    """Plays the content's notes on the instrument that is heard in the styles.

    What of the content is no note gets the spectrum and level of what is none in the styles. A
    style without notes is shaped by the content's (`cross_synthesis`).

    Args:
        settings: all of them.
        allocate: function that allocates the output, as in `blocks.BlockEngine`.
    """

    stage = "playing"
    settings: NotesSettings

    def __init__(
        self, settings: NotesSettings | None = None, *, allocate: Allocate = torch.zeros
    ) -> None:
        super().__init__(settings or NotesSettings(), allocate=allocate)

    @property
    def weights_id(self) -> str:
        """The weights that hear notes; see `Engine.weights_id`."""
        return weights_id()

    def analyse(self, task: Task) -> Work:
        """What will give the output; see `BlockEngine.analyse`.

        Raises:
            AudioFileError: a style is silent.
        """
        n_heard = round(HEARD_OF_STYLE_S * task.sample_rate)
        here = replace(
            task,
            content=content_of(task).cpu(),
            styles=tuple(style[:, :n_heard].cpu() for style in task.styles),
        )
        require_sound(here.styles)
        return Work(here, self.settings)

    def init(self, task: Task, shared: Work) -> NotesState:
        """See `Engine.init`.

        Args:
            task: the whole task.
            shared: work from `prepare`.
        """
        state = super().init(task, shared)
        return NotesState(task, shared, state.output, work=shared)

    def step(self, state: BlockState) -> BlockState:
        """A stretch that is heard, or a block that is played; see `Engine.step`."""
        work = _work_of(state)
        if not work.waiting:
            return super().step(state)
        work.step()
        state.n_steps += 1
        return state

    def grains(self, state: BlockState) -> list[Grain]:
        """The zone that plays each note; see `Engine.grains`."""
        rendition = _work_of(state).rendition
        return [] if rendition is None else rendition.grains()

    def remarks(self, state: BlockState) -> list[str]:
        """See `Engine.remarks`."""
        rendition = _work_of(state).rendition
        return [] if rendition is None else rendition.remarks

    def progress(self, state: BlockState) -> Progress:
        """See `Engine.progress`."""
        work = _work_of(state)
        n_blocks = -(-state.task.n_samples // blocks.BLOCK)
        fraction = 1.0 if self.is_done(state) else state.n_steps / (work.n_steps + n_blocks)
        stage = work.waiting[-1] if work.waiting else self.stage
        return Progress(fraction=fraction, stage=stage, step=state.n_steps)


def _work_of(state: BlockState) -> Work:
    assert isinstance(state, NotesState)  # noqa: S101 - `init` makes no other
    assert state.work is not None  # noqa: S101 - nor one without work
    return state.work
