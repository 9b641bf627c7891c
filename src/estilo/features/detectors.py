"""Fixed filters for onsets, edges, partials and blobs, to compare random ones with."""

from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from estilo.errors import SettingsError
from estilo.features import SETTINGS
from estilo.features.convolution import (
    Convolution,
    Padding,
)
from estilo.features.plane import PlaneFeatures

# Rows are bands, low to high; columns are frames, early to late.
_SMALL = {
    "onset": ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    "band-edge": ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
    "rising": ((0, -1, -2), (1, 0, -1), (2, 1, 0)),
    "falling": ((-2, -1, 0), (-1, 0, 1), (0, 1, 2)),
    "partial": ((-1, -1, -1), (2, 2, 2), (-1, -1, -1)),
    "click": ((-1, 2, -1), (-1, 2, -1), (-1, 2, -1)),
    "laplacian": ((0, -1, 0), (-1, 4, -1), (0, -1, 0)),
}


class Detectors(PlaneFeatures):
    """Fixed filters for onsets, edges, partials and blobs.

    Sobel filters in four directions (in time they find onsets, across bands the edges of bands,
    along the diagonals glides), lines along time (a partial) and across bands (a click), a
    Laplacian, and one blob per size (Laplacian of a Gaussian). Each has zero mean and unit norm, so
    a constant leaves no trace and none outweighs another, and each comes in both polarities,
    because a ReLU keeps only one. All sit in the middle of kernels of one size, so that every map
    has the same positions.

    Ordiales & Barrera (2019) found such filters worse than random ones; they are here to be
    compared with.

    Args:
        n_bands: bands of the frames.
        blob_sizes: bands and frames that each blob spans; odd, at least 3.
        stride: bands and frames from one patch to the next, or one number.
        padding: padding, as in `estilo.features.random2d.Random2d`.
        activation: name in `estilo.features.convolution.ACTIVATIONS`.
        pooling: ``"none"``, ``"max"`` or ``"average"``, over both axes.
        pool_size: rows and columns per block, or one number.
        rows: ``"positions"`` or ``"filters"``, as in `estilo.features.random2d.Random2d`.
        generator: taken for the sake of one signature with the random networks, and not used.

    **Shape**: ``(batch, bands, frames)`` to ``(batch, filters, positions)`` under the name
    ``detectors``; the filters are in the order of `filter_names`.

    Raises:
        SettingsError: a name is unknown, a size is out of its bounds, or the kernel is higher than
            the bands allow.

    Example:
        >>> network = Detectors(16, blob_sizes=(5,))
        >>> network.filter_names[:4]
        ('onset+', 'onset-', 'band-edge+', 'band-edge-')
        >>> tuple(network(torch.rand(16, 20))["detectors"].shape) == (16, 12 * 16)
        True
    """

    map_name = "detectors"
    settings = SETTINGS["detectors"]

    def __init__(
        self,
        n_bands: int,
        *,
        blob_sizes: Sequence[int] = (5, 9),
        stride: int | Sequence[int] = 1,
        padding: Padding = "valid",
        activation: str = "relu",
        pooling: str = "none",
        pool_size: int | Sequence[int] = 2,
        rows: Literal["positions", "filters"] = "positions",
        generator: torch.Generator | None = None,  # noqa: ARG002 - nothing here is random
    ) -> None:
        kernels = detector_kernels(blob_sizes)
        signed = torch.stack(list(kernels.values())).unsqueeze(1) * torch.tensor(
            [1.0, -1.0]
        ).reshape(1, 2, 1, 1)
        layer = Convolution(
            signed.flatten(0, 1).unsqueeze(1),
            stride=stride,
            padding=padding,
            activation=activation,
            pooling=pooling,
            pool_size=pool_size,
        )
        super().__init__(layer, n_bands=n_bands, rows=rows)
        self.filter_names = tuple(f"{name}{sign}" for name in kernels for sign in "+-")


def detector_kernels(blob_sizes: Sequence[int]) -> dict[str, Tensor]:
    """The filters by name, each of zero mean and unit norm, in the middle of squares of one size.

    Args:
        blob_sizes: bands and frames that each blob spans; odd, at least 3.

    **Shape**: ``(size, size)`` with the largest of 3 and the blobs' sizes.

    Raises:
        SettingsError: a blob's size is even or below 3, or comes twice.
    """
    sizes = tuple(blob_sizes)
    if len(set(sizes)) < len(sizes) or any(size < 3 or size % 2 == 0 for size in sizes):
        raise SettingsError(
            f"blob_sizes must be odd numbers of at least 3 that differ, got {blob_sizes}"
        )
    kernels = {name: torch.tensor(rows, dtype=torch.float32) for name, rows in _SMALL.items()}
    kernels |= {f"blob-{size}": _blob(size) for size in sizes}
    largest = max(3, *sizes) if sizes else 3
    return {
        name: F.pad(kernel / kernel.norm(), [(largest - kernel.shape[0]) // 2] * 4)
        for name, kernel in kernels.items()
    }


def _blob(size: int) -> Tensor:
    # A third of the half-width as deviation, so that the dark ring fits inside the square.
    offsets = torch.arange(size, dtype=torch.float32) - size // 2
    squared = (offsets[:, None] ** 2 + offsets**2) / (2.0 * (size / 6.0) ** 2)
    kernel = (1.0 - squared) * torch.exp(-squared)
    return kernel - kernel.mean()
