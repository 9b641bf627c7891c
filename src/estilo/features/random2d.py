"""Random filters over the plane of bands and frames, read as an image."""

from collections.abc import Sequence
from typing import Literal

import torch

from estilo.features import SETTINGS
from estilo.features.convolution import (
    Convolution,
    Padding,
    per_axis,
)
from estilo.features.initialisers import draw_convolution
from estilo.features.plane import PlaneFeatures


class Random2d(PlaneFeatures):
    """Random filters that slide over bands and frames alike, as over a picture.

    The frames are an image of one colour, ``bands`` high and ``frames`` wide.

    With ``rows="positions"`` every point of the plane is a position, as for images: few filters,
    and a pattern counts the same at any pitch, so a Gram matrix of these maps says little about
    *where* in the spectrum a style has its energy. With ``rows="filters"`` every row of every
    filter is a filter of its own, and only the order in time is forgotten; there are then
    ``n_filters`` times the rows of them, which the dual form of the Gram loss copes with.

    Args:
        n_bands: bands of the frames.
        n_filters: filters over the plane.
        kernel: size in bands and frames, or one number for a square.
        stride: bands and frames from one patch to the next, or one number.
        padding: zeros on every side: ``"valid"`` none, ``"same"`` as many as keep the size at
            stride 1, a number, or one for bands and one for frames.
        bias: whether each filter has one, drawn from the distribution of the weights.
        activation: name in `estilo.features.convolution.ACTIVATIONS`.
        initialiser: name in `estilo.features.initialisers.INITIALISERS`.
        pooling: ``"none"``, ``"max"`` or ``"average"``, over both axes.
        pool_size: rows and columns per block, or one number.
        rows: ``"positions"`` or ``"filters"``, see above.
        generator: where the weights come from.

    **Shape**: ``(batch, bands, frames)`` to ``(batch, filters, positions)`` under the name
    ``plane``.

    Raises:
        SettingsError: a name is unknown, a size is out of its bounds, or the kernel is higher than
            the bands allow.

    Example:
        >>> generator = torch.Generator().manual_seed(0)
        >>> network = Random2d(40, n_filters=8, kernel=(5, 3), generator=generator)
        >>> tuple(network(torch.rand(40, 100))["plane"].shape) == (8, 36 * 98)
        True

    Reference:
        Ordiales & Barrera (2019), kernels 3×3 and 11×11; Ustyuzhaninov et al. (2016),
        arXiv:1606.00021, for random single-layer networks on images.
    """

    map_name = "plane"
    settings = SETTINGS["random-2d"]

    def __init__(
        self,
        n_bands: int,
        *,
        n_filters: int = 64,
        kernel: int | Sequence[int] = 11,
        stride: int | Sequence[int] = 1,
        padding: Padding = "valid",
        bias: bool = False,
        activation: str = "relu",
        initialiser: str = "lebedev",
        pooling: str = "none",
        pool_size: int | Sequence[int] = 2,
        rows: Literal["positions", "filters"] = "positions",
        generator: torch.Generator,
    ) -> None:
        per_axis(n_filters, 1, name="n_filters")
        weight, biases = draw_convolution(
            initialiser,
            n_inputs=1,
            n_outputs=n_filters,
            kernel=per_axis(kernel, 2, name="kernel"),
            bias=bias,
            generator=generator,
        )
        layer = Convolution(
            weight,
            biases,
            stride=stride,
            padding=padding,
            activation=activation,
            pooling=pooling,
            pool_size=pool_size,
        )
        super().__init__(layer, n_bands=n_bands, rows=rows)
