"""Phases for magnitudes that have none: alternating projections and gradient integration.

A phase is a complex tensor of modulus one, so ``magnitude * phase`` is a spectrum; where the
modulus was zero the phase is one.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from estilo.dsp.stft import istft, stft
from estilo.errors import InputError, SettingsError

# γ / length² of the Gaussian exp(−π t² / γ) closest to each window (Průša et al. 2017, section V).
_GAMMA = {"hann": 0.25645, "hamming": 0.29794, "blackman": 0.17954, "sqrt-hann": 0.41532}


def phase_of(spectrum: Tensor) -> Tensor:
    """The phase of a spectrum: ``X / |X|``, and 1 where the spectrum is zero.

    **Shape**: complex, any; the result has the same.

    Args:
        spectrum: complex.

    Example:
        >>> phase_of(torch.tensor([3j, 0j])).tolist()
        [1j, (1+0j)]
    """
    modulus = spectrum.abs()
    silent = modulus < torch.finfo(modulus.dtype).tiny
    return torch.where(silent, 1.0, spectrum / modulus.masked_fill(silent, 1.0))


def random_phase(magnitude: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """Independent phases, uniform on the circle.

    **Shape**: any; the result has the same and is complex.

    Args:
        magnitude: tensor whose shape, data type and device the result has.
        generator: random generator; a new one with seed 0 by default.

    Example:
        >>> random_phase(torch.ones(2, 3)).abs().round().tolist()
        [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """
    generator = torch.Generator().manual_seed(0) if generator is None else generator
    # Drawn where the generator lives and in double precision: equal for every dtype and device.
    turns = torch.rand(
        magnitude.shape, generator=generator, device=generator.device, dtype=torch.float64
    )
    angle = (2.0 * math.pi * turns).to(device=magnitude.device, dtype=magnitude.dtype)
    return torch.polar(torch.ones_like(angle), angle)


@torch.no_grad()
def alternate_projections(
    magnitude: Tensor,
    phase: Tensor,
    *,
    project: Callable[[Tensor], Tensor],
    n_iterations: int,
    momentum: float = 0.0,
) -> Tensor:
    """Phase of a spectrum that has the magnitude and is (nearly) that of a waveform.

    ``p_n = project(magnitude · phase(c_{n−1}))``, ``c_n = p_n + momentum · (p_n − p_{n−1})``:
    Griffin & Lim (1984) without momentum, Perraudin, Balazs & Søndergaard (2013,
    https://doi.org/10.1109/WASPAA.2013.6701851) with it. No gradient flows through the phase.

    **Shape**: magnitude and phase alike, any; the result has the same.

    Args:
        magnitude: magnitude of the spectrum, non-negative.
        phase: phase to start from; complex of modulus one.
        project: function from a spectrum to the nearest spectrum of a waveform: analysis after
            synthesis.
        n_iterations: number of times that both projections are applied; 0 returns the phase.
        momentum: factor from 0 to below 1; the fast algorithm takes 0.99.

    Raises:
        SettingsError: ``n_iterations`` is negative or the momentum is not in [0, 1).

    Example:
        >>> real_part = lambda spectrum: spectrum.real + 0j
        >>> start = torch.tensor([0.6 + 0.8j])
        >>> alternate_projections(torch.ones(1), start, project=real_part, n_iterations=1).tolist()
        [(1+0j)]
    """
    if n_iterations < 0 or not 0.0 <= momentum < 1.0:
        raise SettingsError(
            f"expected n_iterations ≥ 0 and 0 ≤ momentum < 1, got {n_iterations} and {momentum:g}; "
            "change the one that is outside"
        )
    previous = None
    for _ in range(n_iterations):
        projected = project(magnitude * phase)
        ahead = projected
        if momentum and previous is not None:
            ahead = projected + momentum * (projected - previous)
        phase, previous = phase_of(ahead), projected
    return phase


def griffin_lim(
    magnitude: Tensor,
    *,
    length: int,
    n_fft: int,
    hop_length: int,
    win_length: int | None = None,
    window: str = "hann",
    n_iterations: int = 32,
    initial_phase: Tensor | None = None,
    generator: torch.Generator | None = None,
    momentum: float = 0.0,
) -> Tensor:
    """Phase of an STFT magnitude by `alternate_projections`.

    **Shape**: magnitude ``(..., n_fft // 2 + 1, frames)``, result the same, complex.

    Args:
        magnitude: magnitude of an STFT, non-negative.
        length: length of the waveform, in samples.
        n_fft: length of the transform in samples, as in `stft`.
        hop_length: hop in samples, as in `stft`.
        win_length: length of the window in samples, as in `stft`.
        window: window, as in `stft`.
        n_iterations: number of iterations.
        initial_phase: phase to start from; random by default.
        generator: random generator of the phase to start from.
        momentum: 0 is Griffin & Lim (1984), 0.99 the fast algorithm of Perraudin et al. (2013).

    Raises:
        SettingsError: for the reasons that `alternate_projections` and `stft` give.

    Example:
        >>> tone = torch.sin(torch.arange(2000) * 0.3)
        >>> sizes = {"length": 2000, "n_fft": 256, "hop_length": 64}
        >>> magnitude = stft(tone, n_fft=256, hop_length=64).abs()
        >>> griffin_lim(magnitude, n_iterations=2, momentum=0.99, **sizes).shape
        torch.Size([129, 32])
    """
    frame = {"n_fft": n_fft, "hop_length": hop_length, "win_length": win_length}

    def project(spectrum: Tensor) -> Tensor:
        waveform = istft(spectrum, length=length, window=window, **frame)
        return stft(waveform, window=window, **frame)

    if initial_phase is None:
        initial_phase = random_phase(magnitude, generator=generator)
    return alternate_projections(
        magnitude, initial_phase, project=project, n_iterations=n_iterations, momentum=momentum
    )


@torch.no_grad()
def pghi(
    magnitude: Tensor,
    *,
    n_fft: int,
    hop_length: int,
    win_length: int | None = None,
    window: str = "hann",
    tolerance: float = 1e-6,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Phase of an STFT magnitude in one pass, by integrating its gradient.

    For a Gaussian window ``exp(−π t² / γ)`` the phase's derivatives are the log magnitude's,
    exchanged (in radians per bin and per frame; hop ``a``, transform length ``M``):

        ∂φ/∂m = −γ / (a M) · ∂s/∂n        ∂φ/∂n = a M / γ · ∂s/∂m + 2π a m / M

    They are summed from the loudest bin along loud paths. Průša, Balazs & Søndergaard (2017,
    https://doi.org/10.1109/TASLP.2017.2678166) order the paths by a heap; here they are the
    maximum spanning tree whose edges weigh as much as the quieter of their two bins, which visits
    the same ridges and is built in compiled code. Bins below the tolerance get random phases.

    **Shape**: magnitude ``(..., n_fft // 2 + 1, frames)``, result the same, complex.

    Args:
        magnitude: magnitude of an STFT, non-negative.
        n_fft: length of the transform in samples, as in `stft`.
        hop_length: hop in samples; an eighth of the window does best.
        win_length: length of the window in samples, as in `stft`.
        window: window, as in `stft`.
        tolerance: share of the peak below which a bin's phase is random.
        generator: random generator of the phases below the tolerance.

    Raises:
        InputError: the magnitude's bins do not fit ``n_fft``.
        SettingsError: the window is unknown.

    Example:
        >>> sizes = {"n_fft": 256, "hop_length": 32}
        >>> magnitude = stft(torch.sin(torch.arange(2000) * 0.3), **sizes).abs()
        >>> tone = istft(magnitude * pghi(magnitude, **sizes), length=2000, **sizes)
        >>> bool((stft(tone, **sizes).abs() - magnitude).norm() < 0.2 * magnitude.norm())
        True
    """
    if magnitude.ndim < 2 or magnitude.shape[-2] != n_fft // 2 + 1:
        raise InputError(
            f"magnitude must be (..., {n_fft // 2 + 1}, frames), got {tuple(magnitude.shape)}; "
            "give the magnitude of an STFT of the same n_fft"
        )
    if window not in _GAMMA:
        raise SettingsError(f"no Gaussian is known for the window {window!r}; use hann")
    gamma = _GAMMA[window] * (n_fft if win_length is None else win_length) ** 2
    phase = random_phase(magnitude, generator=generator)
    flat = magnitude.reshape(-1, *magnitude.shape[-2:]).to(device="cpu", dtype=torch.float64)
    integrated = [
        _integrate_gradient(item, n_fft, hop_length, gamma, tolerance) for item in flat.numpy()
    ]
    angle = torch.from_numpy(np.stack(integrated)).reshape(magnitude.shape).to(magnitude)
    return torch.where(angle.isnan(), phase, torch.polar(torch.ones_like(angle), angle))


def _integrate_gradient(
    magnitude: NDArray[np.float64], n_fft: int, hop_length: int, gamma: float, tolerance: float
) -> NDArray[np.float64]:
    """Angles in radians, ``(bins, frames)``; NaN where the magnitude is below the tolerance."""
    n_bins, n_frames = magnitude.shape
    peak = magnitude.max(initial=0.0)
    loud = (magnitude > tolerance * peak) & (magnitude > 0.0)
    if not loud.any():
        return np.full(magnitude.shape, np.nan)
    log_magnitude = np.log(np.maximum(magnitude, 0.1 * tolerance * peak + np.finfo(float).tiny))
    area = hop_length * n_fft
    advance = 2.0 * np.pi * hop_length / n_fft * np.arange(n_bins)[:, None]
    per_frame = area / gamma * np.gradient(log_magnitude, axis=0) + advance
    per_bin = np.zeros_like(log_magnitude)
    if n_frames > 1:
        per_bin = -gamma / area * np.gradient(log_magnitude, axis=1)
    # The formulas count time from the window's centre, the transform from its start.
    per_bin = per_bin - 2.0 * np.pi * (n_fft // 2) / n_fft
    parents = _loudest_paths(log_magnitude, loud)
    angle = _sum_along(parents, per_frame.ravel(), per_bin.ravel(), n_frames)
    angle = np.remainder(angle, 2.0 * np.pi).reshape(magnitude.shape)
    return np.where(loud, angle, np.nan)


def _loudest_paths(
    log_magnitude: NDArray[np.float64], loud: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Each bin's neighbour on the loudest path from its region's peak; peaks point to themselves.

    **Shape**: both ``(bins, frames)``; result ``(bins * frames,)``, indices into the flat grid.
    """
    # Imported here, as it takes half a second and only PGHI needs it.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import (
        breadth_first_order,
        connected_components,
        minimum_spanning_tree,
    )

    n = log_magnitude.size
    index = np.arange(n, dtype=np.int32).reshape(log_magnitude.shape)  # as scipy 1.14 asks for
    level = log_magnitude.ravel()
    pairs = [(index[1:], index[:-1], loud[1:] & loud[:-1])]
    pairs.append((index[:, 1:], index[:, :-1], loud[:, 1:] & loud[:, :-1]))
    ends = np.concatenate([here[both] for here, _, both in pairs])
    starts = np.concatenate([there[both] for _, there, both in pairs])
    # All edges down to one quiet bin weigh the same: a trace of the louder end's level decides,
    # as the heap does, for the loudest neighbour (1 to 5 dB better than chance). Lengths
    # are positive, as a sparse graph takes a zero for no edge.
    quieter, louder = np.minimum(level[ends], level[starts]), np.maximum(level[ends], level[starts])
    lengths = 1.0 + (level.max() - quieter) + 1e-3 * (level.max() - louder)
    tree = minimum_spanning_tree(coo_array((lengths, (starts, ends)), shape=(n, n)).tocsr())
    _, region = connected_components(tree, directed=False)
    order = np.argsort(level)
    peaks = np.empty(region.max() + 1, dtype=np.int32)
    peaks[region[order]] = order  # the last one written is the region's loudest
    # One extra node that is tied to every peak makes all regions one tree.
    tree = tree.tocoo()
    starts = np.concatenate([tree.row, np.full(peaks.size, n, dtype=np.int32)])
    ends = np.concatenate([tree.col, peaks])
    joined = coo_array((np.ones(starts.size), (starts, ends)), shape=(n + 1, n + 1)).tocsr()
    _, parents = breadth_first_order(joined, n, directed=False, return_predecessors=True)
    parents = parents[:n].astype(np.int64)
    return np.where(parents == n, np.arange(n), parents)


def _sum_along(
    parents: NDArray[np.int64],
    per_frame: NDArray[np.float64],
    per_bin: NDArray[np.float64],
    n_frames: int,
) -> NDArray[np.float64]:
    """Angle of every bin: the sum of the steps from its root, by pointer doubling."""
    offset = np.arange(parents.size) - parents
    frame_step = 0.5 * (per_frame + per_frame[parents])
    bin_step = 0.5 * (per_bin + per_bin[parents])
    # With a single frame, neighbours along frequency are one apart too: bins are asked for first.
    angle = np.where(np.abs(offset) == n_frames, np.sign(offset) * bin_step, offset * frame_step)
    while True:
        further = parents[parents]
        if np.array_equal(further, parents):
            return angle
        angle = angle + angle[parents]
        parents = further
