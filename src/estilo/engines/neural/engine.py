"""The neural engine on whole recordings, any number of channels, block by block."""

from copy import deepcopy

import torch
from torch import Tensor
from torch.nn.functional import pad

from estilo.dsp.quantiles import quantiles
from estilo.engines.base import Job
from estilo.engines.blocks import Allocate, BlockEngine, Read
from estilo.engines.excerpts import root_mean_square
from estilo.engines.neural.controls import Controls, numbers
from estilo.engines.neural.fit import LevelFit
from estilo.engines.neural.listening import LEVEL, hear_levels, listen, stretches, style_levels
from estilo.engines.neural.settings import NeuralSettings
from estilo.engines.neural.step import Step
from estilo.engines.neural.style_file import StyleFile, check_fits
from estilo.engines.neural.styles import blend_codes
from estilo.engines.neural.weights import read_weights
from estilo.models.network import SAMPLE_RATE, Network
from estilo.models.style_encoder import StyleCode

_LONGEST_S = 60.0  # of the content, that the fit is found on
_SILENCE = 1e-5


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
        network, _ = read_weights(self.settings.weights)
        if content.device.type != "cpu":
            network = deepcopy(network).to(content.device)  # the one that was read is shared
        codes = [_code(network, style) for style in job.styles]
        code = blend_codes(codes, job.style_weights)
        level = max(root_mean_square(channel) for channel in content)
        if level < _SILENCE:
            return lambda start, stop: content[:, start:stop].clone()
        gain = LEVEL / level
        fit = self._fit(network, job, code, gain=gain)
        controls = Controls(**self.settings.model_dump(include=set(Controls.model_fields)))
        return _Player(network, content, code, gain=gain, fit=fit, controls=controls).read

    def _fit(self, network: Network, job: Job, code: StyleCode, *, gain: float) -> LevelFit | None:
        """From what the network plays to the styles; None where a style has no audio."""
        if not self.settings.fit or any(isinstance(style, StyleFile) for style in job.styles):
            return None
        assert job.content is not None  # noqa: S101 - prepare refuses
        played = []
        for part in stretches(job.content, longest=round(_LONGEST_S * job.sample_rate)):
            levels = hear_levels(network, gain * part)
            played.append(network(levels, code, network.generator.initial_state(1))[0][0])
        target = sum(
            weight * quantiles(style_levels(network, style)[0].T)
            for style, weight in zip(job.styles, job.style_weights, strict=True)
        )
        source = quantiles(torch.cat(played).T)
        centres_hz = network.bands.centres_hz
        return LevelFit(source, target, centres_hz=centres_hz, amount=self.settings.fit)


class _Player:
    """Reads the output from its start to its end, stretch by stretch.

    Args:
        network: that plays.
        content: ``(channels, time)``.
        code: of the style.
        gain: takes the content to the level of training.
        fit: of the levels, or None.
        controls: of the strengths.
    """

    def __init__(
        self,
        network: Network,
        content: Tensor,
        code: StyleCode,
        *,
        gain: float,
        fit: LevelFit | None,
        controls: Controls,
    ) -> None:
        self.content, self.code, self.gain = content, code, gain
        self.step = Step(network, channels=content.shape[0], fit=fit).to(content.device).eval()
        self.state = self.step.initial_state()
        self.controls = content.new_tensor([numbers(controls)])
        self.ready = content.new_zeros(content.shape[0], 0)
        self.n_heard = 0
        # The output is one hop late: what comes before the content's start is dropped.
        self._play(self.step.hop_length)
        self.ready = self.ready[:, self.step.hop_length :]

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
    if isinstance(style, StyleFile):
        check_fits(style, network)
        return style.code
    return listen(network, style)
