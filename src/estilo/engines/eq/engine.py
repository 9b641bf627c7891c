"""The engine that gives the content the style's average spectrum with one static filter."""

import torch

from estilo.dsp.eq import average_power, matched, matching_filter
from estilo.engines.base import Task
from estilo.engines.blocks import Allocate, BlockEngine, Read
from estilo.engines.eq.settings import EqSettings
from estilo.engines.excerpts import require_sound


class EqEngine(BlockEngine):
    """Filters the content, all channels alike, so that its stereo image stays.

    Spectra are averages over all channels; several styles are averaged at equal level, by their
    weights.

    Args:
        settings: all of them.
        allocate: function that allocates the output, as in `blocks.BlockEngine`.
    """

    stage = "filtering"
    settings: EqSettings

    def __init__(
        self, settings: EqSettings | None = None, *, allocate: Allocate = torch.zeros
    ) -> None:
        super().__init__(settings or EqSettings(), allocate=allocate)

    def analyse(self, task: Task) -> Read:
        """The filtered content; see `BlockEngine.analyse`.

        Raises:
            AudioFileError: a style is silent.
        """
        content = task.content
        assert content is not None  # noqa: S101 - prepare refuses
        require_sound(task.styles)
        spectra = [average_power(style, sample_rate=task.sample_rate) for style in task.styles]
        weighted = [
            weight * spectrum / spectrum.sum()
            for spectrum, weight in zip(spectra, task.style_weights, strict=True)
        ]
        chosen = matching_filter(
            average_power(content, sample_rate=task.sample_rate),
            torch.stack(weighted).sum(0),
            sample_rate=task.sample_rate,
            strength=self.settings.strength,
            width_erb=self.settings.smoothing_erb,
            limit_db=self.settings.limit_db,
            phase=self.settings.filter_phase,
        )
        return lambda start, stop: matched(
            content, chosen, sample_rate=task.sample_rate, start=start, stop=stop
        )
