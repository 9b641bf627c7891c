r"""Many sines at once, as products of small matrices.

Within a block of :math:`n = pq` samples a sine is :math:`z e^{i \omega (q a + b)}`, the product of
a factor for :math:`a` and one for :math:`b`: the sum over all sines is a product of matrices of
:math:`p \times K` and :math:`K \times q` numbers. So :math:`p + q` exponentials per sine and block
are needed in place of :math:`pq`, and the sum costs next to nothing.
"""

import torch
from torch import Tensor

BLOCK = 64
"""Length in samples over which a gliding sine is approximated by a steady one, phase kept."""
_COARSE, _FINE = 8, 8


def oscillate(amplitude: Tensor, slope: Tensor, phase: Tensor, step: Tensor) -> Tensor:
    r"""Sums of sines over blocks: :math:`\sum_k (A_k + B_k t) \cos(\phi_k + \omega_k t)`.

    Args:
        amplitude: amplitude at the first sample of the block, ``(blocks, sines)``.
        slope: slope of the amplitude, per sample, of the same shape.
        phase: phase at the first sample, in radians, of the same shape.
        step: step of the phase, in radians per sample, of the same shape.

    **Shape**: result ``(blocks, BLOCK)``.

    Example:
        >>> one = torch.ones(1, 1)
        >>> oscillate(one, 0.0 * one, 0.0 * one, torch.pi / 2 * one)[0, :4].round()
        tensor([ 1., -0., -1.,  0.])
    """
    coarse, fine = _angles(phase, step)
    real, imag = coarse.cos(), coarse.sin()
    over, under = fine.cos().mT, fine.sin().mT

    def summed(weight: Tensor) -> Tensor:
        weight = weight[:, None]
        return ((weight * real) @ over - (weight * imag) @ under).flatten(1)

    time = torch.arange(BLOCK, dtype=amplitude.dtype, device=amplitude.device)
    return summed(amplitude) + time * summed(slope)


def demodulate(blocks: Tensor, phase: Tensor, step: Tensor) -> tuple[Tensor, Tensor]:
    r"""Demodulate by every sine: :math:`\sum_t x(t) e^{-i (\phi_k + \omega_k t)}`.

    The adjoint of `oscillate`.

    Args:
        blocks: blocks of a waveform, ``(blocks, BLOCK)``.
        phase: phase at the first sample, in radians, ``(blocks, sines)``.
        step: step of the phase, in radians per sample, of the same shape.

    **Shape**: real and imaginary part, ``(blocks, sines)`` each.
    """
    coarse, fine = _angles(phase, step)
    real, imag = coarse.cos(), coarse.sin()
    samples = blocks.reshape(-1, _COARSE, _FINE)
    over, under = samples @ fine.cos(), samples @ fine.sin()
    return (over * real - under * imag).sum(1), -(over * imag + under * real).sum(1)


def _angles(phase: Tensor, step: Tensor) -> tuple[Tensor, Tensor]:
    """Angles of the factors: ``(blocks, _COARSE, sines)`` and ``(blocks, _FINE, sines)``."""
    like = {"dtype": phase.dtype, "device": phase.device}
    coarse = _FINE * torch.arange(_COARSE, **like)[:, None]
    fine = torch.arange(_FINE, **like)[:, None]
    return phase[:, None] + coarse * step[:, None], fine * step[:, None]
