"""Random filters along time: the network of the first audio style transfers."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from estilo.errors import SettingsError
from estilo.features import SETTINGS
from estilo.features.base import Features
from estilo.features.convolution import Convolution, per_axis
from estilo.features.initialisers import draw_convolution


class Random1d(Features):
    """Random filters that slide along time and see every band, one map per width.

    A filter ``w`` over patches of ``kernel`` frames gives the map ``F[t] = activation(Σ_bk w[b, k]
    X[b, t + k] + bias)``. Bands are to this network what colours are to one for images, so a Gram
    matrix of its maps knows which bands sound together within ``kernel`` frames, and forgets when.

    With Gaussian weights, a ReLU and no bias, the inner product of two positions converges, as
    filters are added, to the arc-cosine kernel of order 1 (Cho & Saul 2009) of the two patches.

    Args:
        n_bands: bands of the frames.
        n_filters: filters of each width; with `per_band`, of each width and band.
        kernel: width in frames; several of them make as many maps, side by side as in Antognini
            et al. (2019).
        stride: frames from one patch to the next.
        padding: frames of zeros on either side: ``"valid"`` none, ``"same"`` as many as keep the
            number of frames at stride 1, or a number.
        bias: whether each filter has one, drawn from the distribution of the weights.
        activation: name in `estilo.features.convolution.ACTIVATIONS`; ``"none"`` leaves a linear
            network, whose Gram matrix holds covariances only.
        initialiser: name in `estilo.features.initialisers.INITIALISERS`.
        pooling: ``"none"``, ``"max"`` or ``"average"``, along time.
        pool_size: positions per block.
        per_band: give every band filters of its own that see no other band ("a different kernel
            per channel" of Ordiales & Barrera 2019; a grouped or depthwise convolution), which
            makes ``n_bands · n_filters`` filters, band by band. Bands then meet only in the Gram
            matrix.
        generator: where the weights come from.

    **Shape**: ``(batch, bands, frames)`` to ``(batch, filters, positions)`` under the name
    ``width-<kernel>``.

    Raises:
        SettingsError: a name is unknown, a size is out of its bounds, or a width comes twice.

    Example:
        >>> generator = torch.Generator().manual_seed(0)
        >>> network = Random1d(40, n_filters=16, kernel=(3, 11), generator=generator)
        >>> maps = network(torch.rand(40, 100))
        >>> {name: tuple(map_.shape) for name, map_ in maps.items()}
        {'width-3': (16, 98), 'width-11': (16, 90)}

    Reference:
        Ulyanov & Lebedev (2016), "Audio texture synthesis and style transfer"; Antognini, Hoffman
        & Weiss (2019), arXiv:1806.08002; Cho & Saul (2009), "Kernel methods for deep learning".
    """

    settings = SETTINGS["random-1d"]

    def __init__(
        self,
        n_bands: int,
        *,
        n_filters: int = 4096,
        kernel: int | Sequence[int] = 11,
        stride: int = 1,
        padding: Literal["valid", "same"] | int = "valid",
        bias: bool = False,
        activation: str = "relu",
        initialiser: str = "lebedev",
        pooling: str = "none",
        pool_size: int = 2,
        per_band: bool = False,
        generator: torch.Generator,
    ) -> None:
        kernels = _distinct(kernel)
        per_axis(n_filters, 1, name="n_filters")
        banks: dict[str, Convolution] = {}
        for width in kernels:
            weight, biases = draw_convolution(
                initialiser,
                n_inputs=1 if per_band else n_bands,
                n_outputs=n_filters,
                kernel=(width,),
                n_groups=n_bands if per_band else 1,
                bias=bias,
                generator=generator,
            )
            banks[f"width-{width}"] = Convolution(
                weight,
                biases,
                stride=stride,
                padding=padding,
                activation=activation,
                pooling=pooling,
                pool_size=pool_size,
                groups=n_bands if per_band else 1,
            )
        shortest = max(bank.shortest(0) for bank in banks.values())
        super().__init__(n_bands=n_bands, n_frames_min=shortest)
        self.banks = nn.ModuleDict(banks)

    def maps(self, frames: Tensor) -> dict[str, Tensor]:
        """One map per width."""
        return {name: bank(frames) for name, bank in self.banks.items()}


def _distinct(kernel: int | Sequence[int]) -> tuple[int, ...]:
    kernels = (kernel,) if isinstance(kernel, int) else tuple(kernel)
    if not kernels or len(set(kernels)) < len(kernels):
        raise SettingsError(
            f"kernel must be one width in frames, or several that differ, got {kernel}"
        )
    return per_axis(kernels, len(kernels), name="kernel")
