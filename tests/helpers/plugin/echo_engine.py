"""What the package ``echo`` adds with torch: an engine, parts of the default one, an exporter."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from estilo.engines.base import Task, content_of
from estilo.engines.blocks import BlockEngine, Read
from estilo.engines.excerpts import require_sound
from estilo.export.base import Exported, Exporter
from estilo.features.base import Features
from estilo.io.atomic import write_atomic
from estilo.losses.base import Loss
from estilo.representations.base import Representation
from estilo.representations.stft import Stft


class EchoEngine(BlockEngine):
    """The content with one echo of itself."""

    stage = "echoing"

    def analyse(self, task: Task) -> Read:
        content = content_of(task)
        require_sound(task.styles)
        late = round(self.settings.delay_s * task.sample_rate)
        echo = torch.nn.functional.pad(content, (late, 0))[:, : content.shape[1]]
        return lambda start, stop: (content + 0.5 * echo)[:, start:stop]


@dataclass(frozen=True, kw_only=True)
class Rooted(Representation):
    """Square roots of the STFT's magnitudes."""

    sample_rate: int
    hop_length: int = 128

    @property
    def _stft(self) -> Stft:
        return Stft(
            sample_rate=self.sample_rate,
            n_fft=512,
            hop_length=self.hop_length,
            compression="power",
        )

    @property
    def n_bands(self) -> int:
        return self._stft.n_bands

    def analyse(self, waveform: Tensor) -> Tensor:
        return self._stft.analyse(waveform)

    def synthesise(self, frames, *, length, reference=None, generator=None) -> Tensor:
        return self._stft.synthesise(
            frames, length=length, reference=reference, generator=generator
        )


class Projection(Features):
    """Random directions in the space of bands, rectified."""

    settings = frozenset({"n_filters"})

    def __init__(self, n_bands: int, *, n_filters: int, generator: torch.Generator) -> None:
        super().__init__(n_bands=n_bands, n_frames_min=1)
        self.register_buffer("weight", torch.randn(n_filters, n_bands, generator=generator))

    def maps(self, frames: Tensor) -> dict[str, Tensor]:
        return {"projection": torch.relu(self.weight.to(frames) @ frames)}


class MeanLevel(Loss):
    """Squared difference of the mean level of every band."""

    def prepare(self, references: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
        means = [each.mean(1) for each in references]
        return sum(weight * mean for weight, mean in zip(weights, means, strict=True))

    def forward(self, candidate: Tensor, target: Tensor) -> Tensor:
        return (candidate.mean(1) - target).square().mean()


class CountExporter(Exporter):
    """The number of weights, as text."""

    suffix = ".count"

    def export(self, network, path, *, channels=1, n_hops=1, force=False) -> Exported:
        text = str(sum(each.numel() for each in network.parameters()))
        return Exported(write_atomic(path, text.encode(), force=force), len(text), 0.0)
