"""The content's notes in the sound of the styles, known at any place once all were heard."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from estilo.analysis.transcription import Transcription
from estilo.dsp.crossfade import crossfade
from estilo.engines.base import Task, content_of
from estilo.engines.grains import Grain
from estilo.engines.notes.attacks import LONGEST_S, Attacks
from estilo.engines.notes.cross_synthesis import between
from estilo.engines.notes.ensemble import Ensemble
from estilo.engines.notes.partials import Grid
from estilo.engines.notes.recordings import Heard
from estilo.engines.notes.regions import regions_of
from estilo.engines.notes.settings import NotesSettings

_FADE_S = 0.005
_SEAM_S = 0.1


class Rendition:
    """The output of the engine.

    Where the content is made of notes for a while and then of something else, each kind of region
    has an ensemble of its own, which knows nothing of the other one; one fades into the other where
    no note begins.

    Args:
        task: what the engine was asked for, on the processor.
        settings: settings of the engine.
        heard: what was heard of the content, then of each style.

    Raises:
        InputError: the content's notes are written, and a style has none that could play them.
    """

    def __init__(self, task: Task, settings: NotesSettings, heard: Sequence[Transcription]) -> None:
        self._task, self._settings = task, settings
        content = Heard.whole(content_of(task), heard[0])
        styles = [Heard.whole(*pair) for pair in zip(task.styles, heard[1:], strict=True)]
        rate = task.sample_rate
        self._regions = regions_of(heard[0], content.waveform.shape[-1], sample_rate=rate)
        is_cut = len(self._regions) > 1
        self._ensembles: dict[bool, Ensemble] = {}
        for kind in sorted({each.is_played for each in self._regions}):
            part = (
                content.parts(self._regions, is_played=kind, sample_rate=rate)
                if is_cut
                else content
            )
            self._ensembles[kind] = Ensemble(task, settings, part, styles)
        self._attacks = self._between_attacks()

    @property
    def remarks(self) -> list[str]:
        """What is to be said of the recordings, in sentences."""
        if len(self._ensembles) == 1:
            return next(iter(self._ensembles.values())).remarks
        rate, played, rest = (
            self._task.sample_rate,
            *(self._ensembles[each] for each in (True, False)),
        )
        where = ", ".join(
            f"{each.start / rate:.1f} to {each.stop / rate:.1f} s"
            for each in self._regions
            if not each.is_played
        )
        own = [remark for remark in rest.remarks if remark not in played.remarks]
        return [*played.remarks, *(f"from {where}: {remark}" for remark in own)]

    def grains(self) -> list[Grain]:
        """Which stretches of the styles are heard where."""
        return [grain for each in self._ensembles.values() for grain in each.grains()]

    def read(self, start: int, stop: int) -> Tensor:
        """A part of the output: the same samples whatever else is read.

        Args:
            start: number of its first sample.
            stop: number of the sample after its last.

        **Shape**: result ``(channels, stop - start)``.
        """
        strength, content = self._settings.strength, content_of(self._task)
        if strength == 1.0:
            return self._made(start, stop)
        n_fft = Grid.fine(self._task.sample_rate).n_fft // 2
        reach = 2 * n_fft
        first = max(0, start - reach) // reach * reach
        last = min(content.shape[-1], stop + reach)
        made = between(content[:, first:last], self._made(first, last), share=strength, n_fft=n_fft)
        if self._attacks is not None:
            made = self._attacks.shaped(made, first)
        return made[:, start - first : stop - first]

    def _made(self, start: int, stop: int) -> Tensor:
        """The output at full strength."""
        n_channels, n_samples = content_of(self._task).shape
        out = torch.zeros(n_channels, stop - start)
        for region in self._regions:
            first, last = max(region.start, start), min(region.stop, stop)
            if last > first:
                made = self._ensembles[region.is_played].read(first, last)
                out[:, first - start : last - start] = made
        half = round(0.5 * _SEAM_S * self._task.sample_rate)
        for before, after in zip(self._regions, self._regions[1:], strict=False):
            opens, closes = max(after.start - half, 0), min(after.start + half, n_samples)
            first, last = max(opens, start), min(closes, stop)
            if last > first:
                pair = (
                    self._ensembles[each.is_played].read(opens, closes) for each in (before, after)
                )
                seam = crossfade(*pair)
                out[:, first - start : last - start] = seam[:, first - opens : last - opens]
        # Notes may go on where the content ends.
        left = n_samples - 1 - torch.arange(start, stop)
        return out * (left / max(round(_FADE_S * self._task.sample_rate), 1)).clamp(0.0, 1.0)

    def _between_attacks(self) -> Attacks | None:
        """Attacks between the content's and those of all instruments; None where none plays."""
        ensemble = self._ensembles.get(True)
        if ensemble is None or not ensemble.has_instruments:
            return None
        notes, waveform = ensemble.content.transcription.notes, ensemble.content.waveform
        rate = self._task.sample_rate

        def own(number: int) -> tuple[NDArray[np.float32], int]:
            onset = round(notes[number].start_s * rate)
            first = max(onset - round(0.1 * rate), 0)
            part = waveform[:, first : onset + round(LONGEST_S * rate)]
            return part.mean(0).numpy(), onset - first

        return Attacks(notes, (own, ensemble.note), share=self._settings.strength, sample_rate=rate)
