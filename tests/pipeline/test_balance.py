"""What stands where: a tune in the middle and a pad in opposite polarity, in every engine."""

from typing import Any

import numpy as np
import pytest
from clips import melody, rain

from estilo.analysis.sound import Sound
from estilo.audio import Audio
from estilo.engines import ENGINES
from estilo.metrics.scores import score
from estilo.pipeline.balance import rebalanced
from estilo.pipeline.transfer import transfer

RATE = 16_000
CHANGING = [
    name
    for name in ENGINES
    if not ENGINES[name].chooses_engine and name not in ("content", "style")
]
QUICK: dict[str, dict[str, Any]] = {"optimise": {"n_steps": 3}}


def tune_and_pad(pad_gain: float) -> tuple[np.ndarray, np.ndarray]:
    time = np.arange(RATE) / RATE
    chord = [np.sin(2 * np.pi * f * k * time + k) / k for f in (220, 277, 330) for k in (1, 2, 3)]
    return melody(1.0, RATE, seed=4), (0.05 * pad_gain * np.sum(chord, axis=0)).astype(np.float32)


def balance_db(samples: np.ndarray) -> float:
    """Level of mid over that of side, in dB."""
    mid, side = samples[0] + samples[1], samples[0] - samples[1]
    return 10.0 * float(np.log10(np.mean(mid**2) / np.mean(side**2)))


@pytest.mark.parametrize("engine", CHANGING)
@pytest.mark.parametrize("pad_gain", [0.3, 1.5])
def test_tune_and_wide_pad_are_as_loud_beside_each_other(engine: str, pad_gain: float) -> None:
    tune, pad = tune_and_pad(pad_gain)
    content = np.stack([tune + pad, tune - pad])
    style = Audio(rain(0.8, RATE), RATE)
    result = transfer(
        Audio(content, RATE), style, engine=engine, scores=False, **QUICK.get(engine, {})
    )
    assert abs(balance_db(result.audio.samples) - balance_db(content)) < 3.0


@pytest.mark.parametrize("engine", CHANGING)
def test_a_style_that_cancels_is_a_style(engine: str) -> None:
    style, content = rain(0.8, RATE), Audio(melody(1.0, RATE), RATE)
    wide, plain = (
        transfer(content, Audio(each, RATE), engine=engine, scores=False, **QUICK.get(engine, {}))
        for each in (np.stack([style, -style]), style)
    )
    powers = [
        np.square(np.abs(np.fft.rfft(each.audio.samples[0]))).reshape(-1)[:8000].reshape(20, -1)
        for each in (wide, plain)
    ]
    levels_db = [10.0 * np.log10(each.sum(1)) for each in powers]
    assert np.median(np.abs(levels_db[0] - levels_db[1])) < 3.0


def test_scores_hear_both() -> None:
    """A pad, or a tune, that is gone is missed, though one of them is not in the mean."""
    tune, pad = tune_and_pad(1.5)
    content = Sound(np.stack([tune + pad, tune - pad]), RATE)
    only_tune, only_pad = Sound(np.stack([tune, tune]), RATE), Sound(np.stack([pad, -pad]), RATE)
    assert score(content, content=content)["content_kept"] > 0.99
    for output in (only_tune, only_pad):
        assert score(output, content=content)["content_kept"] < 0.8


def test_a_wide_output_of_mono_content_stays_wide(rng: np.random.Generator) -> None:
    mono = np.tile(melody(0.5, RATE), (2, 1))
    wide = (mono + 0.1 * rng.standard_normal(mono.shape)).astype(np.float32)
    np.testing.assert_array_equal(rebalanced(wide.copy(), mono), wide)


def test_a_hiss_is_not_raised_to_the_width_of_the_content(rng: np.random.Generator) -> None:
    content = rng.standard_normal((2, 8000)).astype(np.float32)
    narrow = np.tile(melody(0.5, RATE), (2, 1)) + 1e-3 * content
    np.testing.assert_array_equal(rebalanced(narrow.copy(), content), narrow)
