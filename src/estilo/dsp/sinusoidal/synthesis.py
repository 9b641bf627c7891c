"""Synthesis of a waveform from tracks, and demodulation of a waveform by tracks."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from estilo.dsp.sinusoidal.courses import Courses
from estilo.dsp.sinusoidal.oscillators import BLOCK, demodulate, oscillate
from estilo.dsp.sinusoidal.tracks import Tracks


def synthesise(tracks: Tracks, *, length: int) -> Tensor:
    """Synthesise the sum of all tracks.

    Args:
        tracks: tracks whose hop is a multiple of `estilo.dsp.sinusoidal.oscillators.BLOCK`.
        length: length of the result, in samples.

    **Shape**: result ``(length,)``.

    Example:
        >>> steady = torch.full((1, 9), 250.0), torch.ones(1, 9), torch.zeros(1, 9)
        >>> tracks = Tracks(*steady, torch.zeros(1, 9, dtype=torch.long), 8000, 64)
        >>> tone = torch.cos(2 * torch.pi * 250 / 8000 * torch.arange(512.0))
        >>> bool((synthesise(tracks, length=512) - tone).abs().max() < 1e-4)
        True
    """
    if not tracks.n_tracks:
        return tracks.amplitude.new_zeros(length)
    parts = [
        oscillate(part.amplitude, part.slope, part.phase, part.step)
        for part in Courses.of(tracks).parts()
    ]
    waveform = torch.cat(parts).flatten()
    return F.pad(waveform, (0, max(0, length - len(waveform))))[:length]


def heard(waveform: Tensor, tracks: Tracks, *, window: Tensor) -> Tensor:
    r"""Demodulate a waveform by every track, around each of its frames.

    With the track's phase :math:`\phi(t)`, glides included, the weighted mean of
    :math:`2 x(t) e^{-i \phi(t)}` over the track's own blocks.

    Args:
        waveform: ``(time,)``.
        tracks: tracks whose phases are followed.
        window: weight of each block around a frame; an even number of hops long.

    **Shape**: result complex ``(rows, frames)``; 0 where a row rests.
    """
    courses = Courses.of(tracks)
    n_hops, per_hop = courses.amplitude.shape[0], courses.blocks_per_hop
    n_total = n_hops * tracks.hop_length
    blocks = F.pad(waveform, (0, max(0, n_total - len(waveform))))[:n_total].reshape(-1, BLOCK)
    found, start = [], 0
    for part in courses.parts():
        stop = start + len(part.phase)
        found.append(torch.stack(demodulate(blocks[start:stop], part.phase, part.step)))
        start = stop
    parts = torch.cat(found, 1).unflatten(1, (n_hops, per_hop))
    own, label = courses.label, tracks.label.T
    total = parts.new_zeros(2, *label.shape)
    weight = parts.new_zeros(label.shape)
    reach = len(window) // (2 * per_hop)
    for shift, share in zip(range(-reach, reach), window.reshape(-1, per_hop), strict=True):
        first, last = max(0, -shift), min(n_hops - shift, n_hops + 1)
        if first >= last:
            continue
        is_own = own[first + shift : last + shift] == label[first:last]
        sums = torch.einsum("cnbk,b->cnk", parts[:, first + shift : last + shift], share)
        total[:, first:last] += is_own * sums
        weight[first:last] += is_own * share.sum()
    mean = 2.0 / BLOCK * total / weight.clamp_min(1e-9)
    return torch.where(tracks.gate, torch.complex(*mean).T, 0.0)


def running_phase(tracks: Tracks) -> Tensor:
    """Phases that follow the frequencies, from the phase at each track's onset on.

    For tracks whose frequencies were changed: of the old phases only the first are left.

    **Shape**: result ``(rows, frames)``, in radians.
    """
    turn = 2.0 * math.pi * tracks.hop_length / tracks.sample_rate
    mean = 0.5 * (tracks.frequency_hz[:, 1:] + tracks.frequency_hz[:, :-1]).double()
    turned = F.pad(torch.where(tracks.goes_on, turn * mean, 0.0).cumsum(1), (1, 0))
    first = torch.zeros(max(1, tracks.n_tracks), dtype=torch.float64, device=turned.device)
    onset = tracks.is_onset
    first[tracks.label[onset]] = (tracks.phase.double() - turned)[onset]
    phase = torch.where(tracks.gate, turned + first[tracks.label.clamp_min(0)], 0.0)
    return torch.remainder(phase, 2.0 * math.pi).to(tracks.phase)
