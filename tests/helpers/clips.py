"""Short synthetic recordings, made the same in every run."""

import numpy as np
import torch

from estilo.audio import Audio
from estilo.engines.base import Task


def melody(seconds: float, sample_rate: int, *, seed: int = 0) -> np.ndarray:
    """Notes with a few partials, decaying, four a second: ``(time,)``, peak about 0.3."""
    generator = np.random.default_rng(seed)
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    out = 1e-4 * generator.standard_normal(len(time))
    for start in np.arange(0.0, seconds, 0.25):
        pitch = 220.0 * 2.0 ** (generator.integers(0, 13) / 12)
        after = np.maximum(time - start, 0.0)
        envelope = np.exp(-6.0 * after) * (time >= start)
        for partial in range(1, 5):
            if partial * pitch < 0.45 * sample_rate:
                out += 0.15 / partial * envelope * np.sin(2 * np.pi * partial * pitch * after)
    return out.astype(np.float32)


def rain(seconds: float, sample_rate: int, *, seed: int = 1) -> np.ndarray:
    """Bright noise with slow waves of level: ``(time,)``, rms about 0.1."""
    generator = np.random.default_rng(seed)
    noise = generator.standard_normal(round(seconds * sample_rate) + 1)
    time = np.arange(len(noise) - 1) / sample_rate
    waves = 1.0 + 0.5 * np.sin(2 * np.pi * 3.0 * time)
    return (0.07 * np.diff(noise) * waves).astype(np.float32)


def stereo(seconds: float, sample_rate: int) -> np.ndarray:
    """A melody left of the middle, another far right, some noise around: ``(2, time)``."""
    first = melody(seconds, sample_rate, seed=2)
    second = melody(seconds, sample_rate, seed=3)
    wide = 0.1 * rain(seconds, sample_rate, seed=4)
    return np.stack([0.9 * first + 0.1 * second + wide, 0.5 * first + 0.8 * second - wide])


def audio(samples: np.ndarray, sample_rate: int) -> Audio:
    return Audio(samples, sample_rate)


def task(
    content: np.ndarray | None, *styles: np.ndarray, sample_rate: int = 8000, seed: int = 0, **more
) -> Task:
    """A task of arrays ``(time,)`` or ``(channels, time)``."""

    def tensor(samples: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.atleast_2d(samples).copy())

    chosen = None if content is None else tensor(content)
    return Task(
        content=chosen,
        styles=tuple(tensor(style) for style in styles),
        style_weights=(1.0 / len(styles),) * len(styles),
        sample_rate=sample_rate,
        n_samples=more.pop("n_samples", None) or (0 if chosen is None else chosen.shape[-1]),
        seed=seed,
    )
