"""Magnitudes in perceptual bands, and the way back to all bins."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self, final

import torch
from torch import Tensor

from estilo.dsp.flatness import band_flatness, noisiness
from estilo.dsp.mel import band_interpolation, filterbank
from estilo.errors import SettingsError
from estilo.representations import TRAITS
from estilo.representations.base import Representation, check_frames, check_waveform
from estilo.representations.compression import Compression, compression
from estilo.representations.phases import PhaseMethod, chosen_phase, phase_method, with_phase
from estilo.representations.settings import Settings, stft_sizes
from estilo.representations.transforms import StftTransform

_SILENCE = 1e-4  # magnitude, 134 dB below a full-scale sine's: keeps ratios of silences at 1


@final
@dataclass(frozen=True, kw_only=True)
class Mel(Representation):
    """Compressed band averages of the STFT's magnitude; smooth, a tenth of the numbers.

    The way back fits non-negative bins to the bands by multiplicative updates (Lee & Seung 2001),
    which keep what they start from where the bands do not tell. With a reference they start from
    its magnitude under one smooth gain per band and frame, so its partials stay; without one, from
    the bands spread over the bins. On recordings, half-way transfers of 40 to 128 bands, this
    start and 8 updates came closer to the bands than the gains alone, the updates alone, or the
    pseudo-inverse did, and kept the reference's fine structure nearly as well as the gains. What
    is silent in the reference becomes noise.

    Args:
        sample_rate: sample rate in Hz.
        n_bands: number of bands.
        n_fft: length of the transform, in samples.
        hop_length: distance of two frames, in samples.
        win_length: length of the window, in samples; ``n_fft`` by default.
        window: name of the window.
        scale: ``"mel"``, ``"erb"`` or ``"linear"``.
        low_hz: lower end of the lowest band, in Hz.
        high_hz: upper end of the highest band, in Hz; half the sample rate by default.
        compression: ``"log1p"``, ``"db"``, ``"power"`` or ``"linear"``.
        exponent: exponent of ``"power"``.
        floor_db: level of silence of ``"db"``, in dB relative to a magnitude of 1.
        n_updates: multiplicative updates on the way back.
        largest_gain_db: how far the reference's own spectrum is raised, in dB: what lies deeper is
            not worth amplifying; what is missing beyond it is filled with noise.
        noise_share: per band, how much of that is filled, 0 to 1; all of it by default.
        phase: a name in `PHASES` or a method.

    Example:
        >>> mel = Mel(sample_rate=8000, n_bands=32, n_fft=256, hop_length=64)
        >>> tone = torch.sin(0.3 * torch.arange(2000.0))[None]
        >>> mel.analyse(tone).shape
        torch.Size([1, 32, 32])
    """

    traits = TRAITS["mel"]
    sample_rate: int
    n_bands: int = 80  # pyright: ignore[reportIncompatibleMethodOverride] - a field is a property
    n_fft: int = 2048
    hop_length: int = 512
    win_length: int | None = None
    window: str = "hann"
    scale: str = "mel"
    low_hz: float = 0.0
    high_hz: float | None = None
    compression: str = "log1p"
    exponent: float = 0.5
    floor_db: float = -80.0
    n_updates: int = 8
    largest_gain_db: float = 20.0
    noise_share: tuple[float, ...] | None = None
    phase: str | PhaseMethod = "fast-griffin-lim"

    def __post_init__(self) -> None:
        # Unknown names and impossible bands are refused now, not at the end.
        _ = self._level, phase_method(self.phase), self._matrices(torch.zeros(1))
        if self.noise_share is not None and len(self.noise_share) != self.n_bands:
            raise SettingsError(
                f"noise_share has {len(self.noise_share)} values for {self.n_bands} bands; "
                "give one per band"
            )
        if self.n_updates < 0:
            raise SettingsError(f"n_updates must be at least 0, got {self.n_updates}; 8 is usual")

    @classmethod
    def from_settings(
        cls, settings: Settings, *, sample_rate: int, high_hz: float, has_content: bool
    ) -> Self:
        """See `Representation.from_settings`."""
        return cls(
            sample_rate=sample_rate,
            n_bands=settings.stft.n_bands,
            high_hz=high_hz,
            compression=settings.stft.compression,
            phase=chosen_phase(settings, has_content=has_content),
            **stft_sizes(settings.stft, sample_rate=sample_rate),
        )

    def for_styles(self, styles: Sequence[Tensor], weights: Sequence[float]) -> Self:
        """The representation with noise for missing sound, as far as the styles are noise there.

        Tones that the content lacks must not become hiss. See `Representation.for_styles`.
        """
        shares = [
            weight
            * noisiness(
                band_flatness(
                    style,
                    sample_rate=self.sample_rate,
                    n_fft=self.n_fft,
                    hop_length=self.hop_length,
                    n_bands=self.n_bands,
                    high_hz=self.high_hz,
                )
            )
            for style, weight in zip(styles, weights, strict=True)
        ]
        return replace(self, noise_share=tuple(torch.stack(shares).sum(0).tolist()))

    @property
    def _level(self) -> Compression:
        return compression(self.compression, exponent=self.exponent, floor_db=self.floor_db)

    @property
    def _transform(self) -> StftTransform:
        return StftTransform.of(self)

    def _matrices(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """Bins to bands ``(n_bands, bins)``, and bands spread over bins ``(bins, n_bands)``."""
        average, spread = (
            make(
                n_bands=self.n_bands,
                n_fft=self.n_fft,
                sample_rate=self.sample_rate,
                scale=self.scale,
                low_hz=self.low_hz,
                high_hz=self.high_hz,
                dtype=like.dtype,
                device=like.device,
            )
            for make in (filterbank, band_interpolation)
        )
        return average, spread

    def compress(self, magnitude: Tensor) -> Tensor:
        """Frames of band averages. **Shape**: any."""
        return self._level.compress(magnitude)

    def decompress(self, frames: Tensor) -> Tensor:
        """Band averages of frames. **Shape**: any."""
        return self._level.decompress(frames)

    def analyse(self, waveform: Tensor) -> Tensor:
        """See `Representation.analyse`."""
        check_waveform(waveform)
        average, _ = self._matrices(waveform)
        return self._level.compress(average @ self._transform.forward(waveform).abs())

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
        transform = self._transform
        bands = self._level.decompress(frames)
        missing = None
        if reference is not None:
            bands, missing = self._within_reach(bands, reference)
        magnitude = self._fit_bins(bands, reference)
        spectrum = with_phase(
            magnitude,
            self.phase,
            transform=transform,
            length=length,
            reference=reference,
            generator=generator,
        )
        if missing is not None and bool((missing > 0).any()):
            spectrum = spectrum + self._noise(missing, length=length, generator=generator)
        return transform.inverse(spectrum, length=length)

    def _within_reach(self, bands: Tensor, reference: Tensor) -> tuple[Tensor, Tensor]:
        """What the reference can become by `largest_gain_db` at most, and what noise has to add."""
        average, _ = self._matrices(bands)
        own = average @ self._transform.forward(reference).abs()
        reachable = torch.minimum(bands, own * 10.0 ** (self.largest_gain_db / 20.0))
        missing = (bands.square() - reachable.square()).clamp_min(0.0).sqrt()
        if self.noise_share is not None:
            missing = missing * missing.new_tensor(self.noise_share)[:, None]
        return reachable, missing

    def _noise(self, bands: Tensor, *, length: int, generator: torch.Generator | None) -> Tensor:
        """Spectrum of noise whose average magnitudes are the bands."""
        generator = generator or torch.Generator().manual_seed(0)
        white = torch.randn(1, length, generator=generator, device=generator.device).to(bands)
        spectrum = self._transform.forward(white)
        _, spread = self._matrices(bands)
        return spectrum * (spread @ bands) / spectrum.abs().mean().clamp_min(1e-9)

    def _fit_bins(self, bands: Tensor, reference: Tensor | None) -> Tensor:
        """Bins ``(batch, bins, frames)`` whose averages are the bands."""
        average, spread = self._matrices(bands)
        if reference is None:
            magnitude = spread @ bands
        else:
            magnitude = self._transform.forward(reference).abs()
            ratio = (bands + _SILENCE) / (average @ magnitude + _SILENCE)
            # Interpolated as levels: beside a silent band, an interpolated ratio would explode.
            magnitude = magnitude * torch.exp(spread @ torch.log(ratio))
        wanted = average.mT @ bands
        for _ in range(self.n_updates):
            fitted = average.mT @ (average @ magnitude)
            magnitude = magnitude * ((wanted + _SILENCE**2) / (fitted + _SILENCE**2))
        return magnitude
