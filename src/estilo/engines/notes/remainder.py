"""What of the content is no note, at the spectrum and level that it has in the styles."""

from collections.abc import Sequence

import torch
from torch import Tensor

from estilo.dsp.eq import average_power, filtered, matching_filter
from estilo.engines.notes.prominence import Prominent, frame_powers
from estilo.engines.notes.recordings import Heard
from estilo.engines.notes.residual import Residual

_HEARD_S = 5.0
_N_HEARD = 4
_FRAME_S = 0.05
_SOUNDING = 1e-4  # of the loudest frame's power
_TINY = 1e-20


class Remainder:
    """Breath, room and noise of the content, as loud against its notes as the styles' is.

    One filter for the whole gives the remainder of the content the average spectrum of the styles'
    and no more than its own level: where styles are dry and clean, little is left of it. Where it
    is far below the notes it is taken for what removing them left, and is not heard
    (`prominence.Prominent`): an instrument brings its own breath and attack.

    Args:
        content: the parts of it that are measured, and their notes; all of it can be read.
        styles: the styles.
        weights: share of each.
        sample_rate: sample rate in Hz.
    """

    def __init__(
        self,
        content: Heard,
        styles: Sequence[Heard],
        weights: Sequence[float],
        *,
        sample_rate: int,
    ) -> None:
        own_left = Residual(content.waveform, content.transcription, sample_rate=sample_rate)
        own, share = _measured(content, own_left, sample_rate)
        wanted, wanted_share = torch.zeros_like(own), 0.0
        for style, weight in zip(styles, weights, strict=True):
            left = Residual(style.waveform, style.transcription, sample_rate=sample_rate)
            power, style_share = _measured(style, left, sample_rate)
            wanted += weight * power / power.sum().clamp_min(_TINY)
            wanted_share += weight * style_share
        self._filter = matching_filter(own, wanted, sample_rate=sample_rate)
        self._gain = min(1.0, (wanted_share / max(share, _TINY)) ** 0.5)
        self._prominent = Prominent(own_left, sample_rate=sample_rate)
        self._n_samples = content.waveform.shape[-1]

    def read(self, start: int, stop: int) -> Tensor:
        """A part of it: the same samples whatever else is read.

        Args:
            start: number of its first sample.
            stop: number of the sample after its last.

        **Shape**: result ``(channels, stop - start)``.
        """
        reach = len(self._filter.taps)
        first = max(0, start - reach)
        last = min(self._n_samples, stop + reach)
        part = self._prominent.read(first, last)
        made = filtered(part, self._filter, start=start - first, stop=stop - first)
        return self._gain * made


def _measured(recording: Heard, left: Residual, sample_rate: int) -> tuple[Tensor, float]:
    """Average power spectrum of what is no note, and its power against that of the whole.

    The median over sounding frames: onsets, of which something is left, are few.
    """
    spectra, wholes, rests = [], [], []
    frame = max(round(_FRAME_S * sample_rate), 1)
    for start, stop in recording.excerpts(n=_N_HEARD, size=round(_HEARD_S * sample_rate)):
        part = left.read(start, stop)
        spectra.append((stop - start) * average_power(part, sample_rate=sample_rate))
        size = min(frame, stop - start)
        wholes.append(frame_powers(recording.waveform[:, start:stop], size))
        rests.append(frame_powers(part, size))
    whole, rest = torch.cat(wholes), torch.cat(rests)
    sounding = whole > whole.max() * _SOUNDING
    share = (rest[sounding] / whole[sounding]).median() if sounding.any() else 0.0
    return torch.stack(spectra).mean(0), float(share)
