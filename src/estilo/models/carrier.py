"""A waveform that lends its phases to whatever levels a network asks for."""

import torch
from torch import Tensor, nn

from estilo.models.framing import Framing
from estilo.nn import State

_RECTIFIED, _NOISE, _AIR = 0.1, 0.005, 0.01
_FADE_DB_PER_S, _END_DB_PER_S = 6.0, 240.0
_SILENCE, _FULL_SCALE = 1e-8, 1.0  # mean squares: -80 dBFS, and what may come to stay
_SUBTLEST = 1e-20  # mean square: keeps gradients of a square root finite


class Carrier(nn.Module):
    """The content, and something where it has nothing.

    - A little of its absolute value, which has partials where the content has none, an octave up
      at most, so that little folds over; and of that with noise, which has everything.
    - Noise 40 dB below the loudest hop of late, for what goes on where the content has ended: a
      struck note that becomes a bowed one. Its loudness fades by 6 dB a second, and by 240 where
      the content is silent (below -80 dBFS), so that silence becomes silence.

    **Shape**: waveform with its past ``(batch, channels, n_past + n_frames * hop_length)``, noise
    of variance 1, the same or without batch and channels, and a state to a waveform of the first
    shape and the next state: ``carrier.loudness`` ``(batch, channels, n_past / hop_length)``,
    amplitude of the last hops, 0 at the start. Each channel has its own, so that the stereo image
    stays.

    Args:
        framing: framing of the frames that will be made of it.
        sample_rate: sample rate in Hz.
    """

    def __init__(self, framing: Framing, *, sample_rate: int) -> None:
        super().__init__()
        self.hop_length, self.n_past = framing.hop_length, framing.n_past
        self.fades = [
            10.0 ** (-rate * self.hop_length / sample_rate / 20.0)
            for rate in (_FADE_DB_PER_S, _END_DB_PER_S)
        ]

    def initial_state(self, batch: int, channels: int, *, like: Tensor) -> dict[str, Tensor]:
        """The state in which nothing was heard yet.

        Args:
            batch: number of examples.
            channels: number of channels of the waveform.
            like: tensor whose type and device the state takes.
        """
        return {"carrier.loudness": like.new_zeros(batch, channels, self.n_past // self.hop_length)}

    def forward(
        self, waveform: Tensor, noise: Tensor, state: State
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Make the carrier of a waveform.

        Args:
            waveform: samples, with the past ones that frames reach back to, ``(batch, channels,
                time)``.
            noise: noise of variance 1, of the same shape or without batch and channels.
            state: state of the frames before, or the initial one.
        """
        hops = waveform[..., self.n_past :].unflatten(-1, (-1, self.hop_length))
        loudness = [*state["carrier.loudness"].unbind(-1)]
        slow, quick = self.fades
        for power in hops.square().mean(-1).clamp(max=_FULL_SCALE).unbind(-1):
            kept = torch.where(power > _SILENCE, slow, quick) * loudness[-1]
            loudness.append(torch.maximum((power + _SUBTLEST).sqrt(), kept))
        course = torch.stack(loudness, -1)
        rough = waveform.abs() * (_RECTIFIED + _NOISE * noise)
        air = _AIR * course.repeat_interleave(self.hop_length, -1) * noise
        return waveform + rough + air, {"carrier.loudness": course[..., hops.shape[-2] :]}
