"""Frames between waveform and spectrum, with more resolution than the delay would allow.

The window that a frame is seen through is long and leans to the end; the window that it is put
back through covers only the last two hops. Their product is a Hann window, so that frames that
nobody changed add up to the input (Mauler & Martin 2007).

Reference: D. Mauler, R. Martin 2007, "A low delay, variable resolution, perfect reconstruction
spectral analysis-synthesis system for speech enhancement", EUSIPCO.
"""

import torch
from torch import Tensor, nn


class Framing(nn.Module):
    """The pair of windows, and frames through them.

    Args:
        n_fft: length of the window of analysis, in samples.
        hop_length: distance from frame to frame, in samples; two hops are the window of synthesis.
    """

    analysis: Tensor
    synthesis: Tensor

    def __init__(self, *, n_fft: int = 2048, hop_length: int = 512) -> None:
        super().__init__()
        self.n_fft, self.hop_length = n_fft, hop_length
        rise, fall = n_fft - hop_length, hop_length
        analysis = torch.cat(
            (
                torch.hann_window(2 * rise, dtype=torch.float64)[:rise].sqrt(),
                torch.hann_window(2 * fall, dtype=torch.float64)[fall:].sqrt(),
            )
        )
        synthesis = torch.hann_window(2 * fall, dtype=torch.float64) / analysis[-2 * fall :]
        self.register_buffer("analysis", analysis.float(), persistent=False)
        self.register_buffer("synthesis", synthesis.float(), persistent=False)

    @property
    def latency(self) -> int:
        """Samples from a sample's arrival to the moment when it can be given out, at any block."""
        return 2 * self.hop_length - 1

    @property
    def n_bins(self) -> int:
        """Number of bins of a frame's spectrum."""
        return self.n_fft // 2 + 1

    @property
    def n_past(self) -> int:
        """Samples before a hop that its frame looks back on."""
        return self.n_fft - self.hop_length

    def analyse(self, waveform: Tensor) -> Tensor:
        """Frames of a waveform with its past.

        **Shape**: ``(..., n_past + n_frames * hop_length)`` to ``(..., n_frames, n_bins)``;
        a full-scale sine has a magnitude of 1.
        """
        frames = waveform.unfold(-1, self.n_fft, self.hop_length)
        return torch.fft.rfft(frames * self.analysis) * (2.0 / self.analysis.sum())

    def synthesise(self, frames: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
        """The waveform one hop behind the frames, and what the next frames will be added to.

        Args:
            frames: complex spectra as `analyse` gives them, ``(..., n_frames, n_bins)``.
            tail: what the frames before left, ``(..., hop_length)``; zeros at the start.

        **Shape**: result ``(..., n_frames * hop_length)`` and the next tail ``(..., hop_length)``.
        """
        hop = self.hop_length
        pieces = torch.fft.irfft(frames * (self.analysis.sum() / 2.0), self.n_fft)
        pieces = pieces[..., -2 * hop :] * self.synthesis
        first, second = pieces[..., :hop], pieces[..., hop:]
        before = torch.cat((tail[..., None, :], second[..., :-1, :]), -2)
        return (first + before).flatten(-2), second[..., -1, :]
