"""The engine that brings the content to the style's spectrum with one static filter."""

import torch
from torch import Tensor

from estilo.analysis.equal_notes import equal_notes
from estilo.dsp.eq import (
    Filter,
    average_power,
    level_keeping_filter,
    matched,
    matching_filter,
    n_bands_of,
)
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
        average = average_power(content, sample_rate=task.sample_rate)
        if self.settings.spectra == "equal-notes":
            chosen = self._at_equal_notes(task, content, average)
        else:
            chosen = self._by_averages(task, average)
        return lambda start, stop: matched(
            content, chosen, sample_rate=task.sample_rate, start=start, stop=stop
        )

    def _by_averages(self, task: Task, average: Tensor) -> Filter:
        spectra = [average_power(style, sample_rate=task.sample_rate) for style in task.styles]
        weighted = [
            weight * spectrum / spectrum.sum()
            for spectrum, weight in zip(spectra, task.style_weights, strict=True)
        ]
        return matching_filter(
            average,
            torch.stack(weighted).sum(0),
            sample_rate=task.sample_rate,
            strength=self.settings.strength,
            width_erb=self.settings.smoothing_erb,
            limit_db=self.settings.limit_db,
            phase=self.settings.filter_phase,
        )

    def _at_equal_notes(self, task: Task, content: Tensor, average: Tensor) -> Filter:
        own = content.mean(0).numpy(force=True)
        gains_db = sum(
            weight
            * equal_notes(
                own,
                style.mean(0).numpy(force=True),
                sample_rate=task.sample_rate,
                n_bands=n_bands_of(self.settings.smoothing_erb, task.sample_rate),
            ).gains_db(limit_db=self.settings.limit_db)
            for style, weight in zip(task.styles, task.style_weights, strict=True)
        )
        return level_keeping_filter(
            self.settings.strength * torch.as_tensor(gains_db, device=average.device),
            average,
            sample_rate=task.sample_rate,
            phase=self.settings.filter_phase,
        )
