"""Loops of drums, made of hits whose tails go on at the start, and the same cut elsewhere."""

import numpy as np
import pytest

from estilo.analysis.loops import is_loop

RATE = 22_050


def hit(kind: int, rng: np.random.Generator) -> np.ndarray:
    time_s = np.arange(round(rng.uniform(0.15, 0.8) * RATE)) / RATE
    if kind == 0:
        phase = 2 * np.pi * (50 * time_s + 6 * (1 - np.exp(-30 * time_s)))
        return np.sin(phase) * np.exp(-rng.uniform(4, 12) * time_s)
    noise = rng.standard_normal(len(time_s)) * np.exp(-rng.uniform(8, 40) * time_s)
    return 0.4 * noise if kind == 1 else 0.3 * np.diff(noise, prepend=0.0)


def drums(seed: int) -> np.ndarray:
    """Two bars of sixteenths, a hit on the first of them; **shape** ``(1, time)``."""
    rng = np.random.default_rng(seed)
    size = round(8 * 60 / rng.uniform(80, 170) * RATE / 2)
    out = np.zeros(size)
    for step in range(16):
        if step and rng.random() < 0.35:
            continue
        made = hit(int(rng.integers(3)) if step else 0, rng)
        np.add.at(out, (round(step * size / 16) + np.arange(len(made))) % size, made)
    return (0.3 * out / np.abs(out).max()).astype(np.float32)[None]


@pytest.mark.parametrize("seed", range(10))
def test_a_loop_that_begins_with_a_hit_is_one(seed: int) -> None:
    assert is_loop(drums(seed), RATE)
    assert is_loop(np.concatenate([drums(seed), drums(seed)]), RATE)


def test_cut_anywhere_it_is_none() -> None:
    rng = np.random.default_rng(0)
    found = 0
    for seed in range(20):
        whole = np.tile(drums(seed), 2)
        start, length = (round(rng.uniform(*span) * RATE) for span in ((0.0, 0.8), (0.7, 1.3)))
        found += is_loop(whole[:, start : start + length], RATE)
    assert found <= 1


def test_nothing_is_no_loop() -> None:
    for n_samples in (0, 1, 10, 500, 50_000):
        assert not is_loop(np.zeros((2, n_samples), np.float32), RATE)


def test_what_fades_at_both_ends_needs_no_closing() -> None:
    time_s = np.arange(32_000) / 16_000
    tone = np.sin(2 * np.pi * 220 * time_s)[None].astype(np.float32)
    fade = np.clip(np.minimum(np.arange(32_000), np.arange(32_000)[::-1]) / 800, 0.0, 1.0) ** 2
    assert is_loop(tone, 16_000)
    assert not is_loop((tone * fade).astype(np.float32), 16_000)
