r"""Random convolution + ReLU + Gram matrix in closed form: the limit of infinitely many filters.

For patches :math:`p_t` (``width`` consecutive frames of all bands) with norms :math:`n_t`, inner
products :math:`D = p_t \cdot q_u` and angles :math:`\theta`, a layer of Gaussian filters followed
by ReLU has in expectation the arc-cosine kernel of order 1 (Cho & Saul 2009):

.. math:: k(p, q) = \frac{1}{2\pi} \left( n m \sin\theta + (\pi - \theta) D \right)

The squared distance of two Gram matrices is a squared maximum mean discrepancy with the kernel
:math:`k^2` (Li et al. 2017), and the squared distance of two feature maps is the sum of
:math:`\tfrac12 n^2 - 2 k + \tfrac12 m^2`. All inner products come from one frames × frames product
summed along its diagonals, so that a wider patch costs nothing more and many widths share it.

Gradients are written out: naive differentiation of :math:`\arccos` is NaN on the diagonal.

References:
    Y. Cho, L. Saul, "Kernel Methods for Deep Learning", NIPS 2009.
    Y. Li, N. Wang, J. Liu, X. Hou, "Demystifying Neural Style Transfer", IJCAI 2017,
    arXiv:1701.01036.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from estilo.errors import InputError
from estilo.losses.base import Loss, check_alike, the_content

_COSINE_LIMIT = 1.0 - 1e-6
_TILE_FRAMES = 1024


def diagonal_sum(products: Tensor, width: int) -> Tensor:
    """Sum runs of ``width`` entries along the diagonals.

    ``result[t, u] = sum(products[t + j, u + j] for j in range(width))`` in ``log2(width)``
    additions of whole matrices.

    Args:
        products: matrix, ``(T, U)``.
        width: number of entries in a run.

    **Shape**: ``(T, U)`` to ``(T - width + 1, U - width + 1)``.

    >>> diagonal_sum(torch.eye(3), 2)
    tensor([[2., 0.],
            [0., 2.]])
    """
    total: Tensor | None = None
    block, length, offset = products, 1, 0
    remaining = width
    rows, columns = products.shape[0] - width + 1, products.shape[1] - width + 1
    while remaining:
        if remaining & 1:
            part = block[offset : offset + rows, offset : offset + columns]
            total = part if total is None else total + part
            offset += length
        remaining >>= 1
        if remaining:
            block = block[:-length, :-length] + block[length:, length:]
            length *= 2
    assert total is not None  # noqa: S101 - width is at least 1
    return total


def _spread_diagonals(weights: Tensor, width: int) -> Tensor:
    """Adjoint of `diagonal_sum`: ``(T', U')`` to ``(T' + width - 1, U' + width - 1)``."""
    if width == 1:
        return weights
    padded = torch.nn.functional.pad(weights, (width - 1,) * 4)
    return diagonal_sum(padded, width)


def _sliding_sum(values: Tensor, width: int) -> Tensor:
    """Sum of ``width`` neighbours: ``(T,)`` to ``(T - width + 1,)``."""
    return values.unfold(0, width, 1).sum(1)


def _spread(values: Tensor, width: int) -> Tensor:
    """Adjoint of `_sliding_sum`."""
    return _sliding_sum(torch.nn.functional.pad(values, (width - 1, width - 1)), width)


def _kernel(products: Tensor, norms_product: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Kernel and its derivatives by inner product and by product of norms; pairs of any shape.

    Where a norm is zero the kernel is zero, and so is its derivative by the norms.
    """
    safe = norms_product.clamp_min(torch.finfo(products.dtype).tiny ** 0.5)
    cosine = (products / safe).clamp_(-_COSINE_LIMIT, _COSINE_LIMIT)
    sine = torch.sqrt(1.0 - cosine * cosine).mul_(1.0 / (2.0 * math.pi))
    by_product = torch.arccos(cosine).neg_().add_(math.pi).mul_(1.0 / (2.0 * math.pi))
    kernel = norms_product * sine + by_product * products
    return kernel, by_product, sine


def arccos_kernel(left: Tensor, right: Tensor, *, width: int = 1) -> Tensor:
    """Arc-cosine kernel of order 1 between all patches of two sequences.

    Args:
        left: frames ``(bands, T)``.
        right: frames ``(bands, U)``.
        width: frames per patch.

    **Shape**: result ``(T - width + 1, U - width + 1)``.

    >>> x = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    >>> arccos_kernel(x, x).diagonal()  # half the squared norm
    tensor([0.5000, 2.0000])
    """
    norms_left = _sliding_sum(left.square().sum(0), width).sqrt()
    norms_right = _sliding_sum(right.square().sum(0), width).sqrt()
    products = diagonal_sum(left.T @ right, width)
    return _kernel(products, norms_left[:, None] * norms_right[None, :])[0]


class _Patches:
    """Frames ``(bands, T)`` with the norms of their patches by width, computed once."""

    def __init__(self, frames: Tensor, widths: Sequence[int]) -> None:
        self.frames = frames
        energy = frames.square().sum(0)
        self.norms = {width: _sliding_sum(energy, width).sqrt() for width in widths}


class _Gradient:
    """Gradient by frames ``(bands, T)``: a part through inner products, a factor through norms."""

    def __init__(self, frames: Tensor) -> None:
        self.by_products = torch.zeros_like(frames)
        self.by_norms = frames.new_zeros(frames.shape[1])

    def total(self, frames: Tensor) -> Tensor:
        """The sum of both parts."""
        return self.by_products.addcmul_(frames, self.by_norms)


def _mean_square(
    left: _Patches, right: _Patches, *, gradient: _Gradient | None = None, factor: float = 1.0
) -> float:
    """Squared kernel, mean over pairs, summed over widths.

    Exact for any length: pairs are visited in tiles, so that memory stays bounded. Sums are taken
    in float64.

    Args:
        left: patches of frames ``(bands, T)``.
        right: patches of frames ``(bands, U)``.
        gradient: ``factor`` times the gradient by the left frames is added to it.
        factor: factor of the gradient, not of the value.
    """
    value = 0.0
    overlap = max(left.norms) - 1
    for top in range(0, left.frames.shape[1], _TILE_FRAMES):
        rows = slice(top, top + _TILE_FRAMES + overlap)
        for first in range(0, right.frames.shape[1], _TILE_FRAMES):
            columns = slice(first, first + _TILE_FRAMES + overlap)
            if left is right and rows == columns:
                products = _self_products(left.frames[:, rows])
            else:
                products = left.frames[:, rows].T @ right.frames[:, columns]
            by_products = torch.zeros_like(products)
            for width, norms in left.norms.items():
                n = norms[top : top + _TILE_FRAMES]
                m = right.norms[width][first : first + _TILE_FRAMES]
                if not len(n) or not len(m):
                    continue
                tile = (slice(len(n) + width - 1), slice(len(m) + width - 1))
                kernel, by_product, by_norms = _kernel(
                    diagonal_sum(products[tile], width), n[:, None] * m[None, :]
                )
                n_pairs = len(norms) * len(right.norms[width])
                value += float(torch.sum(kernel * kernel, dtype=torch.float64)) / n_pairs
                if gradient is None:
                    continue
                twice = kernel.mul_(2.0 * factor / n_pairs)
                by_products[tile] += _spread_diagonals(by_product.mul_(twice), width)
                by_frame = _by_norm(by_norms.mul_(twice) @ m, n, width)
                gradient.by_norms[top : top + len(by_frame)] += by_frame
            if gradient is not None:
                gradient.by_products[:, rows].addmm_(right.frames[:, columns], by_products.T)
    return value


def _self_products(frames: Tensor) -> Tensor:
    """``frames.T @ frames`` from the blocks on and above the diagonal: 5/8 of the operations."""
    n_frames = frames.shape[1]
    if n_frames < 4 * _SMALLEST_BLOCK:
        return frames.T @ frames
    products = frames.new_empty(n_frames, n_frames)
    edges = [round(i * n_frames / 4) for i in range(5)]
    for top, bottom in itertools.pairwise(edges):
        products[top:bottom, top:] = frames[:, top:bottom].T @ frames[:, top:]
        products[bottom:, top:bottom] = products[top:bottom, bottom:].T
    return products


_SMALLEST_BLOCK = 64


def _by_norm(by_norm: Tensor, norms: Tensor, width: int) -> Tensor:
    """A gradient by patch norms as a factor per frame; silent patches (norm 0) carry none.

    **Shape**: both ``(T',)``, result ``(T' + width - 1,)``.
    """
    return _spread(torch.where(norms > 0, by_norm / norms.clamp_min(1e-30), 0.0), width)


class _MixtureDistance(torch.autograd.Function):
    """The part of the style loss that depends on the candidate, with its written-out gradient."""

    @staticmethod
    def forward(
        ctx: Any, frames: Tensor, styles: Sequence[_Patches], weights: Sequence[float]
    ) -> Tensor:
        own = _Patches(frames, list(styles[0].norms))
        gradient = _Gradient(frames)
        # The kernel is symmetric: both places of one and the same sequence have the same gradient.
        value = _mean_square(own, own, gradient=gradient, factor=2.0)
        for style, weight in zip(styles, weights, strict=True):
            factor = -2.0 * weight
            value += factor * _mean_square(own, style, gradient=gradient, factor=factor)
        ctx.save_for_backward(gradient.total(frames))
        return frames.new_tensor(value, dtype=torch.float64)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        (scale,) = grad_outputs
        return gradient * scale.to(gradient.dtype), None, None


@dataclass(frozen=True)
class ArccosStyleTarget:
    """Frames of the styles, their weights, and the constant part of the loss.

    Args:
        styles: patches of each style.
        weights: weights of the styles, which sum to 1.
        constant: part of the loss that does not depend on the candidate.
    """

    styles: tuple[_Patches, ...]
    weights: tuple[float, ...]
    constant: float


class ArccosStyle(Loss):
    r"""Distance between the statistics of all patches, with infinitely many random filters.

    .. math:: \overline{k(x_t, x_{t'})^2} - 2\,\overline{k(x_t, s_u)^2}
              + \overline{k(s_u, s_{u'})^2}

    summed over patch widths. It equals what `gram.GramLoss` tends to on a random network whose
    filters have unit variance, divided by their number squared (Li et al. 2017, arXiv:1701.01036).
    Several styles are one mixture: their kernel means mix by weight.

    Args:
        widths: frames per patch, one term each.

    Raises:
        InputError: a sequence is shorter than the widest patch.

    Example:
        >>> frames = torch.randn(4, 30, generator=torch.Generator().manual_seed(0))
        >>> loss = ArccosStyle(widths=(1, 4))
        >>> abs(float(loss.forward(frames, loss.prepare([frames], [1.0])))) < 1e-4
        True
    """

    def __init__(self, *, widths: Sequence[int] = (1, 8)) -> None:
        self.widths = tuple(widths)

    def prepare(self, references: Sequence[Tensor], weights: Sequence[float]) -> ArccosStyleTarget:
        """Self-similarity of the mixture of styles; see `Loss.prepare`."""
        for frames in references:
            self._require_length(frames, "style")
        styles = [_Patches(frames, self.widths) for frames in references]
        constant = 0.0
        for i, (left, weight) in enumerate(zip(styles, weights, strict=True)):
            for right, other in zip(styles[: i + 1], weights[: i + 1], strict=True):
                twice = 1.0 if left is right else 2.0
                constant += twice * weight * other * _mean_square(left, right)
        return ArccosStyleTarget(tuple(styles), tuple(weights), constant)

    def forward(self, candidate: Tensor, target: ArccosStyleTarget) -> Tensor:
        """Squared maximum mean discrepancy; see `Loss.forward`."""
        self._require_length(candidate, "candidate")
        distance = _MixtureDistance.apply(candidate, target.styles, target.weights)
        return (distance + target.constant).to(candidate.dtype)

    def _require_length(self, frames: Tensor, name: str) -> None:
        if frames.shape[1] < max(self.widths):
            raise InputError(
                f"the {name} has {frames.shape[1]} frames, the widest patch {max(self.widths)}; "
                "give more audio or narrower widths"
            )


class _FrameKernel(torch.autograd.Function):
    """Sum over patches of ``n²/2 - 2 k(x_t, c_t) + m²/2`` with its gradient by ``x``."""

    @staticmethod
    def forward(ctx: Any, frames: Tensor, content: Tensor, width: int) -> Tensor:
        n = _sliding_sum(frames.square().sum(0), width).sqrt()
        m = _sliding_sum(content.square().sum(0), width).sqrt()
        products = _sliding_sum((frames * content).sum(0), width)
        kernel, by_product, by_norms = _kernel(products, n * m)
        by_frame = _spread(torch.ones_like(n), width) + _by_norm(-2.0 * by_norms * m, n, width)
        gradient = (frames * by_frame).addcmul_(content, _spread(by_product, width), value=-2.0)
        ctx.save_for_backward(gradient)
        terms = 0.5 * n.square() - 2.0 * kernel + 0.5 * m.square()
        return terms.sum(dtype=torch.float64).clamp_min(0.0).to(frames.dtype)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = ctx.saved_tensors
        (scale,) = grad_outputs
        return scale * gradient, None, None


class ArccosContent(Loss):
    r"""Distance between feature maps, frame by frame, with infinitely many random filters.

    .. math:: \frac{1}{T} \sum_t \tfrac12 n_t^2 - 2 k(x_t, c_t) + \tfrac12 m_t^2

    It is what `feature_content.FeatureContent` tends to on a random network whose filters have
    unit variance, divided by their number (Cho & Saul 2009).

    Args:
        width: frames per patch.

    Example:
        >>> frames = torch.randn(4, 30, generator=torch.Generator().manual_seed(0))
        >>> loss = ArccosContent(width=3)
        >>> float(loss.forward(frames, loss.prepare([frames], [1.0]))) < 1e-4
        True
    """

    against = "content"

    def __init__(self, *, width: int = 1) -> None:
        self.width = width

    def prepare(self, references: Sequence[Tensor], weights: Sequence[float]) -> Tensor:  # noqa: ARG002
        """The frames of the one content; see `Loss.prepare`."""
        return the_content(references)

    def forward(self, candidate: Tensor, target: Tensor) -> Tensor:
        """Mean squared distance of the maps; see `Loss.forward`."""
        check_alike(candidate, target)
        n_patches = candidate.shape[1] - self.width + 1
        return _FrameKernel.apply(candidate, target, self.width) / n_patches
