"""A recording continued beyond its ends, so that a note that is cut off leaves no crack there."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_ORDER = 256
_N_SEEN = 4096
_SILENCE = 1e-12


def extended(waveform: Tensor, n_samples: int) -> Tensor:
    """A recording with its continuation on both sides, faded out.

    Each end is continued by linear prediction, as tones and noises go on by themselves, with the
    coefficients that Burg's method finds in its last 4096 samples (Kauppinen & Roth 2002, "Audio
    signal extrapolation: theory and applications", DAFx). Spectra of frames that look beyond an end
    are then those of the sound, where silence or a mirror image would put a crack into all bands.

    Args:
        waveform: ``(time,)``.
        n_samples: number of samples that are added on each side.

    **Shape**: result ``(n_samples + time + n_samples,)``.

    Example:
        >>> tone = torch.sin(0.1 * torch.arange(2000.0) + 1.0)
        >>> longer = extended(tone, 100)
        >>> bool((longer[100:-100] - tone).abs().max() == 0)
        True
        >>> abs(float(longer[95] - torch.sin(torch.tensor(0.5)))) < 0.02
        True
    """
    samples = waveform.detach().cpu().numpy().astype(np.float64)
    fade = 0.5 + 0.5 * np.cos(np.pi * (np.arange(n_samples) + 1.0) / (n_samples + 1.0))
    after = _continuation(samples[-_N_SEEN:], n_samples) * fade
    before = _continuation(samples[:_N_SEEN][::-1], n_samples) * fade
    sides = (torch.from_numpy(side.copy()).to(waveform) for side in (before[::-1], after))
    first, last = sides
    return torch.cat([first, waveform, last])


def _continuation(seen: NDArray[np.float64], n_samples: int) -> NDArray[np.float64]:
    coefficients = _burg(seen, min(_ORDER, len(seen) // 3))
    order = len(coefficients)
    out = np.zeros(order + n_samples)
    if order == 0:
        return out
    out[:order] = seen[-order:]
    reversed_coefficients = coefficients[::-1].copy()
    for i in range(order, order + n_samples):
        out[i] = reversed_coefficients @ out[i - order : i]
    peak = np.abs(seen).max()  # tones that beat may add up to more than was ever heard
    return np.clip(out[order:], -peak, peak)


def _burg(samples: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """Prediction coefficients ``(order,)`` of the next sample from those before, latest first."""
    forward, backward = samples[1:].copy(), samples[:-1].copy()
    coefficients = np.zeros(0)
    for _ in range(order):
        energy = forward @ forward + backward @ backward
        if energy <= _SILENCE:
            break
        reflection = 2.0 * (forward @ backward) / energy
        coefficients = np.append(coefficients - reflection * coefficients[::-1], reflection)
        forward, backward = (
            forward[1:] - reflection * backward[1:],
            backward[:-1] - reflection * forward[:-1],
        )
    return coefficients
