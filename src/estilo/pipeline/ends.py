"""What an engine hears beyond the ends of the content, and the output without it.

Content that is cut in the middle of a sound would start and stop with a step, which an engine
spreads over all bands. So it hears the content go on: by linear prediction, or, where the content
closes, from its other end. What it makes of that is cut off again. Where the content closes, the
output is made to close as well: what would follow its end fades into its beginning.

It is done at the content's own rate, before anything resamples it, as resampling has ends too.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from torch import Tensor

from estilo.audio import Audio
from estilo.dsp.crossfade import crossfade
from estilo.dsp.extension import continuations
from estilo.dsp.stft import power_of_two_near
from estilo.engines.grains import placed
from estilo.engines.settings import EngineSettings
from estilo.io import scratch_array
from estilo.pipeline.in_blocks import as_waveform, spans
from estilo.pipeline.running import Outcome
from estilo.pipeline.watch import Watch
from estilo.progress import Progress

_REACH_S = 0.372
_SHORTEST_S = 0.5  # of what engines hear: fits the widest patch of their default settings
_SEAM_S = 0.05
_SHORTEST_GRAIN_S = 1e-4  # to which they are told


@dataclass(frozen=True)
class Ends:
    """How much an engine hears beyond the ends of the content.

    Args:
        sample_rate: sample rate of the content, in Hz.
        n_samples: number of samples of the content.
        before: number of samples that it hears before them.
        after: number of samples that it hears after them.
        is_loop: whether the content's end goes on at its start.
    """

    sample_rate: int
    n_samples: int
    before: int
    after: int
    is_loop: bool

    @classmethod
    def of(cls, content: Audio, settings: EngineSettings, *, is_loop: bool) -> Self:
        """How much of what lies beyond the ends an engine hears.

        Args:
            content: content of any length from one sample.
            settings: settings of the engine, which say whether it looks beyond the ends.
            is_loop: whether the content's end goes on at its start.
        """
        rate, length = content.sample_rate, content.n_samples
        # A power of two, so that frames lie in the content where they would without.
        reach = power_of_two_near(_REACH_S, sample_rate=rate)
        missing = max(0, round(_SHORTEST_S * rate) - length)
        if settings.looks_beyond_ends:
            before = after = max(1, -(-missing // (2 * reach))) * reach
        else:
            before, after = 0, max(reach if is_loop else 0, missing)
        return cls(rate, length, before, after, is_loop)

    def around(self, audio: Audio) -> Audio:
        """A recording of the content's length with what lies beyond its ends.

        Args:
            audio: the content, or what was made of it.
        """
        if not self.before + self.after:
            return audio
        before, stop = self.before, self.before + self.n_samples
        longer = scratch_array((audio.n_channels, stop + self.after))
        for first, last in spans(0, self.n_samples):
            longer[:, before + first : before + last] = audio.samples[:, first:last]
        for whole, samples in zip(longer, audio.samples, strict=True):
            if self.is_loop:
                whole[:before] = samples[np.arange(-before, 0) % self.n_samples]
                whole[stop:] = samples[np.arange(self.after) % self.n_samples]
            else:
                sides = continuations(samples, before=before, after=self.after)
                whole[:before], whole[stop:] = sides
        return Audio(longer, audio.sample_rate)

    def watched(self, watch: Watch) -> Watch:
        """A watch of an engine at work on it, whose previews have the content's ends.

        Args:
            watch: watch of the whole.
        """
        tell = watch.on_progress
        if tell is None:
            return watch

        def told(progress: Progress) -> None:
            heard = progress.preview
            if heard is not None:
                progress = replace(progress, preview=lambda: self._previewed(heard()))
            tell(progress)

        return replace(watch, on_progress=told)

    def cut(self, outcome: Outcome) -> Outcome:
        """What an engine made of it, with the ends of the content.

        Args:
            outcome: what it made, at the content's rate.
        """
        rate, start, stop = self.sample_rate, self.before, self.before + self.n_samples
        samples = outcome.samples[:, start:stop]
        if self.is_loop and outcome.is_complete:
            n_seam = min(round(_SEAM_S * rate), self.n_samples // 2)
            following = outcome.samples[:, stop : stop + n_seam]
            samples[:, :n_seam] = _faded(following, samples[:, :n_seam])
        grains = [
            grain
            for grain in placed(
                outcome.grains, later_s=-start / rate, first_s=0.0, last_s=self.n_samples / rate
            )
            if grain.stop_s - grain.start_s >= _SHORTEST_GRAIN_S
        ]
        return replace(outcome, samples=samples, grains=grains, is_loop=self.is_loop)

    def _previewed(self, heard: Audio | None) -> Audio | None:
        if heard is None:
            return None
        ratio = heard.sample_rate / self.sample_rate
        start = round(self.before * ratio)
        stop = start + max(1, round(self.n_samples * ratio))
        return Audio(heard.samples[:, start:stop], heard.sample_rate)


def _faded(leaving: np.ndarray, entering: np.ndarray) -> Tensor:
    return crossfade(as_waveform(leaving.copy()), as_waveform(entering.copy()))
