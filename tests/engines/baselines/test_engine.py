"""The copying engines: what is heard, how loud, in which channels."""

from typing import Any

import numpy as np
import pyloudnorm
import pytest
import torch
from clips import melody, rain, stereo, task

from estilo.engines import blocks
from estilo.engines.base import run
from estilo.engines.baselines.engine import ContentEngine, CrossfadeEngine, StyleEngine
from estilo.engines.baselines.settings import CrossfadeSettings

RATE = 16_000


def _output(engine: Any, asked: Any) -> np.ndarray:
    return run(engine, asked)[0].numpy()


def _lufs(samples: np.ndarray) -> float:
    meter = pyloudnorm.Meter(RATE, filter_class="DeMan")
    return meter.integrated_loudness(samples.T)


def _alike(a: np.ndarray, b: np.ndarray) -> float:
    """Correlation coefficient."""
    return float(np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b)))


def test_content_comes_back_bit_for_bit_in_memory_of_its_own() -> None:
    asked = task(stereo(1.0, RATE), np.zeros(5, dtype=np.float32), sample_rate=RATE)
    output, _ = run(ContentEngine(), asked)
    assert asked.content is not None
    assert torch.equal(output, asked.content)
    assert output.data_ptr() != asked.content.data_ptr()


@pytest.mark.parametrize("seconds", [1.3, 4.0])
def test_the_style_comes_cut_or_looped_at_the_contents_loudness(seconds: float) -> None:
    content, style = 0.3 * melody(3.0, RATE), rain(seconds, RATE)
    output = _output(StyleEngine(), task(content, style, sample_rate=RATE))
    assert output.shape == (1, 3 * RATE)
    assert _lufs(output) == pytest.approx(_lufs(content[None]), abs=0.2)
    n_same = min(round((seconds - 0.1) * RATE), 3 * RATE)
    assert _alike(output[0, :n_same], style[:n_same]) == pytest.approx(1.0)


def test_channels_are_the_contents() -> None:
    wide = stereo(2.0, RATE)
    same = _output(StyleEngine(), task(stereo(1.0, RATE), wide, sample_rate=RATE))
    assert _alike(same, wide[:, :RATE]) == pytest.approx(1.0)
    down = _output(StyleEngine(), task(melody(1.0, RATE), wide, sample_rate=RATE))
    assert down.shape == (1, RATE)
    assert _alike(down[0], wide.mean(0)[:RATE]) == pytest.approx(1.0)
    three = np.stack([melody(1.0, RATE, seed=i) for i in range(3)])
    up = _output(StyleEngine(), task(three, wide, sample_rate=RATE))
    assert all(_alike(channel, wide.mean(0)[:RATE]) > 0.9999 for channel in up)
    assert _lufs(up) == pytest.approx(_lufs(three), abs=0.2)


def test_several_styles_share_the_power_by_their_weights() -> None:
    """Orthogonal tones: the power of each is read off the spectrum."""
    time = np.arange(2 * RATE) / RATE
    tones = [np.sin(2 * np.pi * hz * time).astype(np.float32) for hz in (500, 600)]
    asked = task(melody(2.0, RATE), 0.3 * tones[0], 0.01 * tones[1], sample_rate=RATE)
    object.__setattr__(asked, "style_weights", (0.8, 0.2))
    output = _output(StyleEngine(), asked)[0]
    low, high = (np.mean(output * tone) ** 2 for tone in tones)
    assert low / high == pytest.approx(4.0, rel=0.05)


@pytest.mark.parametrize("strength", [0.25, 0.5, 0.75, 1.0])
def test_a_crossfade_mixes_the_two_at_equal_loudness(strength: float) -> None:
    content, style = melody(2.0, RATE), 0.05 * rain(3.0, RATE)
    asked = task(content, style, sample_rate=RATE)
    output = _output(CrossfadeEngine(CrossfadeSettings(strength=strength)), asked)[0]
    shares, *_ = np.linalg.lstsq(np.stack([content, style[: 2 * RATE]], 1), output, rcond=None)
    assert shares[0] == pytest.approx(1.0 - strength, abs=1e-4)
    wet = shares[1] * style[None, : 2 * RATE]
    assert _lufs(wet) == pytest.approx(_lufs(strength * content[None] + 1e-12), abs=0.2)


@pytest.mark.parametrize("engine", [StyleEngine, CrossfadeEngine])
def test_blocks_leave_no_trace(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = task(stereo(2.0, RATE), rain(0.7, RATE), stereo(0.4, RATE), sample_rate=RATE)
    whole = _output(engine(), asked)
    monkeypatch.setattr(blocks, "BLOCK", 777)
    np.testing.assert_allclose(_output(engine(), asked), whole, atol=1e-7)


def test_a_style_that_begins_with_silence_stays_finite() -> None:
    late = np.concatenate([np.zeros(2 * RATE, dtype=np.float32), rain(1.0, RATE)])
    output = _output(StyleEngine(), task(melody(1.0, RATE), late, sample_rate=RATE))
    assert not output.any()
