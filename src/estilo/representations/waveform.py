"""The samples themselves as frames."""

from dataclasses import dataclass, field
from typing import final

import torch
from torch import Tensor

from estilo.errors import InputError
from estilo.representations import TRAITS
from estilo.representations.base import Representation, check_frames, check_waveform


@final
@dataclass(frozen=True, kw_only=True)
class Waveform(Representation):
    """The samples as one band, a frame each: what is optimised is what is heard.

    Args:
        sample_rate: sample rate in Hz.

    Example:
        >>> Waveform(sample_rate=8000).analyse(torch.zeros(2, 100)).shape
        torch.Size([2, 1, 100])
    """

    traits = TRAITS["waveform"]
    sample_rate: int
    hop_length: int = field(default=1, init=False)

    @property
    def n_bands(self) -> int:
        """See `Representation.n_bands`."""
        return 1

    def analyse(self, waveform: Tensor) -> Tensor:
        """See `Representation.analyse`."""
        check_waveform(waveform)
        return waveform[:, None, :].clone()

    def synthesise(
        self,
        frames: Tensor,
        *,
        length: int,
        reference: Tensor | None = None,
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Tensor:
        """See `Representation.synthesise`; the reference is not needed."""
        check_frames(frames, n_bands=1, length=length, reference=reference)
        if frames.shape[-1] != length:
            raise InputError(
                f"{length} samples are as many frames, got {frames.shape[-1]}; "
                "give the length of the waveform that was analysed"
            )
        return frames[:, 0, :].clone()
