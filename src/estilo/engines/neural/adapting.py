"""The neural engine behind an adaptation of its network to the styles."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from estilo.engines.base import Engine, Progress, Task, content_of
from estilo.engines.blocks import Allocate, BlockState
from estilo.engines.neural.adaptation import Adaptation
from estilo.engines.neural.engine import NeuralEngine
from estilo.engines.neural.settings import NeuralSettings
from estilo.errors import InputError

_COST = 0.6  # time of a sample that is heard in adaptation, in that of one that is played


def build(
    settings: NeuralSettings, *, allocate: Allocate = torch.zeros
) -> "NeuralEngine | AdaptingEngine":
    """The neural engine, behind an adaptation where the settings ask for one.

    Args:
        settings: all of them.
        allocate: makes the array for the output from its shape; memory by default.
    """
    engine = NeuralEngine(settings, allocate=allocate)
    return AdaptingEngine(engine) if settings.adapt else engine


@dataclass
class AdaptingState:
    """Where the work stands: steps of adaptation, then blocks that are played.

    Args:
        task: the whole task.
        engine: the one that plays, with the adapted network once there is one.
        adaptation: None where nothing has to be played.
        playing: the state of the engine that plays; None until the adaptation is done.
        n_steps: steps so far, of both.
    """

    task: Task
    engine: NeuralEngine
    adaptation: Adaptation | None
    playing: BlockState | None = None
    n_steps: int = 0


class AdaptingEngine(Engine[AdaptingState]):
    """Adapts the network of a neural engine to the styles, then lets that engine play.

    Args:
        inner: the engine that plays; its settings say how many steps the adaptation takes.
    """

    def __init__(self, inner: NeuralEngine) -> None:
        self.inner = inner
        self.settings = inner.settings

    @property
    def weights_id(self) -> str | None:
        """That of the weights before they are adapted; see `Engine.weights_id`."""
        return self.inner.weights_id

    def prepare(self, task: Task) -> Adaptation | None:
        """What is learnt from; see `Engine.prepare`.

        Raises:
            SettingsError: there is no content signal.
            AudioFileError: a style is silent.
            TensorFileError: the weights cannot be used.
            InputError: there is nothing to adapt to in a style file, which has no sound.
        """
        content = content_of(task)
        if self.inner.playing_level(task) is None:
            return None
        network = self.inner.network_on(content.device)
        clips = [style for style in task.styles if isinstance(style, Tensor)]
        if len(clips) < len(task.styles):
            raise InputError(
                "expected the style's audio to adapt the network to, got a style file, which has "
                "none; give its clips, or set adapt to 0"
            )
        return Adaptation(
            network,
            content,
            clips,
            task.style_weights,
            n_steps=self.settings.adapt,
            seed=task.seed,
        )

    def init(self, task: Task, shared: Adaptation | None) -> AdaptingState:
        """See `Engine.init`."""
        state = AdaptingState(task, self.inner, shared)
        if shared is None:
            state.playing = self.inner.init(task, self.inner.prepare(task))
        return state

    def step(self, state: AdaptingState) -> AdaptingState:
        """One step of adaptation, while there is some, then one block; see `Engine.step`."""
        if state.adaptation is not None and not state.adaptation.is_done:
            state.adaptation.step()
        else:
            state.playing = state.engine.step(self._playing(state))
        state.n_steps += 1
        return state

    def is_done(self, state: AdaptingState) -> bool:
        """See `Engine.is_done`."""
        return state.playing is not None and state.engine.is_done(state.playing)

    def finish(self, state: AdaptingState) -> Tensor:
        """What was played so far, then the content as it is; see `Engine.finish`."""
        if state.playing is not None:
            return state.engine.finish(state.playing)
        content = content_of(state.task)
        output = self.inner.allocate((content.shape[0], content.shape[1]))
        output[:] = content
        return output

    def preview(self, state: AdaptingState) -> Tensor | None:
        """What was played so far; see `Engine.preview`."""
        return None if state.playing is None else state.engine.preview(state.playing)

    def progress(self, state: AdaptingState) -> Progress:
        """Both parts by the time that they take; see `Engine.progress`."""
        playing, adaptation = state.playing, state.adaptation
        told = Progress(0.0, "adapting", state.n_steps)
        if playing is not None:
            told = replace(state.engine.progress(playing), step=state.n_steps)
        if adaptation is None:
            return told
        n_samples = state.task.n_samples
        cost = _COST * adaptation.n_samples
        done = cost * adaptation.n_done + told.fraction * n_samples
        stage = self.inner.stage if adaptation.is_done else told.stage
        fraction = done / (cost * adaptation.n_steps + n_samples)
        return replace(told, fraction=fraction, stage=stage, loss=adaptation.loss)

    def _playing(self, state: AdaptingState) -> BlockState:
        """The state of the engine that plays, which begins when the network is adapted."""
        if state.playing is not None:
            return state.playing
        assert state.adaptation is not None  # noqa: S101 - it plays from the start otherwise
        state.engine = self.inner.playing_with(state.adaptation.network)
        return state.engine.init(state.task, state.engine.prepare(state.task))
