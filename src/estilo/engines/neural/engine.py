"""The neural engine on whole recordings, any number of channels, block by block."""

from copy import deepcopy

import torch
from torch import Tensor
from torch.nn.functional import pad

from estilo.engines.base import Task, content_of
from estilo.engines.blocks import Allocate, BlockEngine, Read
from estilo.engines.excerpts import SILENCE, require_sound, root_mean_square
from estilo.engines.neural.controls import Controls, numbers
from estilo.engines.neural.listening import LEVEL, hear_levels, listen, stretches
from estilo.engines.neural.settings import NeuralSettings
from estilo.engines.neural.streaming_step import StreamingStep
from estilo.engines.neural.style_file import code_for
from estilo.engines.neural.styles import blend_codes
from estilo.engines.neural.weights import read_weights, weights_id
from estilo.models.network import SAMPLE_RATE, Network
from estilo.models.style_encoder import StyleCode

_LONGEST_S = 60.0  # of the content, on which levels are matched


class NeuralEngine(BlockEngine):
    """Plays the content with the sound of the styles, in one pass of a trained network.

    All channels are changed alike, so that the stereo image stays.

    Args:
        settings: all of them; adapting is left to `estilo.engines.neural.adapting`.
        network: network that plays, on the device of the content; the one of the settings' weights
            by default.
        allocate: function that allocates the output, as in `blocks.BlockEngine`.
    """

    stage = "playing"
    settings: NeuralSettings

    def __init__(
        self,
        settings: NeuralSettings | None = None,
        *,
        network: Network | None = None,
        allocate: Allocate = torch.zeros,
    ) -> None:
        super().__init__(settings or NeuralSettings(), allocate=allocate)
        self._network = network

    @property
    def weights_id(self) -> str | None:
        """See `estilo.engines.base.Engine.weights_id`."""
        return weights_id(self.settings.weights)

    def playing_with(self, network: Network) -> "NeuralEngine":
        """The same engine with a network that takes the place of the settings' weights."""
        return NeuralEngine(self.settings, network=network, allocate=self.allocate)

    def network_on(self, device: torch.device) -> Network:
        """The network that plays, on a device.

        Raises:
            TensorFileError: the weights cannot be used.
        """
        if self._network is not None:
            return self._network
        network, _ = read_weights(self.settings.weights)
        # The network that was read is shared, and stays where it is.
        return network if device.type == "cpu" else deepcopy(network).to(device)

    def playing_level(self, task: Task) -> float | None:
        """Root mean square of the loudest channel; None where the content is given back as it is.

        Raises:
            AudioFileError: a style is silent.
        """
        content = content_of(task)
        require_sound([style for style in task.styles if isinstance(style, Tensor)])
        level = max(root_mean_square(channel) for channel in content)
        return None if level < SILENCE or self.settings.returns_content else level

    def analyse(self, task: Task) -> Read:
        """The played content; see `BlockEngine.analyse`.

        Raises:
            AudioFileError: a style is silent.
            TensorFileError: the weights cannot be used, or a style file is of other weights.
        """
        content, level = content_of(task), self.playing_level(task)
        if level is None:
            return lambda start, stop: content[:, start:stop].clone()
        network = self.network_on(content.device)
        controls = Controls(**self.settings.model_dump(include=set(Controls.model_fields)))
        return _player(network, task, level=level, controls=controls).read


class _Player:
    """Reads the output from its start to its end, stretch by stretch.

    Args:
        network: network that plays, where the content is.
        content: ``(channels, time)``.
        code: code of the style.
        gain: takes the content to the level of training.
        controls: values of the strengths.
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
        if controls.level_matching:
            self.state |= self._learnt(network)
        self.controls = content.new_tensor([numbers(controls)])
        self.ready = content.new_zeros(content.shape[0], 0)
        self.n_heard = 0
        # The output is one hop late: what comes before the content's start is dropped.
        self._play(self.step.hop_length)
        self.ready = self.ready[:, self.step.hop_length :]

    def _learnt(self, network: Network) -> dict[str, Tensor]:
        """The state of the level matching after the content, or after stretches of a long one."""
        wanted, counting = [], []
        for part in stretches(self.content, longest=round(_LONGEST_S * SAMPLE_RATE)):
            levels, counts = hear_levels(network, self.gain * part)
            played, _ = network(levels, self.code, network.generator.initial_state(1))
            wanted.append(played)
            counting.append(counts)
        return self.step.level_matching.primed_state(torch.cat(wanted, 1), torch.cat(counting, 1))

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
