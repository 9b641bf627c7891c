"""An engine that takes style files, and what a test may do with it by name."""

from typing import ClassVar, Literal

import torch
from torch import Tensor

from estilo.engines import ENGINES
from estilo.engines.base import Task
from estilo.engines.blocks import BlockEngine, Read
from estilo.engines.neural.style_file import StyleFile
from estilo.engines.settings import EngineSettings


class CodedSettings(EngineSettings):
    """Distorts the content by what the styles are."""

    builder: ClassVar[str] = "coded_engine:CodedEngine"
    works_in: ClassVar[Literal["windows", "blocks"]] = "blocks"
    style_format: ClassVar[str | None] = "estilo.engines.neural.style_format:NEURAL_STYLE_FORMAT"

    strength: float = 1.0

    @property
    def amount(self) -> float:
        return self.strength


class CodedEngine(BlockEngine):
    """Distorts the content by what the styles are."""

    stage = "distorting"
    tasks: list[Task] = []  # noqa: RUF012

    def analyse(self, task: Task) -> Read:
        self.tasks.append(task)
        content = task.content
        gain = sum(
            weight * (style.code.vector if isinstance(style, StyleFile) else style).abs().max()
            for style, weight in zip(task.styles, task.style_weights, strict=True)
        )

        def read(start: int, stop: int) -> Tensor:
            return torch.tanh(10.0 * gain * content[:, start:stop])

        return read


def register(monkeypatch) -> None:
    """Under the name ``coded``, for the time of a test."""
    monkeypatch.setattr(CodedEngine, "tasks", [])
    monkeypatch.setitem(ENGINES._paths, "coded", "coded_engine:CodedSettings")
