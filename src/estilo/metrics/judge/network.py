"""The network behind the judge of timbre, in numpy: audible levels in, a direction out.

Four convolutions over bands and frames see spectral shape and its course over half a second, two
more see how that goes on; the mean and the deviation of what they see, over the frames that sound,
become a vector of unit length. Recordings of one instrument point in one direction, whatever notes
it plays. The weights were learnt by `estilo.evaluation.networks.judge`; ``weights/judge.json`` says
from what.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from estilo.metrics.judge.hearing import Heard

STRIDES = ((2, 2), (2, 1), (2, 2), (2, 1))
"""Bands and frames from one place of each convolution to the next."""

FRAMES_PER_STEP = 4
"""Frames that one step of the network's output stands for."""

DEVIATION_EPSILON = 1e-4
WEIGHT_EPSILON = 1e-4
_BLOCK_FRAMES = 4096  # 48 s
_SIDE_FRAMES = 16  # what a step sees to either side of its own frames, and a little more

Array = NDArray[np.float32]


def direction(of: Heard, weights: Mapping[str, Array]) -> Array:
    """The network.

    Args:
        of: audible levels.
        weights: arrays ``conv{i}`` (outputs, inputs, bands, frames), ``line0`` (outputs, inputs),
            ``line1`` (outputs, inputs, frames) and ``out`` (outputs, inputs), each with
            ``…_bias`` (outputs); normalisations are folded in.

    Returns:
        A vector of unit length. **Shape** ``(outputs,)``.
    """
    starts = range(0, of.levels.shape[2], _BLOCK_FRAMES)
    steps = np.concatenate([_block(of.levels, start, weights) for start in starts])
    share = _means(of.weights) + np.float32(WEIGHT_EPSILON)
    share = (share / share.sum())[:, None]
    mean = (steps * share).sum(axis=0)
    variance = (np.square(steps - mean) * share).sum(axis=0)
    pooled = np.concatenate([mean, np.sqrt(variance + np.float32(DEVIATION_EPSILON))])
    out = weights["out"] @ pooled + weights["out_bias"]
    return (out / np.linalg.norm(out)).astype(np.float32)


def _block(levels: Array, start: int, weights: Mapping[str, Array]) -> Array:
    """What the convolutions see of a block, as if they saw the whole recording."""
    first = max(start - _SIDE_FRAMES, 0)
    seen = _seen(levels[:, :, first : start + _BLOCK_FRAMES + _SIDE_FRAMES], weights)
    n_before = (start - first) // FRAMES_PER_STEP
    return seen[n_before:][: _BLOCK_FRAMES // FRAMES_PER_STEP]


def _seen(levels: Array, weights: Mapping[str, Array]) -> Array:
    """What the convolutions see, ``(steps, channels)``."""
    out = levels
    for number, strides in enumerate(STRIDES):
        out = _convolved(out, weights[f"conv{number}"], weights[f"conv{number}_bias"], strides)
    lines = out.reshape(-1, out.shape[2]).T
    lines = np.maximum(lines @ weights["line0"].T + weights["line0_bias"], 0.0)
    taps = weights["line1"]
    side = taps.shape[2] // 2
    padded = np.pad(lines, ((side, side), (0, 0)))
    total = sum(padded[tap : tap + len(lines)] @ taps[:, :, tap].T for tap in range(taps.shape[2]))
    return np.maximum(total + weights["line1_bias"], 0.0)


def _convolved(levels: Array, taps: Array, bias: Array, strides: tuple[int, int]) -> Array:
    """A convolution over bands and frames, centred, and what of it is positive."""
    size = taps.shape[2:]
    padded = np.pad(levels, ((0, 0), *((each // 2, each // 2) for each in size)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, size, axis=(1, 2))
    windows = windows[:, :: strides[0], :: strides[1]]
    n_bands, n_frames = windows.shape[1:3]
    # One product of two matrices, over all places at once.
    columns = windows.transpose(1, 2, 0, 3, 4).reshape(n_bands * n_frames, -1)
    out = columns @ taps.reshape(len(taps), -1).T
    out += bias
    return np.maximum(out, 0.0).T.reshape(len(taps), n_bands, n_frames)


def _means(frames: Array) -> Array:
    """Means of `FRAMES_PER_STEP` frames each, the last of what is left."""
    starts = np.arange(0, len(frames), FRAMES_PER_STEP)
    sizes = np.minimum(len(frames) - starts, FRAMES_PER_STEP)
    return (np.add.reduceat(frames, starts) / sizes).astype(np.float32)


@lru_cache(maxsize=1)
def trained_weights() -> dict[str, Array]:
    """The weights that belong to the package, as float32; see `direction`."""
    with (files("estilo.metrics") / "weights" / "judge.npz").open("rb") as file:
        return {name: array.astype(np.float32) for name, array in np.load(file).items()}
