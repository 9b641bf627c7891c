"""Pops and bursts in sounds that go on through them, so that what belongs there is known."""

import numpy as np
import pytest

from estilo.dsp.bursts import bursts, without_bursts

RATE = 16_000
TIME_S = np.arange(3 * RATE) / RATE
TONE = (
    sum(0.1 / k * np.sin(2 * np.pi * 220 * k * TIME_S + k) for k in range(1, 6))
    + 1e-3 * np.random.default_rng(0).standard_normal(len(TIME_S))
).astype(np.float32)[None]


def noise(length: int) -> np.ndarray:
    return np.random.default_rng(1).uniform(-1.0, 1.0, length)


@pytest.mark.parametrize(
    ("start", "of"),
    [
        (20_000, 2.5 * np.hanning(30)),
        (20_000, noise(800)),
        (len(TIME_S) - 1, np.ones(1)),
        (0, np.sign(np.sin(0.07 * np.arange(600)))),
        (30_000, np.ones(1)),
    ],
    ids=["pop", "burst", "last sample", "clipped start", "one sample"],
)
def test_one_is_found_and_bridged(start: int, of: np.ndarray) -> None:
    samples = TONE.copy()
    samples[0, start : start + len(of)] += of
    ((first, stop),) = bursts(samples, RATE)
    assert first <= start
    assert stop >= start + len(of)
    assert stop - first < len(of) + 0.025 * RATE
    (calm,) = without_bursts(samples, [(first, stop)], RATE)
    true = TONE[:, first:stop]
    assert np.abs(calm).max() < 2.0 * np.abs(TONE).max()
    if first > 0 and stop < samples.shape[1]:
        assert np.square(calm - true).mean() < 0.1 * np.square(true).mean()


@pytest.mark.parametrize("start", [9000, 20_000, 31_234])
def test_a_pop_leaves_nothing_to_be_heard_in_a_tone(start: int) -> None:
    samples = TONE.copy()
    samples[0, start : start + 30] += 2.5 * np.hanning(30)
    ((first, stop),) = bursts(samples, RATE)
    (calm,) = without_bursts(samples, [(first, stop)], RATE)
    true = TONE[:, first:stop]
    assert np.square(calm - true).mean() < 1e-3 * np.square(true).mean()


def test_it_is_heard_in_any_channel_and_taken_from_all() -> None:
    samples = np.concatenate([TONE, 0.5 * TONE])
    samples[1, 20_000:20_400] += noise(400)
    ((first, stop),) = bursts(samples, RATE)
    (calm,) = without_bursts(samples, [(first, stop)], RATE)
    assert calm.shape == (2, stop - first)


def hits(decay: float, gains: list[float]) -> np.ndarray:
    """Noises that die away, three a second, over faint noise."""
    out = 1e-4 * np.random.default_rng(2).standard_normal(len(TIME_S))
    for number, gain in enumerate(gains):
        after = TIME_S - number / 3.0
        out += gain * (after >= 0) * np.exp(-decay * np.maximum(after, 0.0)) * noise(len(TIME_S))
    return (0.3 * out).astype(np.float32)[None]


@pytest.mark.parametrize(
    "samples",
    [
        TONE,
        hits(5.0, [1.0]),
        hits(60.0, [1.0]),
        hits(200.0, [1.0]),
        hits(200.0, [1.0] * 9),
        hits(30.0, [0.3, 0.3, 1.0, 0.3, 0.3, 0.3]),
        np.exp(-6.0 * TIME_S)[None] * TONE,
        np.zeros((1, 1000), np.float32),
        np.ones((1, 1), np.float32),
        np.zeros((1, 0), np.float32),
    ],
    ids=[
        "tone",
        "cymbal",
        "drum",
        "click",
        "clicks",
        "accent",
        "plucked",
        "silence",
        "one",
        "none",
    ],
)
def test_attacks_and_decays_are_none(samples: np.ndarray) -> None:
    assert bursts(samples, RATE) == []
