"""How much of a texture was copied from its style instead of being new.

Conventions: mono waveforms at one sample rate, 16 kHz in all published figures.

Metrics: `copy_score`.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft

from estilo.errors import InputError

WINDOW_S = 0.5
HOP_S = 0.25
_SILENCE = 1e-10


def copy_score(output: ArrayLike, style: ArrayLike, sample_rate: int) -> float:
    r"""Mean over windows of the best match anywhere in the style.

    For every window of 0.5 s (hop 0.25 s) the largest normalised cross-correlation
    :math:`|\langle w, s_\tau \rangle| / (\|w\| \|s_\tau\|)` over all lags. A recording against its
    own other half gives about 0.17, against itself 1. Silent windows count as not copied.

    Args:
        output: ``(time,)``, at least half a second.
        style: ``(time,)``, at least half a second.
        sample_rate: of both, in Hz.

    Raises:
        InputError: one of them is shorter than a window.

    Example:
        >>> noise = np.random.default_rng(0).normal(size=16000)
        >>> round(copy_score(noise, noise, 16000), 3)
        1.0
    """
    output, style = np.asarray(output, np.float64), np.asarray(style, np.float64)
    size, hop = round(WINDOW_S * sample_rate), round(HOP_S * sample_rate)
    for name, signal in (("output", output), ("style", style)):
        if signal.ndim != 1 or len(signal) < size:
            raise InputError(
                f"the {name} must be mono and at least {WINDOW_S} s long, got shape {signal.shape} "
                f"at {sample_rate} Hz; give more audio"
            )
    n_lags = len(style) - size + 1
    n_fft = fft.next_fast_len(len(style) + size, real=True)
    spectrum = np.asarray(fft.rfft(style, n_fft))
    energy = np.concatenate([[0.0], np.cumsum(style**2)])
    norms = np.sqrt(np.maximum(energy[size:] - energy[:-size], 0.0))
    audible = norms > max(_SILENCE, 1e-4 * norms.max())
    matches = []
    for start in range(0, len(output) - size + 1, hop):
        window = output[start : start + size]
        norm = np.linalg.norm(window)
        if norm < _SILENCE or not audible.any():
            matches.append(0.0)
            continue
        window_spectrum = np.asarray(fft.rfft(window, n_fft))
        products = np.asarray(fft.irfft(spectrum * window_spectrum.conj(), n_fft))[:n_lags]
        matches.append(float(np.max(np.abs(products[audible]) / norms[audible]) / norm))
    return float(np.mean(matches))
