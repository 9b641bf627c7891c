"""Noise as the levels of its bands, and noise from levels of bands."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from estilo.dsp.mel import band_interpolation, filterbank
from estilo.dsp.stft import istft, power_of_two_near, stft

_WINDOW_S = 0.046
_LOW_HZ = 20.0
_N_PASSES = 2
_FLOOR = 1e-14
N_BANDS = 64


@dataclass(frozen=True)
class CodedNoise:
    """A waveform coded as noise.

    Args:
        levels: power in bands, ``(N_BANDS, frames)``.
        offset: mean of the samples: some recordings have one that outweighs all else.
        sample_rate: sample rate in Hz.
    """

    levels: Tensor
    offset: float
    sample_rate: int

    @classmethod
    def of(cls, waveform: Tensor, *, sample_rate: int) -> "CodedNoise":
        """Measure the levels of a waveform.

        Args:
            waveform: waveform to measure, ``(time,)``.
            sample_rate: sample rate in Hz.
        """
        offset = float(waveform.double().mean()) if len(waveform) else 0.0
        return cls(_band_power(waveform - offset, sample_rate), offset, sample_rate)

    def decode(self, *, length: int, generator: torch.Generator) -> Tensor:
        """Make noise with these levels.

        White noise is weighed band by band and frame by frame. Its own levels are those of chance,
        and frames overlap: a second pass weighs by what the first one missed.

        Args:
            length: length of the waveform that was coded, in samples.
            generator: random generator of the noise.

        **Shape**: result ``(length,)``.

        Example:
            >>> generator = torch.Generator().manual_seed(0)
            >>> coded = CodedNoise.of(torch.randn(8000, generator=generator), sample_rate=8000)
            >>> other = coded.decode(length=8000, generator=generator)
            >>> levels = CodedNoise.of(other, sample_rate=8000).levels
            >>> bool((10 * torch.log10(levels / coded.levels)).abs().mean() < 2.0)
            True
        """
        white = torch.randn(length, generator=generator).to(self.levels)
        sizes = _sizes(self.sample_rate)
        spread = band_interpolation(
            n_bands=N_BANDS,
            n_fft=sizes["n_fft"],
            sample_rate=self.sample_rate,
            scale="erb",
            low_hz=_LOW_HZ,
            dtype=self.levels.dtype,
            device=self.levels.device,
        )
        spectrum = stft(white, **sizes)
        noise, gains = white, torch.zeros_like(self.levels)
        for _ in range(_N_PASSES):
            reached = _band_power(noise, self.sample_rate)
            gains = gains + 0.5 * torch.log((self.levels + _FLOOR) / (reached + _FLOOR))
            noise = istft(spectrum * torch.exp(spread @ gains), length=length, **sizes)
        return noise + self.offset


def _sizes(sample_rate: int) -> dict[str, Any]:
    n_fft = power_of_two_near(_WINDOW_S, sample_rate=sample_rate, least=64)
    return {"n_fft": n_fft, "hop_length": n_fft // 4}


def _band_power(waveform: Tensor, sample_rate: int) -> Tensor:
    sizes = _sizes(sample_rate)
    spectrum = stft(waveform, **sizes)
    bank = filterbank(
        n_bands=N_BANDS,
        n_fft=sizes["n_fft"],
        sample_rate=sample_rate,
        scale="erb",
        low_hz=_LOW_HZ,
        dtype=waveform.dtype,
        device=waveform.device,
    )
    return bank @ (spectrum.real.square() + spectrum.imag.square())
