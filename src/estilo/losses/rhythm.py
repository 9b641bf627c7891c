r"""The groove of a recording: after which times its bands repeat themselves.

For every band the rises of the frames, :math:`r_t = \max(x_t - x_{t-1}, 0)`, less their mean, are
correlated with themselves:

.. math:: a_\ell = \sum_t r_t r_{t+\ell} \Big/ \sum_t r_t^2

over lags of 0.2 to 3 s (300 to 20 beats per minute), after smoothing over 50 ms so that lags need
not agree to the frame. The loss is the mean squared difference of these curves; it ignores when
things happen and how loud they are, and asks only how they recur. The autocorrelation of an onset
curve as a tempo descriptor is that of Ellis, "Beat Tracking by Dynamic Programming", JNMR 2007,
doi:10.1080/09298210701653344.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from estilo.errors import InputError
from estilo.losses.base import Loss


@dataclass(frozen=True)
class RhythmTarget:
    """Autocorrelation ``(bands, lags)`` of the styles, by weight."""

    curve: Tensor


class Rhythm(Loss):
    """Mean squared difference between the autocorrelations of band onsets.

    Args:
        frame_rate_hz: frames per second.
        shortest_s: shortest lag in seconds.
        longest_s: longest lag in seconds; styles and candidate must be longer than the shortest
            lag, and are compared up to the longest that they both hold twice.

    Example:
        >>> clicks = torch.zeros(1, 200)
        >>> clicks[:, ::25] = 1.0
        >>> loss = Rhythm(frame_rate_hz=50.0)
        >>> target = loss.prepare([clicks], [1.0])
        >>> float(loss.forward(clicks, target)), float(loss.forward(clicks.roll(7), target)) < 0.01
        (0.0, True)
    """

    def __init__(
        self, *, frame_rate_hz: float, shortest_s: float = 0.2, longest_s: float = 3.0
    ) -> None:
        self.first = max(1, round(shortest_s * frame_rate_hz))
        self.last = round(longest_s * frame_rate_hz)
        self.n_smooth = max(1, round(0.05 * frame_rate_hz))

    @classmethod
    def for_frames(cls, *, frame_rate_hz: float) -> Self:
        """See `Loss.for_frames`."""
        return cls(frame_rate_hz=frame_rate_hz)

    def prepare(self, references: Sequence[Tensor], weights: Sequence[float]) -> RhythmTarget:
        """Mean autocorrelation of the styles; see `Loss.prepare`."""
        longest = min(self.last, *(frames.shape[1] // 2 for frames in references))
        curves = [
            weight * self._curve(frames, longest)
            for frames, weight in zip(references, weights, strict=True)
        ]
        return RhythmTarget(torch.stack(curves).sum(0))

    def forward(self, candidate: Tensor, target: RhythmTarget) -> Tensor:
        """Distance of the autocorrelations; see `Loss.forward`."""
        longest = min(candidate.shape[1] // 2, self.first + target.curve.shape[1] - 1)
        curve = self._curve(candidate, longest)
        return (curve - target.curve[:, : curve.shape[1]]).square().mean()

    def _curve(self, frames: Tensor, longest: int) -> Tensor:
        if longest < self.first:
            raise InputError(
                f"a rhythm needs at least {2 * self.first} frames, got {frames.shape[1]}; "
                "give a longer recording or leave the rhythm term out"
            )
        rises = torch.relu(frames[:, 1:] - frames[:, :-1])
        smooth = torch.nn.functional.avg_pool1d(
            rises[:, None], self.n_smooth, stride=1, padding=self.n_smooth // 2
        )[:, 0]
        smooth = smooth - smooth.mean(1, keepdim=True)
        # The power spectrum's transform is the autocorrelation; twice the length keeps it linear.
        spectrum = torch.fft.rfft(smooth, n=2 * smooth.shape[1])
        curve = torch.fft.irfft(spectrum.real.square() + spectrum.imag.square())
        return curve[:, self.first : longest + 1] / curve[:, :1].clamp_min(1e-6)
