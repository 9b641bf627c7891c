"""Windows: they cover everything, share what is shared, and join without an audible seam."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from clips import rain, task

from estilo.engines import windowed
from estilo.engines.base import Engine, Progress, Task, run
from estilo.engines.grains import Grain
from estilo.engines.optimise.engine import OptimiseEngine
from estilo.engines.optimise.settings import OptimiseSettings
from estilo.engines.windowed import OVERLAP_S, WINDOW_S, WindowedEngine, window_spans

RATE = 8000


class Identity(Engine[dict]):
    """Gives the window back after three steps; takes notes."""

    def __init__(self, *, gains: tuple[float, ...] = (1.0,), noise: bool = False) -> None:
        self.tasks: list[Task] = []
        self.gains, self.noise = gains, noise

    def prepare(self, task: Task) -> str:
        return f"all {task.n_samples} samples"

    def init(self, task: Task, shared: str) -> dict:
        self.tasks.append(task)
        return {"task": task, "steps": 0, "shared": shared, "index": len(self.tasks) - 1}

    def step(self, state: dict) -> dict:
        return {**state, "steps": state["steps"] + 1}

    def is_done(self, state: dict) -> bool:
        return state["steps"] >= 3

    def finish(self, state: dict) -> torch.Tensor:
        if self.noise:
            generator = torch.Generator().manual_seed(state["task"].seed)
            return 0.1 * torch.randn(1, state["task"].n_samples, generator=generator)
        return state["task"].content * self.gains[state["index"] % len(self.gains)]

    def progress(self, state: dict) -> Progress:
        return Progress(fraction=state["steps"] / 3, stage="copying", step=state["steps"])

    def grains(self, state: dict) -> list[Grain]:
        """One for the whole window, which is a style of its own."""
        length_s = state["task"].n_samples / RATE
        return [Grain(0.0, length_s, state["index"], 5.0, 5.0 + 2.0 * length_s, 12.0, 1.0)]


def _sine(seconds: float) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * RATE)) / RATE)).astype(
        np.float32
    )


def _seams(n_samples: int) -> list[tuple[int, int]]:
    spans = window_spans(n_samples, sample_rate=RATE)
    return [(start, stop) for (_, stop), (start, _) in itertools.pairwise(spans)]


@pytest.mark.parametrize("sample_rate", [100, 8000, 44_100])
@pytest.mark.parametrize("seconds", [0.3, 9.9, 10.0, 10.01, 19.5, 60.0, 61.7, 3600.0])
def test_windows_cover_everything_and_overlap_by_half_a_second(
    seconds: float, sample_rate: int
) -> None:
    n_samples = round(seconds * sample_rate)
    spans = window_spans(n_samples, sample_rate=sample_rate)
    assert spans[0][0] == 0
    assert spans[-1][1] == n_samples
    overlap = round(OVERLAP_S * sample_rate)
    for (_, stop), (start, _) in itertools.pairwise(spans):
        assert stop - start == overlap
    sizes = [stop - start for start, stop in spans]
    assert max(sizes) <= WINDOW_S * sample_rate + 1
    assert max(sizes) - min(sizes) <= 1
    if len(spans) > 1:
        assert min(sizes) >= WINDOW_S * sample_rate / 2


@pytest.mark.parametrize("seconds", [3.0, 24.0, 33.333])
def test_an_engine_that_changes_nothing_gives_the_content_back(seconds: float) -> None:
    content = np.stack([_sine(seconds), rain(seconds, RATE)])
    inner = Identity()
    output, _ = run(WindowedEngine(inner), task(content, rain(1.0, RATE), sample_rate=RATE))
    torch.testing.assert_close(output, torch.from_numpy(content), atol=1e-6, rtol=0)
    assert len({task.seed for task in inner.tasks}) == len(inner.tasks)


def test_windows_share_what_was_prepared_and_progress_only_grows() -> None:
    fractions, stages = [], []

    def note(progress: Progress) -> None:
        fractions.append(progress.fraction)
        stages.append(progress.stage)

    asked = task(_sine(25.0), rain(1.0, RATE), sample_rate=RATE)
    _, state = run(WindowedEngine(Identity()), asked, on_step=note)
    assert state.inner["shared"] == f"all {asked.n_samples} samples"
    assert len(fractions) == 9
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert stages[0] == "copying, part 1 of 3"


def test_the_output_is_allocated_once_where_it_is_told() -> None:
    shapes = []

    def allocate(shape: tuple[int, int]) -> torch.Tensor:
        shapes.append(shape)
        return torch.zeros(shape)

    asked = task(np.stack([_sine(40.0)] * 2), rain(1.0, RATE), sample_rate=RATE)
    inner = Identity()
    run(WindowedEngine(inner, allocate=allocate), asked)
    assert shapes == [(2, 40 * RATE)]
    assert max(window.n_samples for window in inner.tasks) <= WINDOW_S * RATE


def test_stopped_early_the_rest_is_the_content() -> None:
    content = _sine(40.0)
    engine = WindowedEngine(Identity(gains=(0.5,)))
    asked = task(content, rain(1.0, RATE), sample_rate=RATE)
    state = engine.init(asked, engine.prepare(asked))
    for _ in range(4):
        state = engine.step(state)
    output = engine.finish(state)[0]
    first, rest = state.spans[0][1], state.spans[1][1]
    torch.testing.assert_close(output[rest:], torch.from_numpy(content[rest:]))
    torch.testing.assert_close(output[:first], 0.5 * torch.from_numpy(content[:first]))


def _level_db(samples: np.ndarray) -> float:
    return 10.0 * np.log10(np.mean(samples.astype(np.float64) ** 2))


def _largest_step_db(samples: np.ndarray, *, window_s: float) -> float:
    """Largest difference of the levels just before, within and just after every seam."""
    n = round(window_s * RATE)
    steps = []
    for start, stop in _seams(len(samples)):
        around = (samples[start - n : start], samples[start:stop], samples[stop : stop + n])
        levels = [_level_db(part) for part in around]
        steps.append(max(levels) - min(levels))
    return max(steps)


def _has_click(samples: np.ndarray) -> bool:
    """Whether second differences near a seam pass all others by far."""
    jumps = np.abs(np.diff(samples.astype(np.float64), n=2))
    near = np.zeros(len(jumps), dtype=bool)
    for start, stop in _seams(len(samples)):
        near[start - 64 : stop + 64] = True
    return bool(jumps[near].max() > 1.3 * jumps[~near].max())


def test_unrelated_noise_joins_at_constant_level() -> None:
    asked = task(rain(60.0, RATE), rain(1.0, RATE), sample_rate=RATE)
    output, _ = run(WindowedEngine(Identity(noise=True)), asked)
    samples = output[0].numpy()
    assert _largest_step_db(samples, window_s=0.5) < 0.5
    assert not _has_click(samples)


@pytest.fixture(params=["waveform", "mel"])
def quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> OptimiseEngine:
    """The real engine, in windows of 2.5 s so that a short clip has several seams."""
    monkeypatch.setattr(windowed, "WINDOW_S", 2.5)
    return OptimiseEngine(OptimiseSettings(representation=request.param, n_steps=12))


def test_no_seam_is_heard_in_a_sine(quick: OptimiseEngine) -> None:
    asked = task(_sine(9.0), rain(3.0, RATE), sample_rate=RATE)
    output, state = run(WindowedEngine(quick), asked)
    samples = output[0].numpy()
    assert len(state.spans) >= 4
    assert _largest_step_db(samples, window_s=0.1) < 0.5
    assert not _has_click(samples)


def test_no_seam_is_heard_in_noise(quick: OptimiseEngine) -> None:
    generator = np.random.default_rng(5)
    content = (0.1 * generator.standard_normal(9 * RATE)).astype(np.float32)
    style = np.diff(0.1 * generator.standard_normal(3 * RATE)).astype(np.float32)
    output, _ = run(WindowedEngine(quick), task(content, style, sample_rate=RATE))
    samples = output[0].numpy()
    assert _largest_step_db(samples, window_s=0.5) < 0.5
    assert not _has_click(samples)


def test_what_another_engine_began_is_cut_with_the_content() -> None:
    content = torch.from_numpy(_sine(25.0)[None])
    asked = replace(task(content.numpy(), rain(1.0, RATE), sample_rate=RATE), start=2.0 * content)
    inner = Identity()
    run(WindowedEngine(inner), asked)
    assert len(inner.tasks) > 2
    for each in inner.tasks:
        assert each.start is not None
        assert each.content is not None
        assert torch.equal(each.start, 2.0 * each.content)


def test_grains_meet_in_the_middle_of_seams() -> None:
    asked = task(_sine(25.0), rain(1.0, RATE), sample_rate=RATE)
    engine = WindowedEngine(Identity())
    _, state = run(engine, asked)
    grains = engine.grains(state)
    spans = window_spans(25 * RATE, sample_rate=RATE)
    assert [grain.style for grain in grains] == list(range(len(spans)))
    assert (grains[0].start_s, grains[-1].stop_s) == (0.0, 25.0)
    for before, after in itertools.pairwise(grains):
        assert before.stop_s == pytest.approx(after.start_s)
    # What a window lost of its start, its grain lost of the style: twice as much, an octave up.
    assert grains[1].style_start_s == pytest.approx(5.0 + 2.0 * OVERLAP_S / 2.0)


def test_grains_of_an_unfinished_window_are_told_too() -> None:
    asked = task(_sine(25.0), rain(1.0, RATE), sample_rate=RATE)
    engine = WindowedEngine(Identity())
    state = engine.init(asked, engine.prepare(asked))
    for _ in range(4):
        state = engine.step(state)
    engine.finish(state)
    assert [grain.style for grain in engine.grains(state)] == [0, 1]
