"""Tracks whose answers are known."""

import math

import torch

from estilo.dsp.sinusoidal.tracks import Tracks

RATE, HOP = 16_000, 256
FRAMES_HZ = RATE / HOP


def partials(frequencies_hz, levels_db, *, n_frames=250, rests=0):
    """One track per frequency, from frame `rests` on; both may change over the frames."""
    shape = (len(frequencies_hz), n_frames)
    frequency = _spread(frequencies_hz, shape)
    amplitude = 10.0 ** (_spread(levels_db, shape) / 20.0)
    label = torch.arange(shape[0])[:, None].expand(shape).clone()
    label[:, :rests] = -1
    gate = label >= 0
    zero = torch.zeros(shape)
    return Tracks(
        torch.where(gate, frequency, zero),
        torch.where(gate, amplitude, zero),
        zero,
        label,
        RATE,
        HOP,
    )


def wavering(cents, rate_hz, *, n_frames=250, base_hz=440.0):
    """A frequency with a vibrato of so many cents to either side, ``(1, n_frames)``."""
    time = torch.arange(n_frames) / FRAMES_HZ
    return base_hz * 2.0 ** (cents / 1200.0 * torch.sin(2.0 * math.pi * rate_hz * time))[None]


def _spread(values, shape):
    values = torch.as_tensor(values, dtype=torch.float32)
    return (values[:, None] if values.ndim == 1 else values).expand(shape)
