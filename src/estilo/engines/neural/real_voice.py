"""A network's spectra in real numbers and matrix products alone, for runtimes without an FFT.

A transform of 2048 points is two of 32 and 64 with a turn in between (Cooley & Tukey 1965), each
of them a product with a small matrix; what nobody asks for (negative frequencies, samples that the
synthesis window hides) is not computed. Spectra are real parts, then imaginary parts.

Reference: doi:10.1090/S0025-5718-1965-0178586-1
"""

import math

import torch
from torch import Tensor, nn

from estilo.models.framing import Framing
from estilo.models.network import Network, difference

_ROWS = 32


class RealVoice(nn.Module):
    """See `estilo.engines.neural.streaming_step.Voice`.

    Args:
        network: network whose functions are used.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.forth, self.back = Analysis(network.framing), Synthesis(network.framing)
        self.n_bins = network.framing.n_bins

    def hear(self, waveform: Tensor, carrier: Tensor) -> tuple[Tensor, Tensor]:
        """See `Voice.hear`."""
        content, lent = self.forth(torch.stack((waveform, carrier))).unbind(0)
        return content, lent

    def levels(self, spectra: Tensor) -> Tensor:
        """See `Voice.levels`."""
        square = spectra.square()
        power = square[..., : self.n_bins] + square[..., self.n_bins :]
        return self.network.bands.levels(power.mean(1))

    def play(self, spectra: Tensor, levels: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
        """See `Voice.play`."""
        gains = self.network.bands.gains(difference(levels, self.levels(spectra)))
        return self.back(spectra * torch.cat((gains, gains), -1)[:, None], tail)


class Analysis(nn.Module):
    """`Framing.analyse` in real numbers.

    **Shape**: ``(..., n_past + n_frames * hop_length)`` to ``(..., n_frames, 2 * n_bins)``.

    Args:
        framing: framing whose windows are used.
    """

    window: Tensor
    rows: Tensor
    cosine: Tensor
    sine: Tensor
    columns: Tensor

    def __init__(self, framing: Framing) -> None:
        super().__init__()
        n_fft, self.hop_length, self.n_bins = framing.n_fft, framing.hop_length, framing.n_bins
        self.n_fft, self.n_columns = n_fft, n_fft // _ROWS
        window = framing.analysis.double()
        self.register_buffer("window", (window * (2.0 / window.sum())).float(), persistent=False)
        rows = _turns(_ROWS, _ROWS, over=_ROWS)
        _keep(self, "rows", torch.cat((rows.cos(), -rows.sin()), 0))
        _keep_turn(self, _turns(_ROWS, self.n_columns, over=n_fft), sign=-1.0)
        kept = _turns(self.n_columns, self.n_columns // 2 + 1, over=self.n_columns)
        _keep(self, "columns", _complex_matrix(kept.cos(), -kept.sin()))

    def forward(self, waveform: Tensor) -> Tensor:
        """See the class."""
        frames = waveform.unfold(-1, self.n_fft, self.hop_length) * self.window
        turned = self.rows @ frames.unflatten(-1, (_ROWS, self.n_columns))
        real, imaginary = turned[..., :_ROWS, :], turned[..., _ROWS:, :]
        turned = torch.cat(
            (
                real * self.cosine - imaginary * self.sine,
                real * self.sine + imaginary * self.cosine,
            ),
            -1,
        )
        bins = (turned @ self.columns).unflatten(-1, (2, -1))
        bins = bins.movedim(-3, -1).flatten(-2)[..., : self.n_bins]
        return bins.flatten(-2)


class Synthesis(nn.Module):
    """`Framing.synthesise` in real numbers.

    **Shape**: frames ``(..., n_frames, 2 * n_bins)``, tail ``(..., hop_length)`` to
    ``(..., n_frames * hop_length)`` and ``(..., hop_length)``.

    Args:
        framing: framing whose windows are used.
    """

    window: Tensor
    mirror: Tensor
    rows: Tensor
    cosine: Tensor
    sine: Tensor
    columns: Tensor

    def __init__(self, framing: Framing) -> None:
        super().__init__()
        n_fft, self.hop_length, self.n_bins = framing.n_fft, framing.hop_length, framing.n_bins
        n_columns = n_fft // _ROWS
        self.n_kept = n_columns // 2 + 1
        first = _ROWS - 2 * self.hop_length // n_columns
        window = framing.synthesis.double() * framing.analysis.double().sum() / 2.0
        # Bins but the first and the last stand for their mirror images too.
        self.register_buffer("window", (2.0 / n_fft * window).float(), persistent=False)
        self.register_buffer("mirror", _mirror(self.n_bins), persistent=False)
        kept = _turns(self.n_kept, n_columns, over=n_columns)
        _keep(self, "columns", _complex_matrix(kept.cos(), kept.sin()))
        _keep_turn(self, _turns(_ROWS, n_columns, over=n_fft), sign=1.0)
        rows = _turns(_ROWS, _ROWS, over=_ROWS)[first:]
        _keep(self, "rows", torch.cat((rows.cos(), -rows.sin()), 1))

    def forward(self, frames: Tensor, tail: Tensor) -> tuple[Tensor, Tensor]:
        """Waveform of some frames, and the tail that the next ones are added to.

        Args:
            frames: spectra, ``(..., n_frames, 2 * n_bins)``.
            tail: tail of the frames before, ``(..., hop_length)``.
        """
        bins = frames.unflatten(-1, (2, self.n_bins)) * self.mirror
        bins = nn.functional.pad(bins, (0, self.n_kept * _ROWS - self.n_bins))
        bins = bins.unflatten(-1, (self.n_kept, _ROWS)).movedim(-1, -3).flatten(-2)
        real, imaginary = (bins @ self.columns).chunk(2, -1)
        turned = torch.cat(
            (
                real * self.cosine - imaginary * self.sine,
                real * self.sine + imaginary * self.cosine,
            ),
            -2,
        )
        pieces = (self.rows @ turned).flatten(-2) * self.window
        first, second = pieces[..., : self.hop_length], pieces[..., self.hop_length :]
        before = torch.cat((tail[..., None, :], second[..., :-1, :]), -2)
        return (first + before).flatten(-2), second[..., -1, :]


def _turns(n_rows: int, n_columns: int, *, over: int) -> Tensor:
    """Angles of row times column, as parts of a circle that has so many."""
    steps = torch.arange(n_rows)[:, None] * torch.arange(n_columns) % over
    return 2.0 * math.pi / over * steps.double()


def _complex_matrix(real: Tensor, imaginary: Tensor) -> Tensor:
    """What (real, imaginary) rows are multiplied by, to be so again."""
    return torch.cat((torch.cat((real, imaginary), 1), torch.cat((-imaginary, real), 1)), 0)


def _keep(module: nn.Module, name: str, values: Tensor) -> None:
    module.register_buffer(name, values.float().contiguous(), persistent=False)


def _keep_turn(module: nn.Module, angles: Tensor, *, sign: float) -> None:
    _keep(module, "cosine", angles.cos())
    _keep(module, "sine", sign * angles.sin())


def _mirror(n_bins: int) -> Tensor:
    weights = torch.ones(n_bins)
    weights[0] = weights[-1] = 0.5
    return weights
