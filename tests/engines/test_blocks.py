"""Engines that work block by block: what they read, what they keep, where they stop."""

import threading

import numpy as np
import pytest
import torch
from clips import rain, stereo, task

from estilo.engines import blocks
from estilo.engines.base import Task, run
from estilo.engines.blocks import BlockEngine, Read
from estilo.engines.eq.settings import EqSettings

RATE = 8000


class Halving(BlockEngine):
    """The content at half its level; takes notes of what was read."""

    stage = "halving"

    def __init__(self, **options) -> None:
        super().__init__(EqSettings(), **options)

    def analyse(self, task: Task) -> Read:
        content = task.content
        assert content is not None
        self.stretches: list[tuple[int, int]] = []

        def read(start: int, stop: int) -> torch.Tensor:
            self.stretches.append((start, stop))
            return 0.5 * content[:, start:stop]

        return read


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 1500)


def _asked() -> Task:
    return task(stereo(1.0, RATE), rain(0.5, RATE), sample_rate=RATE)


def test_every_sample_is_read_once_into_what_was_allocated() -> None:
    shapes = []

    def allocate(shape: tuple[int, int]) -> torch.Tensor:
        shapes.append(shape)
        return torch.zeros(shape)

    engine, told = Halving(allocate=allocate), []
    asked = _asked()
    output, _ = run(engine, asked, on_step=told.append)
    assert asked.content is not None
    assert torch.equal(output, 0.5 * asked.content)
    assert shapes == [(2, RATE)]
    assert engine.stretches[0] == (0, 1500)
    assert [a for a, _ in engine.stretches[1:]] == [b for _, b in engine.stretches[:-1]]
    assert [progress.stage for progress in told] == ["halving"] * 6
    assert told[1].fraction == pytest.approx(3000 / 8000)


def test_stopped_early_the_rest_is_the_content_without_a_click() -> None:
    cancel = threading.Event()
    asked = _asked()
    content = asked.content
    assert content is not None
    output, _ = run(
        Halving(),
        asked,
        on_step=lambda progress: cancel.set() if progress.step == 2 else None,
        cancel=cancel,
        keep_best=True,
    )
    seam = round(0.05 * RATE)
    assert torch.equal(output[:, : 3000 - seam], 0.5 * content[:, : 3000 - seam])
    assert torch.equal(output[:, 3000:], content[:, 3000:])
    share = np.asarray(output[:, 3000 - seam : 3000] / content[:, 3000 - seam : 3000])
    assert np.all(np.diff(share[0]) > -1e-4)
    assert np.abs(np.diff(share[0])).max() < 0.01


def test_the_content_is_left_as_it_is() -> None:
    asked = _asked()
    assert asked.content is not None
    kept = asked.content.clone()
    output, _ = run(Halving(), asked)
    output.mul_(3.0)
    assert torch.equal(asked.content, kept)
