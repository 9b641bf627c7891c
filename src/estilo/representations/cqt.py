"""The magnitude of an invertible constant-Q transform, compressed."""

from dataclasses import dataclass
from typing import Self, final

import torch
from torch import Tensor

from estilo.dsp.cqt import cqt_frequencies_hz, cqt_hop_length
from estilo.errors import SettingsError
from estilo.representations import TRAITS
from estilo.representations.base import Representation, check_frames, check_waveform
from estilo.representations.compression import Compression, compression
from estilo.representations.phases import PhaseMethod, chosen_phase, phase_method, with_phase
from estilo.representations.settings import Settings
from estilo.representations.transforms import CqtTransform


@final
@dataclass(frozen=True, kw_only=True)
class Cqt(Representation):
    """Compressed magnitude of a constant-Q transform: equal steps of pitch.

    Its frames are dense (every 32 samples at 22 050 Hz and 24 bands per octave), as all bands
    share the rate of the widest; the last few frames join the end to the start.

    Args:
        sample_rate: sample rate in Hz.
        bins_per_octave: bands per octave.
        low_hz: centre of the lowest constant-Q band, in Hz.
        hop_length: hop in samples; the longest possible by default.
        compression: ``"log1p"``, ``"db"``, ``"power"`` or ``"linear"``.
        exponent: exponent of ``"power"``.
        floor_db: level of silence of ``"db"``, in dB relative to a magnitude of 1.
        gain: factor before the compression; the default gives a sine the magnitude that it has in
            an STFT with a Hann window of 2048 samples, so ``log1p`` bends at the same level.
        phase: a name in `PHASES` (not ``"pghi"``) or a method.

    Example:
        >>> cqt = Cqt(sample_rate=8000, bins_per_octave=12)
        >>> tone = torch.sin(0.3 * torch.arange(2000.0))[None]
        >>> again = cqt.synthesise(cqt.analyse(tone), length=2000, reference=tone)
        >>> bool((again - tone).abs().max() < 1e-4)
        True
    """

    traits = TRAITS["cqt"]
    sample_rate: int
    bins_per_octave: int = 24
    low_hz: float = 32.703
    hop_length: int | None = None  # pyright: ignore[reportIncompatibleVariableOverride] - set below
    compression: str = "log1p"
    exponent: float = 0.5
    floor_db: float = -80.0
    gain: float = 512.0
    phase: str | PhaseMethod = "fast-griffin-lim"

    def __post_init__(self) -> None:
        _ = self._level, phase_method(self.phase)  # unknown names are refused now, not at the end
        if self.gain <= 0.0:
            raise SettingsError(f"gain must be positive, got {self.gain:g}; 512 is usual")
        if self.hop_length is None:
            longest = cqt_hop_length(
                sample_rate=self.sample_rate,
                bins_per_octave=self.bins_per_octave,
                low_hz=self.low_hz,
            )
            object.__setattr__(self, "hop_length", longest)

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
            bins_per_octave=settings.cqt.bins_per_octave,
            low_hz=settings.cqt.low_hz,
            phase=chosen_phase(settings, has_content=has_content),
        )

    @property
    def n_bands(self) -> int:
        """See `Representation.n_bands`."""
        return cqt_frequencies_hz(
            sample_rate=self.sample_rate, bins_per_octave=self.bins_per_octave, low_hz=self.low_hz
        ).size

    @property
    def _level(self) -> Compression:
        return compression(self.compression, exponent=self.exponent, floor_db=self.floor_db)

    @property
    def _transform(self) -> CqtTransform:
        return CqtTransform(
            sample_rate=self.sample_rate,
            bins_per_octave=self.bins_per_octave,
            low_hz=self.low_hz,
            hop_length=self.hop_length,
        )

    def analyse(self, waveform: Tensor) -> Tensor:
        """See `Representation.analyse`."""
        check_waveform(waveform)
        return self._level.compress(self._transform.forward(waveform).abs() * self.gain)

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
        magnitude = self._level.decompress(frames) / self.gain
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
