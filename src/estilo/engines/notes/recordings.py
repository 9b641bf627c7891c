"""A recording, or parts of it, with what was heard there."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from estilo.analysis.transcription import Transcription
from estilo.engines.notes.regions import EXPLAINED, Region, within

Span = tuple[int, int]
"""First sample of a part, and the one after its last."""


@dataclass(frozen=True)
class Heard:
    """A recording and what was heard of it.

    Args:
        waveform: ``(channels, time)``.
        transcription: its notes and hits.
        is_explained: whether its notes and hits are most of what is heard.
        spans: the parts of it that this is about.
    """

    waveform: Tensor
    transcription: Transcription
    is_explained: bool
    spans: tuple[Span, ...]

    @classmethod
    def whole(cls, waveform: Tensor, transcription: Transcription) -> "Heard":
        """All of a recording.

        Args:
            waveform: ``(channels, time)``.
            transcription: its notes and hits.
        """
        is_explained = transcription.explained >= EXPLAINED
        return cls(waveform, transcription, is_explained, ((0, waveform.shape[-1]),))

    def parts(self, regions: Sequence[Region], *, is_played: bool, sample_rate: int) -> "Heard":
        """The regions that are made of notes, with these, or the others, as if without any.

        Args:
            regions: those of the recording.
            is_played: whether those are meant that are made of notes and hits.
            sample_rate: sample rate in Hz.
        """
        heard = Transcription()
        if is_played:
            heard = within(self.transcription, regions, sample_rate)
        spans = tuple((each.start, each.stop) for each in regions if each.is_played == is_played)
        return Heard(self.waveform, heard, is_played, spans)

    @property
    def has_notes(self) -> bool:
        """Whether it is made of notes, as far as one can hear."""
        return bool(self.transcription.notes) and self.is_explained

    @property
    def has_hits(self) -> bool:
        """Whether there are hits in it, beside notes or alone."""
        return bool(self.transcription.hits) and self.is_explained

    def excerpts(self, *, n: int, size: int) -> list[Span]:
        """All spans, or some excerpts spread evenly over them where they are longer.

        Args:
            n: number of excerpts.
            size: length of each, in samples; those across a cut become two.

        Example:
            >>> heard = Heard(torch.zeros(1, 90), Transcription(), True, ((10, 40), (60, 90)))
            >>> heard.excerpts(n=3, size=10)
            [(10, 20), (35, 40), (60, 65), (80, 90)]
        """
        total = sum(stop - start for start, stop in self.spans)
        if total <= n * size:
            return list(self.spans)
        found = []
        for place in torch.linspace(0, total - size, n).long().tolist():
            before = 0
            for start, stop in self.spans:
                first = max(start, start + place - before)
                last = min(stop, start + place + size - before)
                if last > first:
                    found.append((first, last))
                before += stop - start
        return found
