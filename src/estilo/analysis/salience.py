"""The strength of each note of the keyboard in each frame, by a small network on a spectrum.

The spectrum has a logarithmic frequency axis and is taken through windows of several lengths, long
ones for close notes and short ones for close times, so that a harmonic lies at the same distance
from its fundamental for every note, and one network serves all 88 notes (as in the harmonic
constant-Q transform of Bittner, McFee, Salamon, Li & Bello 2017, "Deep salience representations for
f0 estimation in polyphonic music", ISMIR). It looks at

1. three frames and five bins around a place in the spectrum, at every resolution;
2. the harmonics and subharmonics of a note, 1/3 to 10;
3. the notes that share harmonics with it, which may explain what is seen: neighbours, octaves,
   fifths;
4. frames before and after.

The weights were learnt by `estilo.evaluation.networks.multipitch`; ``weights/multipitch.json`` says
from what.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

import numpy as np

from estilo.analysis.sound import RATE_HZ, Sound
from estilo.analysis.transforms import forward

LOWEST_MIDI = 21
"""Note of the first column: A0, 27.5 Hz."""

HIGHEST_MIDI = 108
"""Note of the last column: C8, 4186 Hz."""

N_NOTES = HIGHEST_MIDI - LOWEST_MIDI + 1

HOP = 512
"""Distance of two frames in samples at 16 kHz: 32 ms. Frame ``n`` is centred on ``n * HOP``."""

FRAME_RATE_HZ = RATE_HZ / HOP

WINDOWS = (8192, 4096, 2048, 1024)
"""Lengths of the analysis windows, in samples."""

BINS_PER_SEMITONE = 3
N_BINS = BINS_PER_SEMITONE * 98
"""Bin ``3 k + 1`` is centred on note ``LOWEST_MIDI + k``; the last lie below 8 kHz."""

HARMONICS = (1 / 3, 1 / 2, 1, 3 / 2, 2, 5 / 2, 3, 4, 5, 6, 7, 8, 9, 10)
"""Frequencies that speak for or against a note, as multiples of its fundamental."""

RELATIVES = (-24, -19, -12, -7, -1, 0, 1, 7, 12, 19, 24, 28)
"""Notes that may explain a note's harmonics, in semitones from it."""

RANGE_DB = 70.0
"""Range of levels that `log_spectra` maps to 0 to 1, in dB."""

_ABOVE_DB = 5.0
_SILENCE = 1e-10
NEAR_FRAMES, NEAR_BINS, FRAMES = 3, 5, 7
_BLOCK = 128
MARGIN = FRAMES // 2 + NEAR_FRAMES // 2


def salience(sound: Sound) -> np.ndarray:
    """Probability that each note is audible in each frame.

    **Shape**: ``(n_frames, 88)``, float32, with ``n_frames = 1 + time // HOP`` of `Sound.mono`;
    columns are the MIDI notes from `LOWEST_MIDI` to `HIGHEST_MIDI`.

    Args:
        sound: recording of any rate and level.

    Example:
        >>> tone = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
        >>> salience(Sound(tone, 16000)).shape
        (32, 88)
    """
    levels = sound.once(log_spectra_of)
    if not levels.any():
        return np.zeros((levels.shape[1], N_NOTES), dtype=np.float32)
    return 1.0 / (1.0 + np.exp(-logits(levels, trained_weights())))


def log_spectra_of(sound: Sound) -> np.ndarray:
    """The `log_spectra` of a recording; compute them through `Sound.once`.

    Args:
        sound: recording of any rate and level.
    """
    return log_spectra(sound.mono)


def log_spectra(mono: np.ndarray) -> np.ndarray:
    """Levels on the log-frequency axis, one layer per window, relative to the whole sound's.

    **Shape**: ``(len(WINDOWS), n_frames, N_BINS)``, float32, 0 at 65 dB below the sound's mean
    power, 1 at 5 dB above it.

    Args:
        mono: one channel at 16 kHz. **Shape** ``(time,)``.
    """
    n_frames = 1 + len(mono) // HOP
    half = max(WINDOWS) // 2
    padded = np.pad(np.asarray(mono, dtype=np.float32), (half, half + HOP))
    power = np.empty((len(WINDOWS), n_frames, N_BINS), dtype=np.float32)
    for layer, length in enumerate(WINDOWS):
        views = np.lib.stride_tricks.sliding_window_view(padded[half - length // 2 :], length)
        views = views[::HOP][:n_frames]
        for start in range(0, n_frames, _BLOCK):  # all at once, an hour would not fit into memory
            spectrum = forward(views[start : start + _BLOCK] * window_of(length))
            squares = np.square(spectrum.real) + np.square(spectrum.imag)
            for bins, bands, triangles in bands_of(length):
                power[layer, start : start + _BLOCK, bands] = squares[:, bins] @ triangles
    mean_power = float(np.mean(np.square(mono, dtype=np.float64))) if len(mono) else 0.0
    power /= np.float32(max(mean_power, _SILENCE))
    levels_db = 10.0 * np.log10(np.maximum(power, 1e-9))
    return np.maximum((levels_db + (RANGE_DB - _ABOVE_DB)) / RANGE_DB, 0.0)


def logits(levels: np.ndarray, weights: Mapping[str, np.ndarray]) -> np.ndarray:
    """The network, block by block.

    **Shape**: levels ``(n_layers, n_frames, N_BINS)``; result ``(n_frames, 88)``.

    Args:
        levels: levels that `log_spectra` gave.
        weights: weights, with the names and shapes of `estilo.evaluation.networks.multipitch`.
    """
    n_frames = levels.shape[1]
    frames = np.pad(levels.transpose(1, 2, 0), ((MARGIN, MARGIN), (0, 0), (0, 0)))
    blocks = [
        _logits_of_block(frames[start : start + _BLOCK + 2 * MARGIN], weights)
        for start in range(0, n_frames, _BLOCK)
    ]
    return np.concatenate(blocks)


def _logits_of_block(frames: np.ndarray, weights: Mapping[str, np.ndarray]) -> np.ndarray:
    near = _relu(_near(frames, weights))
    notes = _relu(_affine(_at_harmonics(near), "harmonic", weights))
    notes = _relu(_affine(notes, "reduce", weights))
    known = _relu(_affine(_of_relatives(notes), "relative", weights))
    around = np.concatenate(
        [known[t : len(known) - (FRAMES - 1) + t] for t in range(FRAMES)], axis=-1
    )
    last = _relu(_affine(around, "time", weights))
    return _affine(last, "out", weights)[..., 0]


def _affine(x: np.ndarray, name: str, weights: Mapping[str, np.ndarray]) -> np.ndarray:
    """A layer along the last axis."""
    # One product of two matrices: of three-dimensional arrays, numpy would make one small product
    # per frame, and wake and await the threads of its library for every one of them.
    flat = x.reshape(-1, x.shape[-1]) @ weights[name]
    flat += weights[f"{name}_bias"]
    return flat.reshape(*x.shape[:-1], -1)


def _near(frames: np.ndarray, weights: Mapping[str, np.ndarray]) -> np.ndarray:
    """A layer on the bins nearby of each frame and its neighbours."""
    side = NEAR_BINS // 2
    n_bins, n_layers = frames.shape[1:]
    padded = np.pad(frames, ((0, 0), (side, side), (0, 0)))
    views = np.lib.stride_tricks.sliding_window_view(padded, NEAR_BINS, axis=1)
    around = np.swapaxes(views, 2, 3).reshape(-1, NEAR_BINS * n_layers)
    parts = weights["near"].reshape(NEAR_FRAMES, NEAR_BINS * n_layers, -1)
    n = (len(frames) - (NEAR_FRAMES - 1)) * n_bins
    flat = sum(around[t * n_bins : t * n_bins + n] @ part for t, part in enumerate(parts))
    return (flat + weights["near_bias"]).reshape(-1, n_bins, parts.shape[-1])


def _at_harmonics(near: np.ndarray) -> np.ndarray:
    below, above = harmonic_padding()
    padded = np.pad(near, ((0, 0), (below, above), (0, 0)))
    columns = [
        padded[:, below + offset :: BINS_PER_SEMITONE][:, :N_NOTES] for offset in harmonic_bins()
    ]
    place = np.linspace(0.0, 1.0, N_NOTES, dtype=np.float32)[:, None]
    place = np.broadcast_to(np.concatenate([place, place**2], -1), (len(near), N_NOTES, 2))
    return np.concatenate([*columns, place], axis=-1)


def _of_relatives(notes: np.ndarray) -> np.ndarray:
    side = max(map(abs, RELATIVES))
    padded = np.pad(notes, ((0, 0), (side, side), (0, 0)))
    return np.concatenate([padded[:, side + r : side + r + N_NOTES] for r in RELATIVES], axis=-1)


def harmonic_bins() -> tuple[int, ...]:
    """Bin of each of `HARMONICS` of the lowest note."""
    return tuple(1 + round(12 * BINS_PER_SEMITONE * float(np.log2(h))) for h in HARMONICS)


def harmonic_padding() -> tuple[int, int]:
    """Bins to add below and above, so that all notes have all harmonics."""
    bins = harmonic_bins()
    return -min(bins), max(bins) + BINS_PER_SEMITONE * N_NOTES - N_BINS


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0.0, out=x)


@lru_cache(maxsize=1)
def trained_weights() -> dict[str, np.ndarray]:
    """The weights that belong to the package, as float32."""
    with (files("estilo.analysis") / "weights" / "multipitch.npz").open("rb") as file:
        return {name: array.astype(np.float32) for name, array in np.load(file).items()}


@lru_cache(maxsize=8)
def window_of(length: int) -> np.ndarray:
    """Hann window that gives a full-scale sine the magnitude 1."""
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length)
    return (window * (2.0 / window.sum())).astype(np.float32)


@lru_cache(maxsize=8)
def bands_of(length: int) -> tuple[tuple[slice, slice, np.ndarray], ...]:
    """Triangles on the log-frequency axis, never narrower than a bin of the transform.

    Octave by octave: bins of the transform, bands, and the triangles between them, which are 0
    elsewhere.
    """
    notes = LOWEST_MIDI + (np.arange(N_BINS) - 1) / BINS_PER_SEMITONE
    centres_hz = 440.0 * 2.0 ** ((notes - 69) / 12)
    frequencies_hz = np.fft.rfftfreq(length, 1.0 / RATE_HZ)
    step = 2.0 ** (1.0 / (12 * BINS_PER_SEMITONE)) - 1.0
    widths_hz = np.maximum(centres_hz * step, RATE_HZ / length)
    triangles = 1.0 - np.abs(frequencies_hz[:, None] - centres_hz) / widths_hz
    triangles = np.maximum(triangles, 0.0).astype(np.float32)
    octaves = []
    for first in range(0, N_BINS, 12 * BINS_PER_SEMITONE):
        bands = slice(first, min(first + 12 * BINS_PER_SEMITONE, N_BINS))
        heard = np.flatnonzero(triangles[:, bands].any(axis=1))
        bins = slice(int(heard[0]), int(heard[-1]) + 1)
        octaves.append((bins, bands, np.ascontiguousarray(triangles[bins, bands])))
    return tuple(octaves)
