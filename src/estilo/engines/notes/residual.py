r"""What is not a note: a recording without the partials of its notes and without its hits.

Two masks, one after the other. In windows of 93 ms, bins near a partial are brought down to the
level of what lies between the partials; in windows of 12 ms, a hit is brought down to the level
before and after it. Nothing is brought down to zero: breath, room and noise go on under the note
and through the hit, and consonants, which no note explains, stay as they are. With the power
:math:`P` of a bin and the level :math:`N` of what is not covered around it, amplitudes are
multiplied by

.. math:: g = \sqrt{N / P} \text{ where } P > 4 N, \text{ else } 1, \qquad
          N = e^{\gamma} \exp \langle \log P \rangle

with Euler's constant :math:`\gamma`: the mean over bins that no partial and no hit covers is that
of logarithms, which what leaks into them moves little, and of noise it is low by that factor.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from estilo.analysis.transcription.heard import Hit, Transcription
from estilo.dsp.stft import istft, stft
from estilo.engines.notes.partials import Grid, partials
from estilo.errors import InputError

_LOBE_BINS = 2.5  # half the main lobe of a Hann window, and a little for its neighbour
_MISTUNING = 0.004  # of a partial's frequency: stiff strings, and what was heard a little off
_GLIDING_FRAMES = 1.5  # frames to each side through which a window hears a gliding partial
_WIDEST = 0.35  # of the distance of two partials
_RING_S = 0.4
_HIT_BEFORE_S, _HIT_AFTER_S = 0.012, 0.06
_BETWEEN = (31, 5)  # bins and frames over which partials are bridged
_BESIDE = (5, 161)  # bins and frames over which hits are bridged: 0.23 s to each side
_STANDS_OUT = 4.0
_TINY = 1e-16
_BLOCK = 1 << 19


class Residual:
    """A recording without its notes and hits, readable at any place in bounded memory.

    Args:
        content: ``(channels, time)``; whatever is sliced like a tensor, as a mapped file.
        transcription: its notes and hits.
        sample_rate: sample rate in Hz.

    Raises:
        InputError: the content is not of that shape.

    Example:
        >>> from estilo.analysis.transcription.heard import HeardNote
        >>> tone = torch.sin(2 * torch.pi * 440 * torch.arange(16_000) / 16_000)[None]
        >>> heard = Transcription(notes=(HeardNote(0.0, 1.0, 69.0, 0.0),))
        >>> left = Residual(tone, heard, sample_rate=16_000).read(2000, 14_000)
        >>> bool(left.square().mean() < 0.01 * tone.square().mean())
        True
    """

    def __init__(self, content: Tensor, transcription: Transcription, *, sample_rate: int) -> None:
        if content.ndim != 2:
            raise InputError(
                f"expected a content signal (channels, time), got shape {tuple(content.shape)}; "
                "add an axis for its channels"
            )
        self.content, self.transcription = content, transcription
        self.grid = Grid.fine(sample_rate)

    def read(self, start: int, stop: int) -> Tensor:
        """A part of the residual: the same samples whatever else is read.

        Args:
            start: number of its first sample.
            stop: number of the sample after its last.

        **Shape**: result ``(channels, stop - start)``.
        """
        hop = self.grid.hop_length
        reach = 12 * self.grid.n_fft
        first = max(0, start - reach) // hop * hop
        part = self.content[:, first : min(self.content.shape[-1], stop + reach)]
        if self.transcription.notes:
            part = self._without_notes(part, first)
        if self.transcription.hits:
            part = self._without_hits(part, first)
        return part[:, start - first : stop - first].clone()

    def _without_notes(self, part: Tensor, first: int) -> Tensor:
        grid = self.grid
        cover = near_partials(
            self.transcription, _frames(part, first, grid.n_fft, grid.hop_length, grid.sample_rate)
        )
        return _brought_down(part, cover, n_fft=grid.n_fft, around=_BETWEEN)

    def _without_hits(self, part: Tensor, first: int) -> Tensor:
        n_fft = max(32, self.grid.n_fft // 8)
        grid = _frames(part, first, n_fft, n_fft // 4, self.grid.sample_rate)
        cover = during_hits(self.transcription.hits, grid)
        return _brought_down(part, cover, n_fft=n_fft, around=_BESIDE)


def residual(content: Tensor, transcription: Transcription, *, sample_rate: int) -> Tensor:
    """A recording without its notes and hits, all of it.

    Args:
        content: ``(channels, time)``.
        transcription: its notes and hits.
        sample_rate: sample rate in Hz.

    **Shape**: result that of the content.

    Raises:
        InputError: the content is not of that shape.

    Example:
        >>> noise = torch.randn(2, 8000, generator=torch.Generator().manual_seed(0))
        >>> torch.equal(residual(noise, Transcription(), sample_rate=8000), noise)
        True
    """
    left, time = Residual(content, transcription, sample_rate=sample_rate), content.shape[-1]
    parts = [left.read(start, min(start + _BLOCK, time)) for start in range(0, time, _BLOCK)]
    return torch.cat(parts, dim=1) if parts else content.clone()


def near_partials(transcription: Transcription, grid: Grid) -> Tensor:
    """Bins that a partial of a note reaches.

    Args:
        transcription: notes.
        grid: frames.

    **Shape**: result ``(bins, frames)``, bool.
    """
    cover = torch.zeros(grid.n_frames, grid.n_bins, dtype=torch.bool)
    half_s = 0.5 * grid.n_fft / grid.sample_rate
    for found in partials(
        transcription.notes,
        grid,
        highest_hz=0.5 * grid.sample_rate,
        before_s=half_s,
        after_s=_RING_S,
    ):
        half = _LOBE_BINS + _MISTUNING * found.bins + _GLIDING_FRAMES * _movement(found.bins)
        half = half.minimum((_WIDEST * found.bins[:, :1]).clamp_min(1.0))
        reach = int(half.max()) + 1
        near = found.bins.round().long()[..., None] + torch.arange(-reach, reach + 1)
        is_near = (near - found.bins[..., None]).abs() <= half[..., None]
        is_near &= (near >= 0) & (near < grid.n_bins)
        rows = found.frames[:, None, None].expand_as(near)
        cover[rows[is_near], near[is_near]] = True
    return cover.T


def _movement(bins: Tensor) -> Tensor:
    """How far partials move from one frame to the next, in bins; **shape** that of the bins."""
    if len(bins) < 2:
        return torch.zeros_like(bins)
    return torch.gradient(bins, dim=0)[0].abs()


def during_hits(hits: Sequence[Hit], grid: Grid) -> Tensor:
    """Frames in which a hit sounds, over all bins.

    Args:
        hits: percussive events.
        grid: frames.

    **Shape**: result ``(bins, frames)``, bool.
    """
    times_s = grid.times_s
    is_hit = np.zeros(grid.n_frames, bool)
    for hit in hits:
        first, stop = np.searchsorted(
            times_s, (hit.start_s - _HIT_BEFORE_S, hit.end_s + _HIT_AFTER_S)
        )
        is_hit[first:stop] = True
    return torch.from_numpy(is_hit).expand(grid.n_bins, -1)


def _frames(part: Tensor, first: int, n_fft: int, hop_length: int, sample_rate: int) -> Grid:
    n_frames = 1 + part.shape[-1] // hop_length
    return Grid(n_fft, hop_length, sample_rate, first // hop_length, n_frames)


def _brought_down(part: Tensor, cover: Tensor, *, n_fft: int, around: tuple[int, int]) -> Tensor:
    """Covered bins at the level of those that are not, at most."""
    sizes: dict[str, Any] = {"n_fft": n_fft, "hop_length": n_fft // 4}
    spectrum = stft(part, **sizes)
    power = spectrum.abs().square() + _TINY
    free = (~cover).to(power)
    level = torch.exp(_mean(power.log() * free, around) / _mean(free, around).clamp_min(_TINY))
    # Where everything is covered there is nothing to go by, and nothing is left.
    level = level * np.exp(np.euler_gamma) * (_mean(free, around) > _TINY)
    is_high = cover & (power > _STANDS_OUT * level)
    gain = torch.where(is_high, (level / power).sqrt(), 1.0)
    return istft(spectrum * gain, length=part.shape[-1], **sizes)


def _mean(values: Tensor, around: tuple[int, int]) -> Tensor:
    """Mean over bins and frames around each; ends are not continued."""
    rows = values.reshape(-1, 1, *values.shape[-2:])
    over_bins = F.avg_pool2d(rows, (around[0], 1), stride=1, padding=(around[0] // 2, 0))
    mean = F.avg_pool2d(over_bins, (1, around[1]), stride=1, padding=(0, around[1] // 2))
    return mean.reshape(values.shape)
