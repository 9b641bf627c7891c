"""How the weights of a random network are drawn: one function per distribution.

Every function draws a tensor of any shape (weights, then biases) for a convolution with
``n_inputs`` channels in, ``n_outputs`` out, and ``kernel_size`` taps per pair of channels. They are
drawn in float32 on the generator's device, so that one seed means one network, whatever the dtype
and device that it is used in later.
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from estilo.registry import Registry


class Initialiser(Protocol):
    """Draws the weights of one convolution."""

    def __call__(
        self,
        shape: Sequence[int],
        *,
        n_inputs: int,
        n_outputs: int,
        kernel_size: int,
        generator: torch.Generator,
    ) -> Tensor:
        """Draw a tensor of the given shape, float32, on the generator's device.

        Args:
            shape: shape of the weights.
            n_inputs: number of input maps.
            n_outputs: number of filters.
            kernel_size: number of positions under the kernel.
            generator: random generator.
        """
        ...


INITIALISERS = Registry(
    "initialiser",
    parts={
        "lebedev": "estilo.features.initialisers:lebedev",
        "he": "estilo.features.initialisers:he",
        "uniform": "estilo.features.initialisers:uniform",
    },
)


def draw_convolution(
    initialiser: str,
    *,
    n_inputs: int,
    n_outputs: int,
    kernel: tuple[int, ...],
    n_groups: int = 1,
    bias: bool = False,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor | None]:
    """Weights of one random convolution, then its biases, from one distribution.

    Args:
        initialiser: name in `INITIALISERS`.
        n_inputs: channels that each filter sees.
        n_outputs: filters per group.
        kernel: taps per axis.
        n_groups: number of groups of inputs that have filters of their own.
        bias: whether there are any; without, nothing is drawn for them.
        generator: where the draws come from.

    **Shape**: weights ``(n_groups · n_outputs, n_inputs, *kernel)``, biases
    ``(n_groups · n_outputs,)``.

    Raises:
        SettingsError: the name is unknown.
    """
    draw = partial(
        INITIALISERS[initialiser],
        n_inputs=n_inputs,
        n_outputs=n_outputs,
        kernel_size=math.prod(kernel),
        generator=generator,
    )
    n_filters = n_groups * n_outputs
    return draw((n_filters, n_inputs, *kernel)), draw((n_filters,)) if bias else None


def lebedev_deviation(n_inputs: int, n_outputs: int, kernel_size: int) -> float:
    """Standard deviation of the weights of Lebedev & Ulyanov (2016).

    ``√2 · √(2 / ((n_inputs + n_outputs) · kernel_size))``: that of Glorot & Bengio (2010) with the
    gain √2 of a ReLU. The closed form of a network with these weights has the scale
    ``n_outputs · deviation²``.

    Args:
        n_inputs: channels in.
        n_outputs: channels out, the filters.
        kernel_size: taps per pair of channels.

    Example:
        >>> round(lebedev_deviation(1025, 4096, 11), 5)
        0.00843
    """
    return math.sqrt(2.0) * math.sqrt(2.0 / ((n_inputs + n_outputs) * kernel_size))


def lebedev(
    shape: Sequence[int],
    *,
    n_inputs: int,
    n_outputs: int,
    kernel_size: int,
    generator: torch.Generator,
) -> Tensor:
    """Normal with the deviation of `lebedev_deviation`; see `Initialiser.__call__`."""
    return _normal(shape, lebedev_deviation(n_inputs, n_outputs, kernel_size), generator)


def he(
    shape: Sequence[int],
    *,
    n_inputs: int,
    n_outputs: int,  # noqa: ARG001 - the maps keep their power whatever the number of filters
    kernel_size: int,
    generator: torch.Generator,
) -> Tensor:
    """Normal with deviation √(2 / (n_inputs · kernel_size)); see `Initialiser.__call__`.

    Reference: He, Zhang, Ren & Sun (2015), arXiv:1502.01852.
    """
    return _normal(shape, math.sqrt(2.0 / (n_inputs * kernel_size)), generator)


def uniform(
    shape: Sequence[int],
    *,
    n_inputs: int,
    n_outputs: int,  # noqa: ARG001 - as in torch, only the inputs count
    kernel_size: int,
    generator: torch.Generator,
) -> Tensor:
    """Uniform between ±1/√(n_inputs · kernel_size), as in torch; see `Initialiser.__call__`."""
    bound = 1.0 / math.sqrt(n_inputs * kernel_size)
    weights = torch.empty(tuple(shape), dtype=torch.float32, device=generator.device)
    return weights.uniform_(-bound, bound, generator=generator)


def _normal(shape: Sequence[int], deviation: float, generator: torch.Generator) -> Tensor:
    weights = torch.empty(tuple(shape), dtype=torch.float32, device=generator.device)
    return weights.normal_(0.0, deviation, generator=generator)
