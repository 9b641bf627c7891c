"""The stereo image: what must come out where, whatever the one-channel engine does."""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from clips import melody, rain, stereo, task

from estilo.engines.base import Engine, Progress, Task, run
from estilo.engines.stereo import StereoWrapper, restore_image

RATE = 16_000


class Filter(Engine[dict]):
    """A one-channel engine of one step: any function of the waveform."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def prepare(self, task: Task) -> int:
        assert all(style.shape[0] == 1 for style in task.styles)
        return 7

    def init(self, task: Task, shared: int) -> dict:
        assert shared == 7
        assert task.content is None or task.content.shape[0] == 1
        return {"task": task, "done": False}

    def step(self, state: dict) -> dict:
        return {**state, "done": True}

    def is_done(self, state: dict) -> bool:
        return state["done"]

    def finish(self, state: dict) -> torch.Tensor:
        content = state["task"].content
        return torch.ones(1, state["task"].n_samples) if content is None else self.function(content)

    def progress(self, state: dict) -> Progress:
        return Progress(fraction=1.0, stage="filtering", step=1)


def _same(waveform: torch.Tensor) -> torch.Tensor:
    return waveform.clone()


def _brighter(waveform: torch.Tensor) -> torch.Tensor:
    """What a transfer does, roughly: another spectrum, and other noise on top."""
    out = 3.0 * torch.diff(waveform, prepend=waveform[:, :1])
    noise = torch.randn(out.shape, generator=torch.Generator().manual_seed(3))
    envelope = torch.nn.functional.avg_pool1d(out.abs(), 801, stride=1, padding=400)
    return out + 0.3 * envelope * noise


def _through(samples: np.ndarray, function: Any = _brighter, **more: Any) -> np.ndarray:
    asked = task(samples, rain(1.0, RATE), sample_rate=RATE, **more)
    output, _ = run(StereoWrapper(Filter(function)), asked)
    assert output.shape == np.atleast_2d(samples).shape
    return output.numpy()


def _db(power_ratio: float) -> float:
    return 10.0 * np.log10(power_ratio + 1e-30)


def _error_db(got: np.ndarray, expected: np.ndarray) -> float:
    return _db(np.mean((got - expected) ** 2) / np.mean(expected**2))


@pytest.mark.parametrize("n_channels", [1, 2, 3, 8])
def test_an_unchanged_downmix_gives_the_content_back(
    n_channels: int, rng: np.random.Generator
) -> None:
    mixing = rng.uniform(0.0, 1.0, (n_channels, 4))
    sources = np.stack([melody(1.0, RATE, seed=i) for i in range(3)] + [rain(1.0, RATE)])
    samples = (mixing @ sources).astype(np.float32)
    assert _error_db(_through(samples, _same), samples) < -60


def test_one_channel_passes_as_the_engine_made_it() -> None:
    mono = melody(1.0, RATE)[None]
    np.testing.assert_array_equal(_through(mono), _brighter(torch.from_numpy(mono)).numpy())


def test_the_middle_stays_in_the_middle() -> None:
    mono = melody(1.0, RATE)
    left, right = _through(np.stack([mono, mono]))
    np.testing.assert_allclose(left, right, atol=1e-6)
    expected = _brighter(torch.from_numpy(mono[None])).numpy()
    assert _error_db(left[None], expected) < -30  # what is not common to both is the noise floor


def test_hard_left_stays_hard_left() -> None:
    mono = melody(1.0, RATE)
    left, right = _through(np.stack([mono, np.zeros_like(mono)]))
    assert _db(np.mean(right**2) / np.mean(left**2)) < -60


def test_swapped_channels_swap_the_output() -> None:
    samples = stereo(1.0, RATE)
    plain, swapped = _through(samples), _through(samples[::-1].copy())
    np.testing.assert_allclose(swapped, plain[::-1], atol=1e-5)


def test_inverted_polarity_is_not_lost() -> None:
    mono = melody(1.0, RATE)
    samples = np.stack([mono, -mono])
    assert _error_db(_through(samples, _same), samples) < -60
    left, right = _through(samples)
    np.testing.assert_allclose(left, -right, atol=1e-6)
    assert np.abs(left).max() > 0.01


def _band_levels(samples: np.ndarray) -> np.ndarray:
    """Octave band powers in dB, ``(channels, 6)``."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    edges = (125, 250, 500, 1000, 2000, 4000, 7900)
    bins = [round(edge * samples.shape[1] / RATE) for edge in edges]
    return np.stack([10 * np.log10(power[:, a:b].sum(1)) for a, b in itertools.pairwise(bins)], 1)


def test_level_differences_between_channels_are_kept() -> None:
    samples = stereo(3.0, RATE)
    before, after = _band_levels(samples), _band_levels(_through(samples))
    np.testing.assert_allclose(after[0] - after[1], before[0] - before[1], atol=1.0)


@pytest.mark.parametrize("silent", ["content", "output", "both"])
def test_silence_is_finite_and_stays_silent(silent: str) -> None:
    samples = torch.from_numpy(stereo(0.5, RATE))
    if silent in ("content", "both"):
        samples = torch.zeros_like(samples)
    mid = samples.mean(0)
    output = torch.zeros_like(mid) if silent in ("output", "both") else mid + 0.1
    result = restore_image(samples, mid, output, sample_rate=RATE)
    assert torch.isfinite(result).all()
    if silent == "both":
        assert not result.any()


def test_a_silent_mid_does_not_blow_up_the_side() -> None:
    """Where the channels cancel only for a while, the gain on what is left stays bounded."""
    mono = melody(2.0, RATE)
    inverted = np.where(np.arange(len(mono)) < RATE, mono, -mono)
    output = _through(np.stack([mono, inverted]))
    assert np.abs(output).max() < 60 * np.abs(mono).max()
    assert np.isfinite(output).all()


def test_textures_pass_and_inputs_stay(rng: np.random.Generator) -> None:
    samples = stereo(0.5, RATE)
    kept = samples.copy()
    asked = task(samples, stereo(0.5, RATE), sample_rate=RATE)
    run(StereoWrapper(Filter(_brighter)), asked)
    assert asked.content is not None
    np.testing.assert_array_equal(asked.content.numpy(), kept)
    output, _ = run(
        StereoWrapper(Filter(_same)), task(None, samples, sample_rate=RATE, n_samples=99)
    )
    assert output.shape == (1, 99)


@pytest.mark.parametrize("n_samples", [1, 7, 100, 4001])
def test_any_length(n_samples: int) -> None:
    samples = stereo(0.5, RATE)[:, :n_samples]
    assert np.isfinite(_through(samples)).all()


def test_what_the_engine_adds_where_the_content_is_silent_is_kept(rng):
    rate = 16_000
    time = np.arange(rate) / rate
    mid = torch.from_numpy((0.3 * np.sin(2 * np.pi * 300 * time)).astype(np.float32))
    filled = mid + torch.from_numpy((0.05 * rng.standard_normal(rate)).astype(np.float32))
    output = restore_image(torch.stack([mid, mid]), mid, filled, sample_rate=rate)
    error = (output - filled).square().mean().sqrt() / (filled - mid).square().mean().sqrt()
    assert float(error) < 0.1


def test_what_another_engine_began_is_mixed_as_the_content_is() -> None:
    """Channels of opposite polarity, which are not mixed by their mean."""
    content = torch.from_numpy(melody(1.0, RATE) * np.array([[1.0], [-1.0]], dtype=np.float32))
    asked = replace(task(content.numpy(), rain(1.0, RATE), sample_rate=RATE), start=3.0 * content)
    engine = StereoWrapper(Filter(_same))
    state = engine.init(asked, engine.prepare(asked))
    within = state.inner["task"]
    assert within.content.abs().max() > 0.1
    torch.testing.assert_close(within.start, 3.0 * within.content)
