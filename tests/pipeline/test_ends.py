"""The ends of the content: cut sounds, loops and clips of next to no length, in every engine."""

from typing import Any

import numpy as np
import pytest
from clips import melody, rain

from estilo.audio import Audio
from estilo.engines import ENGINES
from estilo.pipeline.transfer import TransferResult, transfer

RATE = 16_000
QUICK: dict[str, dict[str, Any]] = {"optimise": {"n_steps": 3}}
PLAYING = [name for name in ENGINES if not ENGINES[name].chooses_engine]
CHANGING = [name for name in PLAYING if name not in ("content", "style")]
STYLE = Audio(rain(0.8, RATE), RATE)


def played(engine: str, samples: np.ndarray, rate: int = RATE) -> TransferResult:
    options = QUICK.get(engine, {})
    return transfer(Audio(samples, rate), STYLE, engine=engine, scores=False, **options)


def tone(start: int, stop: int, rate: int = RATE) -> np.ndarray:
    """Partials of 466 Hz; **shape** ``(time,)``."""
    time = np.arange(start, stop) / rate
    partials = [10 ** (-k / 4) * np.sin(2 * np.pi * 466 * k * time + k) for k in range(1, 8)]
    return (0.2 * np.sum(partials, axis=0)).astype(np.float32)


def of_edges(samples: np.ndarray) -> float:
    """Peak within 20 ms of an end, over that of the inside."""
    n = RATE // 50
    edges = np.abs(np.concatenate([samples[:, :n], samples[:, -n:]], axis=1)).max()
    return float(edges / np.abs(samples[:, 4 * n : -4 * n]).max())


@pytest.mark.parametrize("engine", PLAYING)
@pytest.mark.parametrize("n_samples", [1, 2, 100, 1000, 5000])
def test_contents_of_any_length_are_taken(engine: str, n_samples: int) -> None:
    for n_channels in (1, 2) if n_samples in (1, 1000) else (1,):
        samples = np.stack([melody(0.4, RATE, seed=i)[200:][:n_samples] for i in range(n_channels)])
        result = played(engine, samples)
        assert result.audio.samples.shape == samples.shape
        assert np.isfinite(result.audio.samples).all()
        assert n_samples < 100 or result.audio.samples.any()


@pytest.mark.parametrize("engine", CHANGING)
@pytest.mark.parametrize("n_samples", [14_011, 14_003])
def test_a_note_cut_in_its_middle_has_no_edges(engine: str, n_samples: int) -> None:
    samples = tone(RATE, RATE + n_samples)[None]
    result = played(engine, samples)
    assert not result.report.is_loop
    assert of_edges(result.audio.samples) < 2.0 * of_edges(samples)
    assert result.report.level is not None
    assert result.report.level.shortfall_lu < 0.1


@pytest.mark.parametrize("engine", CHANGING)
def test_a_loop_stays_one(engine: str) -> None:
    """What is new at the seam stands out no more than anything inside, and is 30 dB down."""
    rate = 22_050 if engine in ("optimise", "neural") else RATE
    partials = [np.sin(2 * np.pi * f * np.arange(rate) / rate + f) for f in (220, 330, 440)]
    loop = 0.1 * np.stack([np.sum(partials, axis=0), partials[1]])
    result = played(engine, loop, rate)
    assert result.report.is_loop
    samples = result.audio.samples.astype(np.float64)
    twice = np.diff(np.concatenate([samples, samples], axis=1), n=3)
    reach, size = rate // 200, samples.shape[1]
    seam = np.abs(twice[:, size - reach : size + reach]).max()
    inside = np.abs(twice[:, size + reach : 2 * size - 2 * reach])
    inside = inside[:, : inside.shape[1] // (2 * reach) * 2 * reach].reshape(2, -1, 2 * reach)
    usual = np.quantile(inside.max(axis=(0, 2)), 0.99)
    assert max(seam - usual, 0.0) < 10 ** (-30 / 20) * max(samples.std(), usual)


def test_previews_are_as_long_as_the_content() -> None:
    lengths = []

    def on_progress(progress: Any) -> None:
        heard = progress.preview()
        lengths.append(None if heard is None else heard.n_samples)

    samples = tone(0, 12_345)[None]
    transfer(Audio(samples, RATE), STYLE, engine="mosaic", scores=False, on_progress=on_progress)
    assert set(lengths) == {12_345}
