"""Distance of an output's timbre from the one that it should have, by a small trained network.

Conventions: mono, 16 kHz; MFCCs 1 to 12 (`estilo.analysis.spectra.mfcc`) in, four blocks of
convolution, normalisation, ReLU and maximum, and a mean over time out: the network by which
O. Cífka et al. (2021, https://arxiv.org/abs/2102.05749) judge timbre. Theirs learnt from a
collection of stems, this one from estilo's synthesiser (`estilo.evaluation.networks.timbre`;
``weights/timbre.json`` says from what, and how often it is right), so figures compare with theirs
only as ratios to "content copied".

Everything is heard once: a recording that is not as long as the network wants, 8 s and then in
steps of 4 s, is continued with its own beginning.

Metrics: `timbre_triplet`.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.sound import Sound
from estilo.analysis.spectra import N_BANDS, N_MFCC, mfcc
from estilo.metrics.base import Metric, are_audible, nothing_to_measure

METRIC_SEED = 0x7131B2E
"""First word of the seed of every instrument and texture that a metric learnt from or was tested
on. It is reserved: what a metric knows must not be what an engine is trained on, so nothing but
the training of metrics may begin a seed with it."""

SIZES = (4, 4, 4, 2)
"""Frames under each block's kernel, and frames of which it keeps the maximum."""

N_INPUTS = N_MFCC - 1
N_CHANNELS = 64
MARGIN = 0.1
"""Margin in training by which another source was to be further away than the same one."""

_FLOOR = -100.0 * np.sqrt(N_BANDS) + 0.01
"""Coefficient 0 of a frame in which every band is cut off at -100 dB, and some rounding."""

Array = NDArray[np.float32]


def _frames_for(n_last: int) -> int:
    """Frames that the blocks reduce to so many."""
    for size in reversed(SIZES):
        n_last = n_last * size + size - 1
    return n_last


N_FRAMES = _frames_for(1)
"""The fewest frames that go in, 7.97 s; more come in steps of `STEP_FRAMES`."""

STEP_FRAMES = _frames_for(2) - N_FRAMES


def timbre_triplet(output: Sound, reference: Sound) -> float:
    r"""Cosine distance between the network's embeddings of two recordings.

    .. math:: 1 - \frac{\langle u, v \rangle}{\|u\| \|v\|}, \quad u, v \ge 0

    Args:
        output: any length and rate.
        reference: any length and rate, not necessarily the output's.

    Returns:
        0 for equal timbre, up to 1; NaN after a warning where one is silent.

    Raises:
        InputError: one of them is not a `Sound`.

    Source: O. Cífka, A. Ozerov, U. Şimşekli, G. Richard 2021, https://arxiv.org/abs/2102.05749

    Example:
        >>> noise = np.random.default_rng(0).normal(size=16000)
        >>> bright, dull = Sound(np.diff(noise), 16000), Sound(np.cumsum(noise), 16000)
        >>> timbre_triplet(bright, bright) < 1e-6 < 0.1 < timbre_triplet(bright, dull)
        True
    """
    if not are_audible("timbre_triplet", output, reference):
        return nothing_to_measure("timbre_triplet")
    ours = output.once(timbre_embedding).astype(np.float64)
    theirs = reference.once(timbre_embedding).astype(np.float64)
    norms = float(np.linalg.norm(ours) * np.linalg.norm(theirs))
    if norms == 0.0:
        return nothing_to_measure("timbre_triplet", "a recording is too quiet for its mel bands")
    return min(max(1.0 - float(ours @ theirs) / norms, 0.0), 1.0)


def timbre_embedding(sound: Sound) -> Array:
    """The network's embedding of a recording; compute it through `Sound.once`, which keeps it.

    **Shape**: ``(64,)``, not negative; zeros where no mel band of the recording can be heard.

    Args:
        sound: any length and rate.

    Example:
        >>> timbre_embedding(Sound(np.sin(0.1 * np.arange(16000)), 16000)).shape
        (64,)
    """
    coefficients = sound.once(mfcc)
    if coefficients[0].max() <= _FLOOR:
        return np.zeros(N_CHANNELS, np.float32)
    return forward(continued(coefficients[1:]), trained_weights())


def continued(coefficients: NDArray) -> NDArray:
    """Frames continued with their own beginning to a length at which the network hears them all.

    **Shape**: ``(n_inputs, n_frames)`` to ``(n_inputs, N_FRAMES + k * STEP_FRAMES)``.

    Args:
        coefficients: MFCCs of at least one frame.

    Example:
        >>> continued(np.arange(300)[None])[0, [0, 299, 300, -1]].tolist(), STEP_FRAMES
        ([0, 299, 0, 82], 128)
    """
    n_frames = coefficients.shape[1]
    n_steps = -(-max(n_frames - N_FRAMES, 0) // STEP_FRAMES)
    return coefficients[:, np.arange(N_FRAMES + n_steps * STEP_FRAMES) % n_frames]


def forward(coefficients: NDArray, weights: Mapping[str, NDArray]) -> Array:
    """The network, its normalisations folded into the convolutions.

    **Shape**: ``(N_INPUTS, n_frames)`` to ``(N_CHANNELS,)``; at least `N_FRAMES` frames.

    Args:
        coefficients: MFCCs 1 to 12.
        weights: arrays ``block{i}`` of shape ``(size * inputs, channels)``, the inputs of one frame
            side by side, and ``block{i}_bias``, with the block *i* counted from 0.

    Example:
        >>> forward(np.ones((N_INPUTS, N_FRAMES)), trained_weights()).shape
        (64,)
    """
    out = np.ascontiguousarray(coefficients.T, dtype=np.float32)
    for block, size in enumerate(SIZES):
        n_frames = len(out) - size + 1
        taps = np.concatenate([out[tap : tap + n_frames] for tap in range(size)], axis=1)
        out = taps @ weights[f"block{block}"] + weights[f"block{block}_bias"]
        n_kept = n_frames // size
        out = out[: n_kept * size].reshape(n_kept, size, -1).max(axis=1)
        out = np.maximum(out, 0.0)
    return out.mean(axis=0)


@lru_cache(maxsize=1)
def trained_weights() -> dict[str, Array]:
    """The weights that belong to the package, as float32; see `forward`."""
    with (files("estilo.metrics") / "weights" / "timbre.npz").open("rb") as file:
        return {name: array.astype(np.float32) for name, array in np.load(file).items()}


TIMBRE_TRIPLET = Metric(
    "timbre_triplet", "timbre (triplet)", "lower", 0.0, "timbre", timbre_triplet
)
