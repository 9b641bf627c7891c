"""One convolution with fixed weights, its activation and its pooling, over one or two axes."""

from collections.abc import Sequence
from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

from estilo.errors import SettingsError
from estilo.registry import Registry

Padding = Literal["valid", "same"] | int | Sequence[int]

ACTIVATIONS = Registry(
    "activation",
    parts={
        "none": "estilo.features.convolution:identity",
        "relu": "torch.nn.functional:relu",
        "leaky-relu": "torch.nn.functional:leaky_relu",
        "elu": "torch.nn.functional:elu",
        "softplus": "torch.nn.functional:softplus",
        "sigmoid": "torch:sigmoid",
        "tanh": "torch:tanh",
        "abs": "torch:abs",
        "cosine": "torch:cos",
    },
)

POOLINGS = Registry(
    "pooling",
    parts={
        "none": "estilo.features.convolution:no_pooling",
        "max": "estilo.features.convolution:max_pooling",
        "average": "estilo.features.convolution:average_pooling",
    },
)


def identity(maps: Tensor) -> Tensor:
    """The maps as they are: a linear network, whose Gram matrix holds covariances only."""
    return maps


def no_pooling(maps: Tensor, size: Sequence[int]) -> Tensor:  # noqa: ARG001 - one signature for all
    """The maps as they are, whatever the size.

    Args:
        maps: feature maps, ``(..., filters, *positions)``.
        size: length of a block along each axis of the positions.
    """
    return maps


def max_pooling(maps: Tensor, size: Sequence[int]) -> Tensor:
    """Largest value of each block; what is left of a last, shorter block is dropped.

    Args:
        maps: feature maps, ``(..., filters, *positions)``.
        size: length of a block along each axis of the positions.
    """
    pool = F.max_pool1d if len(size) == 1 else F.max_pool2d
    return pool(maps, tuple(size))


def average_pooling(maps: Tensor, size: Sequence[int]) -> Tensor:
    """Mean of each block; what is left of a last, shorter block is dropped.

    Args:
        maps: feature maps, ``(..., filters, *positions)``.
        size: length of a block along each axis of the positions.
    """
    if len(size) == 1:
        return F.avg_pool1d(maps, tuple(size))
    return F.avg_pool2d(maps, tuple(size))


class Convolution(nn.Module):
    """Correlation with fixed weights, then an activation, then a pooling.

    Args:
        weight: ``(filters, inputs / groups, taps)`` or, over a plane, ``(filters, inputs / groups,
            taps, taps)``.
        bias: ``(filters,)``, or None.
        stride: positions from one patch to the next, for every axis or one per axis.
        padding: zeros on either side: ``"valid"`` none, ``"same"`` as many as keep the number of
            positions at stride 1 (the odd one at the end), or a number, or one per axis.
        activation: name in `ACTIVATIONS`.
        pooling: name in `POOLINGS`.
        pool_size: positions per block, for every axis or one per axis; unused without pooling.
        groups: number of groups of inputs that have filters of their own.

    **Shape**: ``(batch, inputs, size)`` to ``(batch, filters, positions)``, or the same with two
    axes in the place of the last.

    Raises:
        SettingsError: a name is unknown, or a size is out of its bounds.

    Example:
        >>> import torch
        >>> difference = Convolution(torch.tensor([[[-1.0, 1.0]]]))
        >>> difference(torch.tensor([[[0.0, 1.0, 3.0, 2.0]]])).tolist()
        [[[1.0, 2.0, 0.0]]]
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None = None,
        *,
        stride: int | Sequence[int] = 1,
        padding: Padding = "valid",
        activation: str = "relu",
        pooling: str = "none",
        pool_size: int | Sequence[int] = 2,
        groups: int = 1,
    ) -> None:
        super().__init__()
        kernel = tuple(weight.shape[2:])
        self.register_buffer("weight", weight.detach())
        self.register_buffer("bias", None if bias is None else bias.detach())
        self.stride = per_axis(stride, len(kernel), name="stride")
        self.padding = _padding_per_axis(padding, kernel)
        self.activation = ACTIVATIONS[activation]
        self.pooling = POOLINGS[pooling]
        self.pool_size = per_axis(pool_size, len(kernel), name="pool_size")
        if pooling == "none":
            self.pool_size = (1,) * len(kernel)
        self.groups = groups

    def shortest(self, axis: int) -> int:
        """Smallest size along an axis that gives one position.

        Args:
            axis: 0 for the first after the inputs.
        """
        taps = self.weight.shape[2 + axis]
        patches = self.stride[axis] * (self.pool_size[axis] - 1)
        return max(1, taps + patches - sum(self.padding[axis]))

    def forward(self, inputs: Tensor) -> Tensor:
        """Maps of the inputs, in their dtype and on their device."""
        if any(before or after for before, after in self.padding):
            # F.pad counts from the last axis; torch's own "same" refuses strides and warns at
            # kernels of even size.
            inputs = F.pad(inputs, [n for pair in reversed(self.padding) for n in pair])
        weight = self.weight.to(inputs)
        bias = None if self.bias is None else self.bias.to(inputs)
        convolve = F.conv1d if weight.ndim == 3 else F.conv2d
        maps = convolve(inputs, weight, bias, stride=self.stride, groups=self.groups)
        return self.pooling(self.activation(maps), self.pool_size)


def plane_to_maps(plane: Tensor, *, rows: Literal["positions", "filters"]) -> Tensor:
    """Maps over a plane of bands and frames as maps over positions.

    Args:
        plane: maps with both axes.
        rows: ``"positions"`` takes every point of the plane as a position; ``"filters"`` takes
            every row of every filter as a filter of its own and the frames as positions.

    **Shape**: ``(batch, filters, bands, frames)`` to ``(batch, filters, bands · frames)`` or
    ``(batch, filters · bands, frames)``.

    Raises:
        SettingsError: `rows` is neither.
    """
    check_rows(rows)
    return plane.flatten(2) if rows == "positions" else plane.flatten(1, 2)


def check_rows(rows: str) -> None:
    """Refuse anything but the two ways to read a plane.

    Args:
        rows: meaning of the rows, see `plane_to_maps`.

    Raises:
        SettingsError: `rows` is neither.
    """
    if rows not in ("positions", "filters"):
        raise SettingsError(f"rows must be 'positions' or 'filters', got {rows!r}")


def check_height(layer: Convolution, n_bands: int) -> None:
    """Refuse a kernel that does not fit between the lowest and the highest band.

    Args:
        layer: convolution over a plane.
        n_bands: number of bands of the frames.

    Raises:
        SettingsError: the kernel, with its pooling, is higher than the bands allow.
    """
    if n_bands < layer.shortest(0):
        raise SettingsError(
            f"a kernel over {layer.weight.shape[2]} bands, with its padding and pooling, needs at "
            f"least {layer.shortest(0)} bands, got {n_bands}; take a smaller one"
        )


def per_axis(
    value: int | Sequence[int], n_axes: int, *, name: str, least: int = 1
) -> tuple[int, ...]:
    """One number per axis from one for all, or from one each.

    Args:
        value: the number or numbers.
        n_axes: how many are wanted.
        name: name of the setting, for the message.
        least: smallest number allowed.

    Raises:
        SettingsError: there is another number of them, or one is too small.
    """
    values = (value,) * n_axes if isinstance(value, int) else tuple(value)
    if len(values) != n_axes or any(number < least for number in values):
        shape = "a whole number" if n_axes == 1 else f"a whole number or {n_axes} of them"
        raise SettingsError(f"{name} must be {shape}, at least {least}, got {value}")
    return values


def _padding_per_axis(padding: Padding, kernel: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding == "same":
        return tuple(((taps - 1) // 2, taps // 2) for taps in kernel)
    if isinstance(padding, str):
        raise SettingsError(f"padding must be 'valid', 'same' or a number, got {padding!r}")
    return tuple((n, n) for n in per_axis(padding, len(kernel), name="padding", least=0))
