"""Granular shuffle: the control of texture synthesis, a likeness that is nothing but copies."""

import numpy as np

from estilo.errors import InputError

GRAIN_S = 0.1


def granular_shuffle(
    samples: np.ndarray, *, sample_rate: int, n_samples: int, rng: np.random.Generator
) -> np.ndarray:
    r"""Grains of 0.1 s from random places, added up half over each other under Hann windows.

    .. math:: y_t = \sum_k w_{t - kH}\, x_{t - kH + p_k}, \quad w_t + w_{t+H} = 1

    with hop :math:`H` of half a grain and places :math:`p_k` drawn evenly. Its short-time spectra
    are right and nothing longer than a grain is, which tells what an engine adds to it.

    Args:
        samples: recording to take grains from; **shape** ``(time,)``, a grain at least.
        sample_rate: sample rate in Hz.
        n_samples: number of samples of the result.
        rng: random generator of the places.

    **Shape**: result ``(n_samples,)``, float32.

    Raises:
        InputError: the recording is shorter than a grain.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> out = granular_shuffle(np.ones(500), sample_rate=1000, n_samples=800, rng=rng)
        >>> bool(np.allclose(out, 1.0))
        True
    """
    hop = max(round(0.5 * GRAIN_S * sample_rate), 1)
    size = 2 * hop
    if len(samples) < size:
        raise InputError(
            f"a granular shuffle needs a grain of {GRAIN_S} s at least, got "
            f"{len(samples) / sample_rate:.3f} s; give a longer recording"
        )
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(size) / size)
    n_grains = -(-n_samples // hop) + 1
    starts = rng.integers(0, len(samples) - size + 1, n_grains)
    # The first grain begins half before the result, so that its start is no fade.
    out = np.zeros((n_grains + 1) * hop)
    for index, start in enumerate(starts):
        out[index * hop : index * hop + size] += window * samples[start : start + size]
    return out[hop : hop + n_samples].astype(np.float32)
