"""What of the content is no note, at the spectrum and level that it has in the styles."""

from collections.abc import Sequence

import torch
from torch import Tensor

from estilo.analysis.transcription import Transcription
from estilo.dsp.eq import average_power, filtered, matching_filter
from estilo.engines.notes.residual import Residual

_HEARD_S = 5.0
_N_HEARD = 4
_FRAME_S = 0.05
_SOUNDING = 1e-4  # of the loudest frame's power
_TINY = 1e-20


class Remainder:
    """Breath, room and noise of the content, as loud against its notes as the styles' is.

    One filter for the whole gives the remainder of the content the average spectrum of the styles'
    and no more than its own level: where styles are dry and clean, little is left of it.

    Args:
        content: ``(channels, time)``; whatever is sliced like a tensor, as a mapped file.
        transcription: notes and hits of the content.
        styles: ``(channels, time)`` each.
        transcriptions: notes and hits of each.
        weights: share of each.
        sample_rate: sample rate in Hz.
    """

    def __init__(
        self,
        content: Tensor,
        transcription: Transcription,
        styles: Sequence[Tensor],
        transcriptions: Sequence[Transcription],
        weights: Sequence[float],
        *,
        sample_rate: int,
    ) -> None:
        self._left = Residual(content, transcription, sample_rate=sample_rate)
        own, share = _measured(content, self._left, sample_rate)
        wanted, wanted_share = torch.zeros_like(own), 0.0
        for style, heard, weight in zip(styles, transcriptions, weights, strict=True):
            left = Residual(style, heard, sample_rate=sample_rate)
            power, style_share = _measured(style, left, sample_rate)
            wanted += weight * power / power.sum().clamp_min(_TINY)
            wanted_share += weight * style_share
        self._filter = matching_filter(own, wanted, sample_rate=sample_rate)
        self._gain = min(1.0, (wanted_share / max(share, _TINY)) ** 0.5)

    def read(self, start: int, stop: int) -> Tensor:
        """A part of it: the same samples whatever else is read.

        Args:
            start: number of its first sample.
            stop: number of the sample after its last.

        **Shape**: result ``(channels, stop - start)``.
        """
        reach = len(self._filter.taps)
        first = max(0, start - reach)
        last = min(self._left.content.shape[-1], stop + reach)
        part = self._left.read(first, last)
        made = filtered(part, self._filter, start=start - first, stop=stop - first)
        return self._gain * made


def _measured(waveform: Tensor, left: Residual, sample_rate: int) -> tuple[Tensor, float]:
    """Average power spectrum of what is no note, and its power against that of the whole.

    The median over sounding frames: onsets, of which something is left, are few.
    """
    time, size = waveform.shape[-1], round(_HEARD_S * sample_rate)
    if time <= _N_HEARD * size:
        spans = [(0, time)]
    else:
        starts = torch.linspace(0, time - size, _N_HEARD).long().tolist()
        spans = [(start, start + size) for start in starts]
    spectra, wholes, rests = [], [], []
    for start, stop in spans:
        part = left.read(start, stop)
        spectra.append(average_power(part, sample_rate=sample_rate))
        wholes.append(_frame_powers(waveform[:, start:stop], sample_rate))
        rests.append(_frame_powers(part, sample_rate))
    whole, rest = torch.cat(wholes), torch.cat(rests)
    sounding = whole > whole.max() * _SOUNDING
    share = (rest[sounding] / whole[sounding]).median() if sounding.any() else 0.0
    return torch.stack(spectra).mean(0), float(share)


def _frame_powers(waveform: Tensor, sample_rate: int) -> Tensor:
    """Power of each 50 ms, over all channels."""
    size = min(max(round(_FRAME_S * sample_rate), 1), waveform.shape[-1])
    frames = waveform.double().unfold(-1, size, size)
    return frames.square().mean((0, 2))
