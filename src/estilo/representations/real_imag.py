"""The complex STFT as real frames."""

from dataclasses import dataclass
from typing import Self, final

import torch
from torch import Tensor

from estilo.representations import TRAITS
from estilo.representations.base import Representation, check_frames, check_waveform
from estilo.representations.settings import Settings, stft_sizes
from estilo.representations.transforms import StftTransform


@final
@dataclass(frozen=True, kw_only=True)
class RealImag(Representation):
    """Real parts of the STFT's bins, then imaginary parts: nothing is lost.

    Args:
        sample_rate: sample rate in Hz.
        n_fft: length of the transform, in samples.
        hop_length: distance of two frames, in samples.
        win_length: length of the window, in samples; ``n_fft`` by default.
        window: name of the window.

    Example:
        >>> frames = RealImag(sample_rate=8000, n_fft=64, hop_length=16)
        >>> frames.analyse(torch.zeros(1, 160)).shape
        torch.Size([1, 66, 11])
    """

    traits = TRAITS["real-imag"]
    sample_rate: int
    n_fft: int = 2048
    hop_length: int = 512
    win_length: int | None = None
    window: str = "hann"

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        sample_rate: int,
        high_hz: float,  # noqa: ARG003
        has_content: bool,  # noqa: ARG003
    ) -> Self:
        """See `Representation.from_settings`."""
        return cls(sample_rate=sample_rate, **stft_sizes(settings.stft, sample_rate=sample_rate))

    @property
    def n_bands(self) -> int:
        """See `Representation.n_bands`."""
        return 2 * (self.n_fft // 2 + 1)

    @property
    def _transform(self) -> StftTransform:
        return StftTransform.of(self)

    def analyse(self, waveform: Tensor) -> Tensor:
        """See `Representation.analyse`."""
        check_waveform(waveform)
        spectrum = self._transform.forward(waveform)
        return torch.cat([spectrum.real, spectrum.imag], dim=1)

    def synthesise(
        self,
        frames: Tensor,
        *,
        length: int,
        reference: Tensor | None = None,
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Tensor:
        """See `Representation.synthesise`; the reference is not needed."""
        check_frames(frames, n_bands=self.n_bands, length=length, reference=reference)
        real, imag = frames.chunk(2, dim=1)
        return self._transform.inverse(torch.complex(real, imag), length=length)
