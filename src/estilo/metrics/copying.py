"""Share of a texture that was copied from its style instead of being new.

Conventions: mono waveforms at one sample rate, 16 kHz in all published figures.

Metrics: `copy_score`, of arrays; `copying`, the same of Sounds. Its best is 0, nothing copied;
identical recordings give 1. The SS VQ-VAE paper has nothing like it; compare it with the style's
two halves against each other.
"""

import numpy as np
from numpy.typing import ArrayLike

from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.transforms import backward, forward
from estilo.errors import InputError
from estilo.metrics.base import Metric, are_audible, nothing_to_measure

WINDOW_S = 0.5
HOP_S = 0.25
_SILENCE = 1e-10
_WINDOWS_AT_ONCE = 64


def copy_score(output: ArrayLike, style: ArrayLike, sample_rate: int) -> float:
    r"""Mean over windows of the best match anywhere in the style.

    For every window of 0.5 s (hop 0.25 s) the largest normalised cross-correlation
    :math:`|\langle w, s_\tau \rangle| / (\|w\| \|s_\tau\|)` over all lags. A recording against its
    own other half gives about 0.17, against itself 1. Silent windows count as not copied.

    Args:
        output: output, ``(time,)``, at least half a second.
        style: style, ``(time,)``, at least half a second.
        sample_rate: sample rate of both, in Hz.

    Raises:
        InputError: one of them is shorter than a window.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=16000)
        >>> round(copy_score(noise, noise, 16000), 3)
        1.0
    """
    output, style = np.asarray(output, np.float32), np.asarray(style, np.float32)
    size, hop = round(WINDOW_S * sample_rate), round(HOP_S * sample_rate)
    for name, signal in (("output", output), ("style", style)):
        if signal.ndim != 1 or len(signal) < size:
            raise InputError(
                f"the {name} must be mono and at least {WINDOW_S} s long, got shape {signal.shape} "
                f"at {sample_rate} Hz; give more audio"
            )
    energy = np.concatenate([[0.0], np.cumsum(np.square(style, dtype=np.float64))])
    norms = np.sqrt(np.maximum(energy[size:] - energy[:-size], 0.0))
    audible = norms > max(_SILENCE, 1e-4 * norms.max())
    weights = np.divide(1.0, norms, out=np.zeros_like(norms), where=audible).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(output, size)[::hop]
    matches = [
        _best_matches(windows[start : start + _WINDOWS_AT_ONCE], style, weights)
        for start in range(0, len(windows), _WINDOWS_AT_ONCE)
    ]
    return float(np.concatenate(matches).mean())


def copying(output: Sound, style: Sound) -> float:
    """The `copy_score` of two recordings in mono at 16 kHz, at their own lengths.

    What is good lies between: a new texture scores as one half of the style against the other,
    about 0.17, identical recordings score 1.

    Args:
        output: any rate, at least half a second.
        style: any rate, at least half a second.

    Returns:
        0 to 1; NaN after a warning where one is silent or shorter than half a second.

    Raises:
        InputError: one of them is not a `Sound`.

    Example:
        >>> noise = Sound(np.random.default_rng(0).normal(size=22050), 22050)
        >>> round(copying(noise, noise), 3)
        1.0
    """
    if not are_audible("copy_score", output, style):
        return nothing_to_measure("copy_score")
    if min(output.mono.size, style.mono.size) < WINDOW_S * RATE_HZ:
        return nothing_to_measure("copy_score", f"a recording is shorter than {WINDOW_S} s")
    return copy_score(output.mono, style.mono, RATE_HZ)


def _best_matches(windows: np.ndarray, style: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Each window's largest correlation, times the lag's weight; **shape** ``(windows,)``.

    The style is gone through in blocks of a few windows' length, which all windows share.
    """
    size = windows.shape[1]
    n_fft = 1 << (min(4 * size, len(style)) - 1).bit_length()
    n_lags = n_fft - size + 1
    spectra = forward(windows, n_fft).conj()
    best = np.zeros(len(windows), np.float32)
    for start in range(0, len(weights), n_lags):
        block = forward(style[start : start + n_fft], n_fft)
        here = weights[start : start + n_lags]
        products = backward(spectra * block, n_fft)[:, : len(here)]
        np.maximum(best, np.max(np.abs(products) * here, axis=1), out=best)
    best /= n_fft
    norms = np.linalg.norm(windows, axis=1)
    return np.divide(best, norms, out=np.zeros_like(best), where=norms >= _SILENCE)


COPY_SCORE = Metric("copy_score", "copied", "lower", 0.0, "style", copying)
