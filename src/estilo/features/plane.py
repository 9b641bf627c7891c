"""Networks of one convolution over the plane of bands and frames."""

from typing import ClassVar, Literal

from torch import Tensor

from estilo.features.base import Features
from estilo.features.convolution import Convolution, check_height, check_rows, plane_to_maps


class PlaneFeatures(Features):
    """Maps of one convolution over bands and frames; a subclass brings the filters.

    Args:
        layer: the convolution, over two axes.
        n_bands: bands of the frames.
        rows: ``"positions"`` takes every point of the plane as a position; ``"filters"`` takes
            every row of every filter as a filter of its own and the frames as positions.

    Raises:
        SettingsError: `rows` is neither, or the kernel is higher than the bands allow.
    """

    map_name: ClassVar[str]
    """Name of the map."""

    def __init__(
        self, layer: Convolution, *, n_bands: int, rows: Literal["positions", "filters"]
    ) -> None:
        check_rows(rows)
        check_height(layer, n_bands)
        super().__init__(n_bands=n_bands, n_frames_min=layer.shortest(1))
        self.layer = layer
        self.rows: Literal["positions", "filters"] = rows

    def maps(self, frames: Tensor) -> dict[str, Tensor]:
        """One map of the whole plane; see `Features.maps`."""
        return {self.map_name: plane_to_maps(self.layer(frames[:, None]), rows=self.rows)}
