"""Engines that copy: the content, the style, or a crossfade of both."""

import math

import torch
from torch import Tensor

from estilo.dsp.downmix import downmix_axes
from estilo.dsp.loudness import integrated_loudness
from estilo.engines.base import Task
from estilo.engines.baselines.loops import Loop
from estilo.engines.baselines.settings import ContentSettings, CrossfadeSettings, StyleSettings
from estilo.engines.blocks import Allocate, BlockEngine, Read
from estilo.engines.excerpts import require_sound, root_mean_square
from estilo.engines.stereo import mixed_down


class ContentEngine(BlockEngine):
    """Gives back the content.

    Args:
        settings: there are none to choose.
        allocate: function that allocates the output, as in `blocks.BlockEngine`.
    """

    stage = "copying"

    def __init__(
        self, settings: ContentSettings | None = None, *, allocate: Allocate = torch.zeros
    ) -> None:
        super().__init__(settings or ContentSettings(), allocate=allocate)

    def analyse(self, task: Task) -> Read:
        """The content; see `BlockEngine.analyse`."""
        content = task.content
        assert content is not None  # noqa: S101 - prepare refuses
        return lambda start, stop: content[:, start:stop]


class StyleEngine(BlockEngine):
    """Gives back the style at the content's loudness, cut or looped to its length.

    A style with other channels than the content is heard mixed down in each of them; several styles
    are mixed, with their weights as shares of the power.

    Args:
        settings: there are none to choose.
        allocate: function that allocates the output, as in `blocks.BlockEngine`.
    """

    stage = "copying"

    def __init__(
        self, settings: StyleSettings | None = None, *, allocate: Allocate = torch.zeros
    ) -> None:
        super().__init__(settings or StyleSettings(), allocate=allocate)

    def analyse(self, task: Task) -> Read:
        """The styles; see `BlockEngine.analyse`.

        Raises:
            AudioFileError: a style is silent.
        """
        return _styles(task)


class CrossfadeEngine(BlockEngine):
    """Mixes the content with the style as `StyleEngine` gives it.

    Args:
        settings: the share of the style.
        allocate: function that allocates the output, as in `blocks.BlockEngine`.
    """

    stage = "mixing"
    settings: CrossfadeSettings

    def __init__(
        self, settings: CrossfadeSettings | None = None, *, allocate: Allocate = torch.zeros
    ) -> None:
        super().__init__(settings or CrossfadeSettings(), allocate=allocate)

    def analyse(self, task: Task) -> Read:
        """The mix; see `BlockEngine.analyse`.

        Raises:
            AudioFileError: a style is silent.
        """
        content, share = task.content, self.settings.strength
        assert content is not None  # noqa: S101 - prepare refuses
        styles = _styles(task)

        def mix(start: int, stop: int) -> Tensor:
            if share == 0.0:
                return content[:, start:stop]
            return (1.0 - share) * content[:, start:stop] + share * styles(start, stop)

        return mix


def _styles(task: Task) -> Read:
    """The styles with the channels of the content, and gains that make them as loud together."""
    require_sound(task.styles)
    # Without a content signal the first style takes its place.
    reference = task.styles[0] if task.content is None else task.content
    loops, gains = [], []
    for style, weight in zip(task.styles, task.style_weights, strict=True):
        spread = style
        if style.shape[0] != reference.shape[0]:
            mean = downmix_axes(style.detach().cpu().numpy())[:1]
            mono = mixed_down(style, sample_rate=task.sample_rate, axes=mean)
            spread = mono.expand(reference.shape[0], style.shape[-1])
        heard = spread[:, : task.n_samples]
        gains.append(weight**0.5 * _loudness_gain(heard, reference, task.sample_rate))
        loops.append(Loop(spread, sample_rate=task.sample_rate))

    def mix(start: int, stop: int) -> Tensor:
        parts = [gain * loop.read(start, stop) for gain, loop in zip(gains, loops, strict=True)]
        return torch.stack(parts).sum(0)

    return mix


def _loudness_gain(waveform: Tensor, reference: Tensor, sample_rate: int) -> float:
    """Factor that makes one as loud as another; by its level where loudness is not defined."""
    own, wanted = (
        integrated_loudness(each.detach().cpu().numpy(), sample_rate)
        for each in (waveform, reference)
    )
    if math.isfinite(own) and math.isfinite(wanted):
        return 10.0 ** ((wanted - own) / 20.0)
    own, wanted = (
        math.hypot(*(root_mean_square(channel) for channel in each))
        for each in (waveform, reference)
    )
    return wanted / own if own > 0.0 else 0.0
