"""Complex transforms with their sizes bound, as the phase methods use them."""

from dataclasses import dataclass
from typing import Protocol, Self

from torch import Tensor

from estilo.dsp.cqt import cqt, icqt
from estilo.dsp.stft import istft, stft
from estilo.errors import InputError


class Transform(Protocol):
    """An analysis and its inverse."""

    def forward(self, waveform: Tensor) -> Tensor:
        """Complex spectrum of a waveform: ``(..., time)`` to ``(..., bins, frames)``."""
        ...

    def inverse(self, spectrum: Tensor, *, length: int) -> Tensor:
        """Waveform nearest to a spectrum.

        Args:
            spectrum: complex spectrum, ``(..., bins, frames)``.
            length: length of the waveform, in samples.

        **Shape**: result ``(..., length)``.
        """
        ...


class StftSizes(Protocol):
    """What has the sizes of an STFT, as several representations do."""

    @property
    def n_fft(self) -> int:
        """Length of the transform, in samples."""
        ...

    @property
    def hop_length(self) -> int:
        """Samples from one frame to the next."""
        ...

    @property
    def win_length(self) -> int | None:
        """Length of the window, in samples; ``n_fft`` when None."""
        ...

    @property
    def window(self) -> str:
        """Name of the window."""
        ...


@dataclass(frozen=True, kw_only=True)
class StftTransform:
    """The STFT of `estilo.dsp.stft` with its sizes.

    Args:
        n_fft: length of the transform in samples.
        hop_length: hop in samples.
        win_length: length of the window in samples; ``n_fft`` by default.
        window: name of the window.

    Example:
        >>> import torch
        >>> StftTransform(n_fft=64, hop_length=16).forward(torch.zeros(1, 160)).shape
        torch.Size([1, 33, 11])
    """

    n_fft: int
    hop_length: int
    win_length: int | None = None
    window: str = "hann"

    @classmethod
    def of(cls, sizes: StftSizes) -> Self:
        """The transform with the sizes of something else.

        Args:
            sizes: a representation, mostly.
        """
        return cls(
            n_fft=sizes.n_fft,
            hop_length=sizes.hop_length,
            win_length=sizes.win_length,
            window=sizes.window,
        )

    def forward(self, waveform: Tensor) -> Tensor:
        """See `Transform.forward`."""
        return stft(
            waveform,
            n_fft=self.n_fft,
            hop_length=self.hop_length,
            win_length=self.win_length,
            window=self.window,
        )

    def inverse(self, spectrum: Tensor, *, length: int) -> Tensor:
        """See `Transform.inverse`.

        Raises:
            InputError: the spectrum has not as many frames as a waveform of this length.
        """
        n_frames = 1 + length // self.hop_length
        if spectrum.shape[-1] != n_frames:
            raise InputError(
                f"{length} samples have {n_frames} frames, got {spectrum.shape[-1]}; "
                "give the length of the waveform that was analysed"
            )
        return istft(
            spectrum,
            length=length,
            n_fft=self.n_fft,
            hop_length=self.hop_length,
            win_length=self.win_length,
            window=self.window,
        )


@dataclass(frozen=True, kw_only=True)
class CqtTransform:
    """The constant-Q transform of `estilo.dsp.cqt` with its sizes.

    Args:
        sample_rate: sample rate in Hz.
        bins_per_octave: bands per octave.
        low_hz: centre of the lowest constant-Q band, in Hz.
        hop_length: hop in samples; the longest possible by default.

    Example:
        >>> import torch
        >>> CqtTransform(sample_rate=8000, bins_per_octave=12).forward(torch.zeros(1, 800)).shape
        torch.Size([1, 85, 200])
    """

    sample_rate: int
    bins_per_octave: int = 24
    low_hz: float = 32.703
    hop_length: int | None = None

    def forward(self, waveform: Tensor) -> Tensor:
        """See `Transform.forward`."""
        return cqt(
            waveform,
            sample_rate=self.sample_rate,
            bins_per_octave=self.bins_per_octave,
            low_hz=self.low_hz,
            hop_length=self.hop_length,
        )

    def inverse(self, spectrum: Tensor, *, length: int) -> Tensor:
        """See `Transform.inverse`."""
        return icqt(
            spectrum,
            length=length,
            sample_rate=self.sample_rate,
            bins_per_octave=self.bins_per_octave,
            low_hz=self.low_hz,
            hop_length=self.hop_length,
        )
