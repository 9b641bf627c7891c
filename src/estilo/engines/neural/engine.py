"""The neural engine on whole recordings, any number of channels, block by block."""

from copy import deepcopy

import torch
from torch import Tensor
from torch.nn.functional import pad

from estilo.engines.base import Job
from estilo.engines.blocks import Allocate, BlockEngine, Read
from estilo.engines.excerpts import SILENCE, require_sound, root_mean_square
from estilo.engines.neural.controls import Controls, numbers
from estilo.engines.neural.listening import LEVEL, hear_levels, listen, stretches
from estilo.engines.neural.settings import NeuralSettings
from estilo.engines.neural.step import Step
from estilo.engines.neural.style_file import StyleFile, code_for
from estilo.engines.neural.styles import blend_codes
from estilo.engines.neural.weights import read_weights
from estilo.models.network import SAMPLE_RATE, Network
from estilo.models.style_encoder import StyleCode

_LONGEST_S = 60.0  # of the content, that the fit is found on


class NeuralEngine(BlockEngine):
    """Plays the content with the sound of the styles, in one pass of a trained network.

    All channels are changed alike, so that the stereo image stays.

    Args:
        settings: all of them.
        allocate: as in `blocks.BlockEngine`.
    """

    stage = "playing"
    takes_style_files = True
    sample_rate = SAMPLE_RATE

    def __init__(
        self, settings: NeuralSettings | None = None, *, allocate: Allocate = torch.zeros
    ) -> None:
        super().__init__(allocate=allocate)
        self.settings = settings or NeuralSettings()

    @torch.inference_mode()
    def analyse(self, job: Job) -> Read:
        """The played content; see `BlockEngine.analyse`.

        Raises:
            AudioFileError: a style is silent.
            TensorFileError: the weights cannot be used, or a style file is of other weights.
        """
        content = job.content
        assert content is not None  # noqa: S101 - prepare refuses
        require_sound([style for style in job.styles if isinstance(style, Tensor)])
        level = max(root_mean_square(channel) for channel in content)
        if level < SILENCE or self.settings.returns_content:
            return lambda start, stop: content[:, start:stop].clone()
        network, _ = read_weights(self.settings.weights)
        if content.device.type != "cpu":
            network = deepcopy(network).to(content.device)  # the one that was read is shared
        codes = [_code(network, style) for style in job.styles]
        code = blend_codes(codes, job.style_weights)
        gain = LEVEL / level
        controls = Controls(**self.settings.model_dump(include=set(Controls.model_fields)))
        return _Player(network, content, code, gain=gain, controls=controls).read


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
        self.step = Step(network, channels=content.shape[0]).eval()
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


def _code(network: Network, style: Tensor | StyleFile) -> StyleCode:
    return listen(network, style) if isinstance(style, Tensor) else code_for(style, network)
