"""An engine that takes style files, and what a test may do with it by name."""

import torch
from torch import Tensor

from estilo.engines import ENGINE_SETTINGS, ENGINES
from estilo.engines.base import Job
from estilo.engines.blocks import BlockEngine, Read
from estilo.engines.neural.style_file import StyleFile
from estilo.engines.settings import EngineSettings


class CodedSettings(EngineSettings):
    """Distorts the content by what the styles are."""

    strength: float = 1.0


class CodedEngine(BlockEngine):
    """Distorts the content by what the styles are."""

    stage = "distorting"
    takes_style_files = True
    jobs: list[Job] = []  # noqa: RUF012

    def __init__(self, settings: CodedSettings, **options) -> None:
        super().__init__(**options)

    def analyse(self, job: Job) -> Read:
        self.jobs.append(job)
        content = job.content
        gain = sum(
            weight * (style.code.vector if isinstance(style, StyleFile) else style).abs().max()
            for style, weight in zip(job.styles, job.style_weights, strict=True)
        )

        def read(start: int, stop: int) -> Tensor:
            return torch.tanh(10.0 * gain * content[:, start:stop])

        return read


def register(monkeypatch) -> None:
    """Under the name ``coded``, for the time of a test."""
    monkeypatch.setattr(CodedEngine, "jobs", [])
    monkeypatch.setitem(ENGINES._paths, "coded", "coded_engine:CodedEngine")
    monkeypatch.setitem(ENGINE_SETTINGS._paths, "coded", "coded_engine:CodedSettings")
