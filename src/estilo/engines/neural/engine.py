"""The neural engine on whole recordings, any number of channels, block by block."""

from copy import deepcopy
from dataclasses import replace
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import pad

from estilo.engines.base import Progress, Task
from estilo.engines.blocks import Allocate, BlockEngine, BlockState, Read
from estilo.engines.excerpts import SILENCE, require_sound, root_mean_square
from estilo.engines.neural.controls import Controls, numbers
from estilo.engines.neural.listening import LEVEL, hear_levels, listen, stretches
from estilo.engines.neural.practice import Practice
from estilo.engines.neural.settings import NeuralSettings
from estilo.engines.neural.streaming_step import StreamingStep
from estilo.engines.neural.style_file import code_for
from estilo.engines.neural.styles import blend_codes
from estilo.engines.neural.weights import read_weights, weights_id
from estilo.errors import InputError
from estilo.models.network import SAMPLE_RATE, Network
from estilo.models.style_encoder import StyleCode

_LONGEST_S = 60.0  # of the content, that the fit is found on
_PRACTICE_COST = 0.6  # time of a sample in practice, in that of one that is played


class NeuralEngine(BlockEngine):
    """Plays the content with the sound of the styles, in one pass of a trained network.

    Where it is asked to, the network practises the styles before.

    All channels are changed alike, so that the stereo image stays.

    Args:
        settings: all of them.
        allocate: as in `blocks.BlockEngine`.
    """

    stage = "playing"
    settings: NeuralSettings

    def __init__(
        self, settings: NeuralSettings | None = None, *, allocate: Allocate = torch.zeros
    ) -> None:
        super().__init__(settings or NeuralSettings(), allocate=allocate)

    @property
    def weights_id(self) -> str | None:
        """See `estilo.engines.base.Engine.weights_id`."""
        return weights_id(self.settings.weights)

    def analyse(self, task: Task) -> Read:
        """The played content; see `BlockEngine.analyse`.

        Raises:
            AudioFileError: a style is silent.
            TensorFileError: the weights cannot be used, or a style file is of other weights.
            InputError: a style file is to be practised, which has no sound.
        """
        content = task.content
        assert content is not None  # noqa: S101 - prepare refuses
        require_sound([style for style in task.styles if isinstance(style, Tensor)])
        level = max(root_mean_square(channel) for channel in content)
        if level < SILENCE or self.settings.returns_content:
            return lambda start, stop: content[:, start:stop].clone()
        network, _ = read_weights(self.settings.weights)
        if content.device.type != "cpu":
            network = deepcopy(network).to(content.device)  # the one that was read is shared
        controls = Controls(**self.settings.model_dump(include=set(Controls.model_fields)))
        if self.settings.practice:
            practice = _practice(network, task, n_steps=self.settings.practice)
            return _Rehearsal(practice, task, level=level, controls=controls)
        return _player(network, task, level=level, controls=controls).read

    def step(self, state: BlockState) -> BlockState:
        """One of practice, while there is some, then one block; see `Engine.step`."""
        read = state.read
        if not isinstance(read, _Rehearsal) or read.practice.is_over:
            return super().step(state)
        read.practice.step()
        state.n_steps += 1
        return state

    def progress(self, state: BlockState) -> Progress:
        """See `Engine.progress`."""
        played, read = super().progress(state), state.read
        if not isinstance(read, _Rehearsal):
            return played
        practice = read.practice
        before = _PRACTICE_COST * practice.n_samples
        n_all = before * practice.n_steps + state.task.n_samples
        fraction = (before * practice.n_done + state.n_done) / n_all
        stage = self.stage if practice.is_over else "practising"
        return replace(played, fraction=fraction, stage=stage, loss=practice.loss)


class _Rehearsal:
    """Reads what a network plays once it has practised.

    Args:
        practice: to be over before the first stretch is read.
        task: that is played.
        level: of its content.
        controls: of the strengths.
    """

    def __init__(self, practice: Practice, task: Task, *, level: float, controls: Controls) -> None:
        self.practice, self.task, self.level, self.controls = practice, task, level, controls

    def __call__(self, start: int, stop: int) -> Tensor:
        """See `Read`."""
        return self._player.read(start, stop)

    @cached_property
    def _player(self) -> "_Player":
        network = self.practice.network
        return _player(network, self.task, level=self.level, controls=self.controls)


class _Player:
    """Reads the output from its start to its end, stretch by stretch.

    Args:
        network: that plays, where the content is.
        content: ``(channels, time)``.
        code: of the style.
        gain: takes the content to the level of training.
        controls: of the strengths.
    """

    def __init__(
        self,
        network: Network,
        content: Tensor,
        code: StyleCode,
        *,
        gain: float,
        controls: Controls,
    ) -> None:
        self.content, self.code, self.gain = content, code, gain
        self.step = StreamingStep(network, channels=content.shape[0]).eval()
        self.state = self.step.initial_state()
        self.state["level.held"] = torch.ones_like(self.state["level.held"])
        if controls.fit:
            self.state |= self._learnt(network)
        self.controls = content.new_tensor([numbers(controls)])
        self.ready = content.new_zeros(content.shape[0], 0)
        self.n_heard = 0
        # The output is one hop late: what comes before the content's start is dropped.
        self._play(self.step.hop_length)
        self.ready = self.ready[:, self.step.hop_length :]

    def _learnt(self, network: Network) -> dict[str, Tensor]:
        """The state of the fit after all of the content, or of a few stretches of a long one."""
        wanted, counting = [], []
        for part in stretches(self.content, longest=round(_LONGEST_S * SAMPLE_RATE)):
            levels, counts = hear_levels(network, self.gain * part)
            played, _ = network(levels, self.code, network.generator.initial_state(1))
            wanted.append(played)
            counting.append(counts)
        return self.step.fit.primed_state(torch.cat(wanted, 1), torch.cat(counting, 1))

    def read(self, start: int, stop: int) -> Tensor:
        """The next samples; stretches must follow each other."""
        n_samples = stop - start
        missing = n_samples - self.ready.shape[1]
        if missing > 0:
            self._play(missing)
        out, self.ready = self.ready[:, :n_samples], self.ready[:, n_samples:]
        return out

    @torch.inference_mode()
    def _play(self, n_samples: int) -> None:
        """At least so many samples more."""
        n_samples = -(-n_samples // self.step.hop_length) * self.step.hop_length
        heard = self.content[:, self.n_heard : self.n_heard + n_samples] * self.gain
        heard = pad(heard, (0, n_samples - heard.shape[1]))
        played, self.state = self.step(heard[None], self.controls, self.code, self.state)
        self.ready = torch.cat((self.ready, played[0] / self.gain), 1)
        self.n_heard += n_samples


@torch.inference_mode()
def _player(network: Network, task: Task, *, level: float, controls: Controls) -> _Player:
    codes = [
        listen(network, style) if isinstance(style, Tensor) else code_for(style, network)
        for style in task.styles
    ]
    code = blend_codes(codes, task.style_weights)
    assert task.content is not None  # noqa: S101 - prepare refuses
    return _Player(network, task.content, code, gain=LEVEL / level, controls=controls)


def _practice(network: Network, task: Task, *, n_steps: int) -> Practice:
    clips = [style for style in task.styles if isinstance(style, Tensor)]
    if len(clips) < len(task.styles):
        raise InputError(
            "expected the style's audio to practise, got a style file, which has none; give its "
            "clips, or set practice to 0"
        )
    assert task.content is not None  # noqa: S101 - prepare refuses
    return Practice(
        network, task.content, clips, task.style_weights, n_steps=n_steps, seed=task.seed
    )
