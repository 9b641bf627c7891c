"""Peaks joined from frame to frame into tracks."""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from estilo.dsp.sinusoidal.peaks import Peaks


@dataclass(frozen=True)
class Tracks:
    """Sines that come and go: a row holds one after another, at least a frame apart.

    Frame ``n`` is at sample ``n * hop_length``.

    Args:
        frequency_hz: frequency in Hz, ``(rows, frames)``; 0 where the row rests.
        amplitude: linear amplitude; 0 where the row rests.
        phase: phase in radians.
        label: number of the track, counted by onset; -1 where the row rests.
        sample_rate: sample rate in Hz.
        hop_length: hop in samples.
    """

    frequency_hz: Tensor
    amplitude: Tensor
    phase: Tensor
    label: Tensor
    sample_rate: int
    hop_length: int

    @cached_property
    def gate(self) -> Tensor:
        """Which frames of a row have a track, ``(rows, frames)``."""
        return self.label >= 0

    @property
    def n_tracks(self) -> int:
        """Number of tracks."""
        return int(self.label.max()) + 1 if self.label.numel() else 0

    @cached_property
    def goes_on(self) -> Tensor:
        """Whether the next frame belongs to the same track, ``(rows, frames - 1)``."""
        return self.gate[:, 1:] & self.gate[:, :-1]

    @cached_property
    def is_onset(self) -> Tensor:
        """Whether a track begins in a frame, ``(rows, frames)``."""
        return self.gate & ~F.pad(self.goes_on, (1, 0))

    @cached_property
    def ages(self) -> tuple[Tensor, Tensor]:
        """Frames since the track's onset, and how many it has; both ``(rows, frames)``."""
        here = torch.arange(self.label.shape[1], device=self.label.device).expand_as(self.label)
        onset = torch.where(self.is_onset, here, 0).cummax(1).values
        counts = torch.bincount(self.label[self.gate], minlength=max(1, self.n_tracks))
        length = torch.where(self.gate, counts[self.label.clamp_min(0)], 0)
        return torch.where(self.gate, here - onset, 0), length

    @cached_property
    def log_frequency(self) -> Tensor:
        """Frequency in octaves above 1 Hz; 0 where the row rests."""
        return torch.log2(self.frequency_hz.clamp_min(1.0))

    @cached_property
    def level_db(self) -> Tensor:
        """Amplitude in dB of full scale; the floor of -200 dB where the row rests."""
        return 20.0 * torch.log10(self.amplitude.clamp_min(1e-10))


def link(
    peaks: Peaks,
    *,
    sample_rate: int,
    hop_length: int,
    deviation_hz: float,
    deviation_share: float,
    deviation_most_hz: float = math.inf,
    n_frames_min: int,
    bend_most_hz: float = math.inf,
    n_rest: int = 1,
) -> Tracks:
    """Tracks through peaks that are each other's nearest in neighbouring frames.

    All pairs of frames are looked at at once; chains are followed by pointer doubling. Rows are
    given out first come, first served: the row that has rested longest takes the next onset.

    Args:
        peaks: peaks, as `estilo.dsp.sinusoidal.peaks.spectral_peaks` gives them.
        sample_rate: sample rate in Hz.
        hop_length: hop in samples.
        deviation_hz: largest move of a sine from one frame to the next, in Hz.
        deviation_share: share of its frequency that is added to this.
        deviation_most_hz: upper bound of the sum, in Hz.
        n_frames_min: smallest number of frames; shorter tracks are dropped.
        bend_most_hz: largest mean absolute second difference of a track's frequency from frame to
            frame, in Hz; tracks beyond it are dropped, as a sine glides and a peak of noise jumps.
        n_rest: number of frames between two tracks of a row; without any, a row cannot be
            synthesised, and there are never more rows than peaks in a frame.

    Reference:
        McAulay & Quatieri 1986, https://doi.org/10.1109/TASSP.1986.1164910 (the matching, which
        there goes peak by peak).
    """
    frequency = peaks.frequency_hz.detach()
    n_frames, n_peaks = frequency.shape
    reach = (deviation_hz + deviation_share * frequency).clamp_max(deviation_most_hz)
    previous = _previous(frequency, reach)
    node = torch.arange(n_frames * n_peaks, device=frequency.device).reshape(n_frames, n_peaks)
    parent = node.clone()
    parent[1:] = torch.where(previous >= 0, node[:-1, :1] + previous, node[1:])
    parent = parent.flatten()
    root = _roots(parent)
    is_peak = peaks.is_peak.flatten()
    lengths = torch.bincount(root[is_peak], minlength=node.numel())
    bends = _bends(frequency.flatten(), parent, root)
    is_kept = (lengths >= n_frames_min) & (bends <= bend_most_hz * (lengths - 2).clamp_min(1))
    starts = torch.nonzero(is_kept)[:, 0]
    lengths = lengths[starts]
    rows, n_rows = _rows(starts // n_peaks, lengths + n_rest)
    number = torch.full((node.numel(),), -1, device=node.device)
    number[starts] = torch.arange(len(starts), device=node.device)
    label_of = torch.where(is_peak, number[root], -1)
    kept = torch.nonzero(label_of >= 0)[:, 0]
    place = (rows[label_of[kept]], kept // n_peaks)

    def spread(values: Tensor) -> Tensor:
        return values.new_zeros(n_rows, n_frames).index_put(place, values.flatten()[kept])

    label = torch.full((n_rows, n_frames), -1, device=node.device)
    return Tracks(
        spread(peaks.frequency_hz),
        spread(peaks.amplitude),
        spread(peaks.phase),
        label.index_put(place, label_of[kept]),
        sample_rate,
        hop_length,
    )


def _previous(frequency: Tensor, reach: Tensor) -> Tensor:
    """Index of each peak in the frame before, or -1, ``(frames - 1, peaks)``."""
    before, after = frequency[:-1], frequency[1:]
    backward, distance = _nearest(after, before)
    forward, _ = _nearest(before, after)
    is_mutual = forward.gather(1, backward) == torch.arange(
        after.shape[1], device=after.device
    ).expand_as(backward)
    is_near = distance <= reach[1:]
    return torch.where(is_mutual & is_near & after.isfinite(), backward, -1)


def _nearest(wanted: Tensor, among: Tensor) -> tuple[Tensor, Tensor]:
    """Index of the nearest of sorted values, row by row, and how far away it is."""
    above = torch.searchsorted(among.contiguous(), wanted.contiguous())
    above = above.clamp(0, among.shape[1] - 1)
    below = (above - 1).clamp_min(0)
    to_above = (among.gather(1, above) - wanted).abs()
    to_below = (wanted - among.gather(1, below)).abs()
    # Where there is none the difference of infinities is not a number.
    to_above, to_below = (each.nan_to_num(nan=torch.inf) for each in (to_above, to_below))
    return torch.where(to_below < to_above, below, above), torch.minimum(to_below, to_above)


def _bends(frequency: Tensor, parent: Tensor, root: Tensor) -> Tensor:
    """Sum of the absolute second differences of each chain, at its root."""
    before = parent[parent]
    has_two = before != parent
    bend = (frequency - 2.0 * frequency[parent] + frequency[before]).abs()
    return torch.zeros_like(frequency).index_add(0, root, torch.where(has_two, bend, 0.0))


def _roots(parent: Tensor) -> Tensor:
    """The first of everyone's chain."""
    while True:
        further = parent[parent]
        if torch.equal(further, parent):
            return parent
        parent = further


def _rows(starts: Tensor, lengths: Tensor) -> tuple[Tensor, int]:
    """A row for every track, by onset, and how many there are.

    As many rows are needed as tracks are there at once; the track of the ``i``-th onset then takes
    over from the track of the ``i - n_rows``-th end.
    """
    if not len(starts):
        return starts, 0
    ends = starts + lengths
    rank = torch.arange(len(starts), device=starts.device)
    n_ended = torch.searchsorted(ends.sort().values, starts, right=True)
    n_rows = int((rank + 1 - n_ended).max())
    parent = rank.clone()
    parent[n_rows:] = ends.argsort(stable=True)[: len(starts) - n_rows]
    return _roots(parent), n_rows
