"""Joins of two takes of the same stretch of time, without a dip or a bump in level."""

import torch
from torch import Tensor


def crossfade(leaving: Tensor, entering: Tensor) -> Tensor:
    r"""Fade from one signal to the other at constant power, whatever they have in common.

    Linear fades keep the level of equal signals, equal-power fades that of unrelated ones. With
    the correlation :math:`\rho` of the two and linear fades :math:`a = 1 - b`, dividing by
    :math:`\sqrt{(a^2 + b^2 + 2 a b \rho)}` keeps it for all in between.

    Args:
        leaving: signal that fades out, ``(channels, time)``.
        entering: signal that fades in, of the same shape.

    **Shape**: result ``(channels, time)``; its first sample is the leaving signal's, its last the
    entering one's.

    >>> a, b = torch.ones(1, 5), torch.ones(1, 5)
    >>> crossfade(a, b)
    tensor([[1., 1., 1., 1., 1.]])
    """
    length = leaving.shape[-1]
    product = (leaving.double() * entering.double()).sum()
    energies = leaving.double().square().sum() * entering.double().square().sum()
    correlation = float((product / energies.sqrt().clamp_min(1e-20)).clamp(0.0, 1.0))
    b = torch.linspace(0.0, 1.0, length, dtype=leaving.dtype, device=leaving.device)
    a = 1.0 - b
    power = a.square() + b.square() + 2.0 * a * b * correlation
    return (a * leaving + b * entering) / power.sqrt()
