"""What a feature network is: frames in, named maps out, nothing in it to train."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

from torch import Generator, Tensor, nn

from estilo.errors import InputError


class Features(nn.Module, ABC):
    """Frames to named maps; the weights are buffers, so only the frames have gradients.

    A network never learns which representation its frames came from, and its maps carry no
    layout but *filters* and *positions*: what is compared regardless of order is a position.

    Args:
        n_bands: bands that the frames must have, or None where any number will do.
        n_frames_min: fewest frames that give a position in every map.
    """

    settings: ClassVar[frozenset[str]] = frozenset()
    """Settings of an explicit network (``n_filters``, ``kernel``, …) that it is built from."""

    @classmethod
    def from_settings(cls, settings: Any, *, n_bands: int, generator: Generator) -> Self:
        """One as the settings of an engine want it: each that it takes is passed by its name.

        Args:
            settings: settings of an explicit network, as
                `estilo.engines.optimise.settings.NetworkSettings` has them.
            n_bands: bands of the frames.
            generator: where the weights come from.
        """
        options = {name: getattr(settings, name) for name in cls.settings}
        return cls(n_bands, generator=generator, **options)  # pyright: ignore[reportCallIssue]

    def __init__(self, *, n_bands: int | None, n_frames_min: int) -> None:
        super().__init__()
        self.n_bands = n_bands
        self.n_frames_min = n_frames_min

    def forward(self, frames: Tensor) -> dict[str, Tensor]:
        """Named maps of the frames, in the frames' dtype and on their device.

        Args:
            frames: real, at least `n_frames_min` frames.

        **Shape**: ``(batch, bands, frames)`` to ``(batch, filters, positions)`` for each map; a
        lone item ``(bands, frames)`` to ``(filters, positions)``.

        Raises:
            InputError: the frames are not real, have another shape, or are too few.
        """
        if frames.ndim not in (2, 3):
            raise InputError(
                f"frames must have the shape (batch, bands, frames) or (bands, frames), got "
                f"{tuple(frames.shape)}"
            )
        if not frames.is_floating_point():
            raise InputError(
                f"frames must be real floats, got {frames.dtype}; give magnitudes, or stack the "
                "real and imaginary parts as bands"
            )
        n_bands, n_frames = frames.shape[-2:]
        if self.n_bands is not None and n_bands != self.n_bands:
            raise InputError(
                f"this network was built for {self.n_bands} bands, got {n_bands}; build one for "
                "the representation in use"
            )
        if n_frames < self.n_frames_min:
            raise too_short(n_frames, shortest=self.n_frames_min)
        if frames.ndim == 3:
            return self.maps(frames)
        return {name: maps[0] for name, maps in self.maps(frames[None]).items()}

    @abstractmethod
    def maps(self, frames: Tensor) -> dict[str, Tensor]:
        """Named maps of frames that `forward` has checked.

        **Shape**: ``(batch, bands, frames)`` to ``(batch, filters, positions)`` for each map.
        """


def too_short(n_frames: int, *, shortest: int) -> InputError:
    """The error for a clip that gives a network no position.

    Args:
        n_frames: number of frames that were given.
        shortest: fewest frames that the network takes.
    """
    return InputError(
        f"the clip has {n_frames} frames, the shortest that this feature network takes is "
        f"{shortest}; give a longer clip or a smaller kernel"
    )
