"""The network of the transcriber: whether each note starts, is held, and how loud it is.

It looks at three frames and five bins around a place in the spectrum, at every resolution; at the
harmonics and subharmonics of a note; at the notes that share harmonics with it, at once and again
when something is known of the frames nearby; and, note by note with weights that all notes share,
at half a second before and after through dilated convolutions, all added up as in He et al. 2016,
"Identity mappings in deep residual networks" (ECCV, arXiv:1603.05027). Its heads are those of
Hawthorne et al. 2018, "Onsets and frames: dual-objective piano transcription" (ISMIR,
arXiv:1710.11153) on stacked harmonics as in Bittner et al. 2022, "A lightweight
instrument-agnostic model for polyphonic note transcription" (ICASSP, arXiv:2203.09893).
One more head hears hits without a pitch.

The weights were learnt by `estilo.evaluation.networks.notes`; ``weights/notes.json`` says from
what.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from estilo.analysis.salience import (
    BINS_PER_SEMITONE,
    HARMONICS,
    N_BINS,
    N_NOTES,
    RELATIVES,
    harmonic_bins,
    harmonic_padding,
)
from estilo.analysis.transcription.spectra import HOP, WINDOWS, log_levels, mean_power

NEAR_FRAMES, NEAR_BINS = 3, 5
DILATIONS_BEFORE, DILATIONS_AFTER = (1, 2), (4, 8, 16)
"""Distance in frames of what each convolution in time sees before and after, for those before and
after the second look at related notes."""

DILATIONS = DILATIONS_BEFORE + DILATIONS_AFTER

HIT_FRAMES = 5
N_BANDS = 7
"""Parts of the spectrum that the head for hits tells apart."""

MARGIN = NEAR_FRAMES // 2 + sum(DILATIONS)
"""Frames before and after one that it hears."""

_BLOCK = 128
_STRETCH = 1024
Array = NDArray[np.float32]


class Heard(NamedTuple):
    """What the network says of each frame.

    Args:
        onset: logit of a note's start. **Shape** ``(n_frames, 88)``.
        held: logit of a note being held. **Shape** ``(n_frames, 88)``.
        level: level of each note while it is held, on the scale of
            `estilo.analysis.transcription.spectra.log_levels`. **Shape** ``(n_frames, 88)``.
        hit: logit of a hit. **Shape** ``(n_frames,)``.
    """

    onset: Array
    held: Array
    level: Array
    hit: Array


def heard_in(mono: Array, weights: Mapping[str, Array]) -> Heard:
    """What the network says of a sound of any length, a stretch at a time.

    Args:
        mono: one channel at 16 kHz. **Shape** ``(time,)``.
        weights: weights as for `heard`.
    """
    n_frames, power = 1 + len(mono) // HOP, mean_power(mono)
    parts = []
    for start in range(0, n_frames, _STRETCH):
        first, last = max(start - MARGIN, 0), min(start + _STRETCH + MARGIN, n_frames)
        levels = log_levels(mono, first=first, n_frames=last - first, power=power)
        own = slice(start - first, start - first + _STRETCH)
        parts.append([each[own] for each in heard(levels, weights)])
    return Heard(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def heard(levels: Array, weights: Mapping[str, Array]) -> Heard:
    """The network, block by block.

    Args:
        levels: levels that `estilo.analysis.transcription.spectra.log_levels` gave. **Shape**
            ``(n_frames, N_BINS, n_layers)``.
        weights: weights, with the names and shapes of `estilo.evaluation.networks.notes`.
    """
    padded = np.pad(levels, ((MARGIN, MARGIN), (0, 0), (0, 0)))
    blocks = [
        _heard_in_block(padded[start : start + _BLOCK + 2 * MARGIN], weights)
        for start in range(0, len(levels), _BLOCK)
    ]
    return Heard(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))


def _heard_in_block(frames: Array, weights: Mapping[str, Array]) -> Heard:
    near = _relu(_near(frames, weights))
    known = _affine(_at_harmonics(near), "harmonic", weights)
    for steps, stage in ((DILATIONS_BEFORE, "first"), (DILATIONS_AFTER, "second")):
        told = _relu(_affine(np.maximum(known, 0.0), f"{stage}_told", weights))
        known += _affine(_of_relatives(told), f"{stage}_heard", weights)
        for step in steps:
            seen = np.maximum(known, 0.0)
            around = np.concatenate([seen[: -2 * step], seen[step:-step], seen[2 * step :]], -1)
            known = known[step:-step] + _affine(around, f"time{step}", weights)
    last = _affine(_relu(_affine(_relu(known), "mix", weights)), "out", weights)
    return Heard(last[..., 0], last[..., 1], last[..., 2], _hits(near, weights))


def _hits(near: Array, weights: Mapping[str, Array]) -> Array:
    bands = near.reshape(len(near), N_BANDS, -1, near.shape[-1]).mean(axis=2)
    seen = _relu(_affine(bands.reshape(len(near), -1), "bands", weights))
    seen = seen[sum(DILATIONS) - HIT_FRAMES // 2 : len(seen) - sum(DILATIONS) + HIT_FRAMES // 2]
    n_frames = len(seen) - (HIT_FRAMES - 1)
    around = np.concatenate([seen[t : t + n_frames] for t in range(HIT_FRAMES)], axis=-1)
    return _affine(_relu(_affine(around, "hit", weights)), "hit_out", weights)[..., 0]


def _affine(x: Array, name: str, weights: Mapping[str, Array]) -> Array:
    """A layer along the last axis, as one product of two matrices, which is quickest."""
    flat = x.reshape(-1, x.shape[-1]) @ weights[name]
    flat += weights[f"{name}_bias"]
    return flat.reshape(*x.shape[:-1], -1)


def _near(frames: Array, weights: Mapping[str, Array]) -> Array:
    """A layer on the bins nearby of each frame and its neighbours."""
    side = NEAR_BINS // 2
    padded = np.pad(frames, ((0, 0), (side, side), (0, 0)))
    n_frames = len(frames) - (NEAR_FRAMES - 1)
    around = np.concatenate(
        [
            padded[t : t + n_frames, b : b + N_BINS]
            for t in range(NEAR_FRAMES)
            for b in range(NEAR_BINS)
        ],
        axis=-1,
    )
    return _affine(around, "near", weights)


def _at_harmonics(near: Array) -> Array:
    below, above = harmonic_padding()
    padded = np.pad(near, ((0, 0), (below, above), (0, 0)))
    columns = [
        padded[:, below + offset :: BINS_PER_SEMITONE][:, :N_NOTES] for offset in harmonic_bins()
    ]
    place = np.broadcast_to(note_places(), (len(near), N_NOTES, 2))
    return np.concatenate([*columns, place], axis=-1)


def note_places() -> Array:
    """Where on the keyboard each note lies, and the square of it; **shape** ``(88, 2)``, 0 to 1."""
    place = np.linspace(0.0, 1.0, N_NOTES, dtype=np.float32)
    return np.stack([place, place**2], axis=-1)


def _of_relatives(notes: Array) -> Array:
    side = max(map(abs, RELATIVES))
    padded = np.pad(notes, ((0, 0), (side, side), (0, 0)))
    return np.concatenate([padded[:, side + r : side + r + N_NOTES] for r in RELATIVES], axis=-1)


def _relu(x: Array) -> Array:
    return np.maximum(x, 0.0, out=x)


def sizes() -> dict[str, tuple[int, int]]:
    """Inputs and outputs of each layer, in the order in which they act."""
    near, width, told = 16, 48, 16
    layers = {
        "near": (NEAR_FRAMES * NEAR_BINS * len(WINDOWS), near),
        "harmonic": (near * len(HARMONICS) + 2, width),
    }
    for steps, stage in ((DILATIONS_BEFORE, "first"), (DILATIONS_AFTER, "second")):
        layers |= {f"{stage}_told": (width, told)}
        layers |= {f"{stage}_heard": (told * len(RELATIVES), width)}
        layers |= {f"time{step}": (3 * width, width) for step in steps}
    layers |= {"mix": (width, 32), "out": (32, 3)}
    return layers | {
        "bands": (near * N_BANDS, 24),
        "hit": (24 * HIT_FRAMES, 16),
        "hit_out": (16, 1),
    }


@lru_cache(maxsize=1)
def trained_weights() -> dict[str, Array]:
    """The weights that belong to the package, as float32."""
    with (files("estilo.analysis") / "weights" / "notes.npz").open("rb") as file:
        return {name: array.astype(np.float32) for name, array in np.load(file).items()}
