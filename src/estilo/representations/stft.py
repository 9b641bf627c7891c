"""The magnitude of the STFT, compressed."""

from dataclasses import dataclass
from typing import Self, final

import torch
from torch import Tensor

from estilo.representations import TRAITS
from estilo.representations.base import Representation, check_frames, check_waveform
from estilo.representations.compression import Compression, compression
from estilo.representations.phases import PhaseMethod, chosen_phase, phase_method, with_phase
from estilo.representations.settings import Settings, stft_sizes
from estilo.representations.transforms import StftTransform


@final
@dataclass(frozen=True, kw_only=True)
class Stft(Representation):
    """Compressed magnitude of the STFT; the phase is borrowed or estimated on the way back.

    Args:
        sample_rate: sample rate in Hz.
        n_fft: length of the transform, in samples.
        hop_length: distance of two frames, in samples.
        win_length: length of the window, in samples; ``n_fft`` by default.
        window: name of the window.
        compression: ``"log1p"``, ``"db"``, ``"power"`` or ``"linear"``.
        exponent: exponent of ``"power"``.
        floor_db: level of silence of ``"db"``, in dB relative to a magnitude of 1.
        phase: a name in `PHASES` or a method.

    Example:
        >>> stft = Stft(sample_rate=8000, n_fft=256, hop_length=64)
        >>> tone = torch.sin(0.3 * torch.arange(2000.0))[None]
        >>> again = stft.synthesise(stft.analyse(tone), length=2000, reference=tone)
        >>> bool((again - tone).abs().max() < 1e-4)
        True
    """

    traits = TRAITS["stft"]
    sample_rate: int
    n_fft: int = 2048
    hop_length: int = 512
    win_length: int | None = None
    window: str = "hann"
    compression: str = "log1p"
    exponent: float = 0.5
    floor_db: float = -80.0
    phase: str | PhaseMethod = "fast-griffin-lim"

    def __post_init__(self) -> None:
        _ = self._level, phase_method(self.phase)  # unknown names are refused now, not at the end

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        sample_rate: int,
        high_hz: float,  # noqa: ARG003
        has_content: bool,
    ) -> Self:
        """See `Representation.from_settings`."""
        return cls(
            sample_rate=sample_rate,
            compression=settings.stft.compression,
            phase=chosen_phase(settings, has_content=has_content),
            **stft_sizes(settings.stft, sample_rate=sample_rate),
        )

    @property
    def n_bands(self) -> int:
        """See `Representation.n_bands`."""
        return self.n_fft // 2 + 1

    @property
    def _level(self) -> Compression:
        return compression(self.compression, exponent=self.exponent, floor_db=self.floor_db)

    @property
    def _transform(self) -> StftTransform:
        return StftTransform.of(self)

    def analyse(self, waveform: Tensor) -> Tensor:
        """See `Representation.analyse`."""
        check_waveform(waveform)
        return self._level.compress(self._transform.forward(waveform).abs())

    def synthesise(
        self,
        frames: Tensor,
        *,
        length: int,
        reference: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """See `Representation.synthesise`; gradients flow through the magnitude only."""
        check_frames(frames, n_bands=self.n_bands, length=length, reference=reference)
        magnitude = self._level.decompress(frames)
        transform = self._transform
        spectrum = with_phase(
            magnitude,
            self.phase,
            transform=transform,
            length=length,
            reference=reference,
            generator=generator,
        )
        return transform.inverse(spectrum, length=length)
