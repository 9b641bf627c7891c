"""Tracks between their frames: the course of every sine from hop to hop."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from estilo.dsp.sinusoidal.oscillators import BLOCK
from estilo.dsp.sinusoidal.tracks import Tracks
from estilo.errors import SettingsError

_AT_ONCE = 1 << 15  # sines times blocks: what is made of them stays in the cache


@dataclass(frozen=True)
class Blocks:
    """Sines over some blocks, ``(blocks, rows)`` each, as `oscillators` takes them.

    Args:
        amplitude: amplitude at the first sample of a block.
        slope: slope of the amplitude, per sample.
        phase: phase at the first sample, in radians.
        step: step of the phase, in radians per sample.
    """

    amplitude: Tensor
    slope: Tensor
    phase: Tensor
    step: Tensor


@dataclass(frozen=True)
class Courses:
    """Polynomials over each hop, ``(hops, rows)``; time goes from 0 to 1.

    Amplitudes go straight, and phases by the cubic that has the frequencies at both ends and is the
    smoothest of those with the phases (McAulay & Quatieri 1986,
    https://doi.org/10.1109/TASSP.1986.1164910). A track fades in over the hop before its first
    frame, and out over the hop after its last.

    Args:
        amplitude: amplitude at the beginning of the hop.
        rise: rise of the amplitude over the hop.
        phase: coefficients of the cubic in radians, from the constant on.
        label: number of the track that sounds, or -1.
        hop_length: hop in samples.
    """

    amplitude: Tensor
    rise: Tensor
    phase: tuple[Tensor, Tensor, Tensor, Tensor]
    label: Tensor
    hop_length: int

    @classmethod
    def of(cls, tracks: Tracks) -> "Courses":
        """Interpolate tracks between their frames.

        Raises:
            SettingsError: the hop is not a multiple of a block.
        """
        if tracks.hop_length % BLOCK:
            raise SettingsError(
                f"the hop must be a multiple of {BLOCK} samples, got {tracks.hop_length}; "
                "take another one"
            )
        gate, frequency = tracks.gate.T, tracks.frequency_hz.T
        phase, amplitude, label = tracks.phase.T, tracks.amplitude.T, tracks.label.T
        begun, lasts = gate[:-1], gate[1:]
        turn = 2.0 * math.pi * tracks.hop_length / tracks.sample_rate  # of one Hz
        speed = turn * torch.where(begun, frequency[:-1], frequency[1:])
        last_speed = turn * torch.where(lasts, frequency[1:], frequency[:-1])
        first = torch.where(begun, phase[:-1], phase[1:] - speed)
        last = torch.where(lasts, phase[1:], first + last_speed)
        turned = last - first
        turned = turned + _whole_turns(0.5 * (speed + last_speed) - turned)
        excess, change = turned - speed, last_speed - speed
        return cls(
            amplitude[:-1],
            amplitude.diff(dim=0),
            (first, speed, 3.0 * excess - change, change - 2.0 * excess),
            torch.where(begun, label[:-1], label[1:]),
            tracks.hop_length,
        )

    @property
    def blocks_per_hop(self) -> int:
        """Number of blocks in a hop."""
        return self.hop_length // BLOCK

    def parts(self) -> Iterator[Blocks]:
        """All blocks, a few hops at a time."""
        n_hops, n_rows = self.amplitude.shape
        size = max(1, _AT_ONCE // (max(1, n_rows) * self.blocks_per_hop))
        for start in range(0, n_hops, size):
            yield self._blocks(slice(start, start + size))

    def _blocks(self, part: slice) -> Blocks:
        n_blocks = self.blocks_per_hop
        time = torch.arange(n_blocks + 1, dtype=self.amplitude.dtype, device=self.amplitude.device)
        time = time[:, None] / n_blocks
        first, speed, square, cube = (each[part][:, None] for each in self.phase)
        phase = first + time * (speed + time * (square + time * cube))
        amplitude = self.amplitude[part][:, None] + time[:-1] * self.rise[part][:, None]
        slope = (self.rise[part] / self.hop_length)[:, None].expand_as(amplitude)
        return Blocks(
            amplitude.flatten(0, 1),
            slope.flatten(0, 1),
            phase[:, :-1].flatten(0, 1),
            phase.diff(dim=1).flatten(0, 1) / BLOCK,
        )


def _whole_turns(angle: Tensor) -> Tensor:
    """The multiple of a turn that is nearest to an angle."""
    return 2.0 * math.pi * (angle / (2.0 * math.pi)).round()
