r"""What the content's notes raise and lower in a short-time spectrum, whatever its timbre is.

A contrast :math:`C` says how far each bin stands out: 1 at partials and little between them, or
more than 1 where the content's power exceeds that around it. An emphasis makes amplitudes of it,

.. math:: E = \sqrt{C^d / \langle C^d \rangle}

with the depth :math:`d` and the mean :math:`\langle\rangle` over 870 Hz. A spectrum that is
multiplied by it keeps its power in every such band: its envelope stays its own, and only what is
finer becomes the content's.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from estilo.analysis.transcription.heard import HeardNote
from estilo.engines.notes.partials import Grid, bumps, partials

WIDTH_HZ = 20.0
"""Least width of a raised band, in Hz: noise in a narrower one becomes a tone."""

ONSET_WIDTH_HZ = 50.0
"""Width of a raised band where a note begins, in Hz."""

_ONSET_S = 0.06
_AROUND_HZ = 870.0
_SHARPNESS = 1.3
_FLOOR = 1e-4  # of a contrast: valleys of 40 dB
_MOST_GAIN = 30.0  # of a power, where a band holds no partial or a narrow one alone
_FADES_HZ = (2500.0, 5000.0)  # above these, partials of a note are not heard apart
_N_FOR_SIDE = 8
_TINY = 1e-20


def contrast_of_notes(notes: Sequence[HeardNote], power: Tensor, grid: Grid) -> Tensor:
    """How far each bin stands out by the partials of known notes.

    Notes count by their powers relative to the strongest, and in each channel by its share of the
    power at their lowest partials.

    Args:
        notes: notes of the content.
        power: power spectra of the content, **shape** ``(channels, bins, frames)``.
        grid: frames of these spectra.

    **Shape**: result that of the power, at most about 1; all 1 in frames without a note.
    """
    n_channels, n_bins, n_frames = power.shape
    contrast = torch.zeros(n_channels, n_frames * n_bins, dtype=torch.float64)
    loudest = torch.zeros(n_channels, n_frames, dtype=torch.float64)
    for found in partials(notes, grid, highest_hz=_FADES_HZ[1]):
        widening = (1.0 - found.age_s / _ONSET_S).clamp_min(0.0)
        width_hz = WIDTH_HZ + (ONSET_WIDTH_HZ - WIDTH_HZ) * widening
        near, height = bumps(found, grid, width_hz=width_hz)
        own = found.power * _side(power, found.frames, found.bins)
        place = (found.frames[:, None, None] * n_bins + near).flatten()
        loudest[:, found.frames] = torch.maximum(loudest[:, found.frames], own)
        for channel, level in zip(contrast, own, strict=True):
            channel.index_add_(0, place, (level[:, None, None] * height).flatten())
    raised = contrast.reshape(n_channels, n_frames, n_bins) / loudest.clamp_min(_TINY)[..., None]
    raised = torch.where(loudest[..., None] > _TINY, raised.clamp_min(_FLOOR), 1.0)
    return raised.mT.to(power)


def _side(power: Tensor, frames: Tensor, bins: Tensor) -> Tensor:
    """Share of each channel in the power at a note's lowest partials, ``(channels, frames)``."""
    lowest = bins[:, :_N_FOR_SIDE].round().long().clamp_max(power.shape[1] - 1)
    found = power[:, lowest, frames[:, None]].sum(-1).double()
    return (found + _TINY) / (found + _TINY).sum(0)


def contrast_of_levels(power: Tensor, grid: Grid) -> Tensor:
    """How far each bin stands out of what is around it, where no notes are known.

    Args:
        power: power spectra of the content, **shape** ``(..., bins, frames)``.
        grid: frames of these spectra.

    **Shape**: result that of the power.

    >>> grid = Grid(4096, 1024, 44_100, n_frames=1)
    >>> bool((contrast_of_levels(torch.ones(2049, 1), grid) == 1.0).all())
    True
    """
    reach = -int(-0.5 * WIDTH_HZ // grid.bin_hz)
    wide = F.max_pool1d(power.mT.flatten(0, -2)[None], 2 * reach + 1, stride=1, padding=reach)
    wide = wide.reshape(power.mT.shape).mT
    tiny = 1e-12 * grid.n_fft  # rounding of samples in single precision is no note
    excess = (wide + tiny) / (_around(wide, grid) + tiny)
    return excess.pow(_SHARPNESS).clamp_min(_FLOOR)


def emphasis(contrast: Tensor, grid: Grid, *, depth: float) -> Tensor:
    """Factors of amplitudes that raise partials, lower what is between, and keep each band's power.

    Args:
        contrast: contrast of a content signal, **shape** ``(..., bins, frames)``.
        grid: its frames.
        depth: depth of the valleys, 0 for none to 1 for 40 dB.

    **Shape**: result that of the contrast.

    >>> grid = Grid(4096, 1024, 44_100, n_frames=1)
    >>> bool((emphasis(torch.rand(2049, 1), grid, depth=0.0) == 1.0).all())
    True
    """
    hz = torch.arange(grid.n_bins).to(contrast) * grid.bin_hz
    low, high = _FADES_HZ
    audible = 1.0 - torch.log2(hz.clamp_min(1.0) / low).div(torch.log2(torch.tensor(high / low)))
    raised = contrast.pow(depth * audible.clamp(0.0, 1.0)[:, None])
    return torch.minimum(raised / _around(raised, grid), raised * _MOST_GAIN).sqrt()


def _around(values: Tensor, grid: Grid) -> Tensor:
    """Mean over the bins around each."""
    reach = round(0.5 * _AROUND_HZ / grid.bin_hz)
    rows = values.mT.flatten(0, -2)[None]
    mean = F.avg_pool1d(rows, 2 * reach + 1, stride=1, padding=reach, count_include_pad=False)
    return mean.reshape(values.mT.shape).mT
