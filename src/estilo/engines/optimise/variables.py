"""What the optimiser changes, and how audio is made from it."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from estilo.dsp.mel import band_interpolation
from estilo.dsp.stft import istft, power_of_two_near, stft
from estilo.engines.optimise.views import LOW_HZ
from estilo.representations.base import Representation


class Variable(ABC):
    """Parameters, what the terms see of them, and the waveform they stand for."""

    parameters: list[Tensor]

    @abstractmethod
    def candidate(self) -> Tensor:
        """What the terms look at: a waveform ``(time,)`` or frames ``(bands, frames)``."""

    @abstractmethod
    def waveform(self) -> Tensor:
        """The audio, ``(time,)``."""


class ShapedWaveform(Variable):
    r"""A waveform, written as a time-varying filter of the start plus whatever that cannot reach.

    .. math:: y = \mathrm{ISTFT}\left( X_0 \, e^{I g} \right) + e \, v

    with the spectrum :math:`X_0` of the start, log gains :math:`g` in ERB bands × frames, their
    interpolation :math:`I` to bins, the residual :math:`v` and its scale :math:`e`, the start's own
    envelope. Any waveform can be written so. L-BFGS moves bands by 20 dB in one step through
    :math:`g`, which it cannot do sample by sample, and adds what the start lacks through :math:`v`:
    at equal time the style loss ends four times lower than on the bare waveform (docs/method.md).

    Args:
        start: ``(time,)``.
        sample_rate: sample rate in Hz.
    """

    def __init__(self, start: Tensor, *, sample_rate: int) -> None:
        self.n_fft = power_of_two_near(0.093, sample_rate=sample_rate)
        self.hop_length = self.n_fft // 4
        self.length = start.shape[0]
        self._start = stft(start, n_fft=self.n_fft, hop_length=self.hop_length)
        self._spread = band_interpolation(
            n_bands=N_GAIN_BANDS,
            n_fft=self.n_fft,
            sample_rate=sample_rate,
            scale="erb",
            low_hz=LOW_HZ,
            dtype=start.dtype,
            device=start.device,
        )
        self._envelope = RESIDUAL_SCALE * _envelope(start, self.n_fft)
        gains = start.new_zeros(N_GAIN_BANDS, self._start.shape[-1])
        self.parameters = [gains.requires_grad_(), torch.zeros_like(start).requires_grad_()]

    def candidate(self) -> Tensor:
        """The waveform itself."""
        gains, residual = self.parameters
        bounded = GAIN_LIMIT * torch.tanh(gains / GAIN_LIMIT)
        spectrum = self._start * torch.exp(self._spread @ bounded)
        filtered = istft(spectrum, length=self.length, n_fft=self.n_fft, hop_length=self.hop_length)
        return filtered + self._envelope * residual

    def waveform(self) -> Tensor:
        """The waveform itself."""
        return self.candidate().detach()


N_GAIN_BANDS = 24
GAIN_LIMIT = 3.5  # nepers: 30 dB either way
RESIDUAL_SCALE = 0.1


def _envelope(waveform: Tensor, n_window: int) -> Tensor:
    """Root mean square around every sample, at least 2 % of its peak: ``(time,)``."""
    padded = torch.nn.functional.pad(waveform.square()[None], (n_window // 2, n_window // 2))
    envelope = torch.nn.functional.avg_pool1d(padded, n_window + 1, stride=1)[0].sqrt()
    return envelope + 0.02 * envelope.max()


class Frames(Variable):
    """Frames of a representation.

    Args:
        start: frames ``(bands, frames)``.
        representation: what makes audio of them.
        length: length of the waveform, in samples.
        reference: waveform ``(time,)`` that lends its phase, or None.
        generator: random generator of the phases.
        is_seen_as_waveform: whether the terms see the waveform instead of the frames.
    """

    def __init__(
        self,
        start: Tensor,
        *,
        representation: Representation,
        length: int,
        reference: Tensor | None,
        generator: torch.Generator,
        is_seen_as_waveform: bool,
    ) -> None:
        self.parameters = [start.detach().contiguous().clone().requires_grad_()]
        self._representation = representation
        self._length = length
        self._reference = None if reference is None else reference[None]
        self._seed = generator.initial_seed()
        self._is_seen_as_waveform = is_seen_as_waveform

    def candidate(self) -> Tensor:
        """The frames, or their waveform."""
        return self._synthesise() if self._is_seen_as_waveform else self.parameters[0]

    def waveform(self) -> Tensor:
        """Synthesis of the frames."""
        return self._synthesise().detach()

    def _synthesise(self) -> Tensor:
        frames = self.parameters[0]
        if not self._is_seen_as_waveform:
            frames = frames.detach()
        return self._representation.synthesise(
            frames[None],
            length=self._length,
            reference=self._reference,
            generator=torch.Generator().manual_seed(self._seed),
        )[0]
