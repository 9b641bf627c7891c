"""What each style adds to the output: an instrument that plays, or a texture that is shaped."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from estilo.dsp.eq import average_power, matched, matching_filter
from estilo.engines.grains import Grain
from estilo.engines.notes.cross_synthesis import CrossSynthesis
from estilo.engines.notes.performance import Performance
from estilo.engines.notes.recordings import Heard


class Layer(Protocol):
    """A sound of the output's length, known at any place."""

    def read(self, start: int, stop: int) -> Tensor:
        """A part of it: the same samples whatever else is read.

        Args:
            start: number of its first sample.
            stop: number of the sample after its last.

        **Shape**: result ``(channels, stop - start)``.
        """
        ...

    def grains(self) -> list[Grain]:
        """Which stretches of the styles it is made of."""
        ...


class PlayedLayer:
    """Notes on the instrument of one style.

    Args:
        performance: what is played.
        numbers: numbers that its notes have among the content's.
        gain: factor of its amplitudes.
        style: number of the style.
        n_channels: number of channels of the output.
        share: share of the whole, 0 to 1.
    """

    def __init__(
        self,
        performance: Performance,
        *,
        numbers: Sequence[int],
        gain: float,
        style: int,
        n_channels: int,
        share: float,
    ) -> None:
        self._performance, self._gain, self._style = performance, gain, style
        self._n_channels, self._share = n_channels, share
        self.numbers = {number: place for place, number in enumerate(numbers)}
        """Place of each of the content's notes that it plays, by the note's number."""

    def read(self, start: int, stop: int) -> Tensor:
        """See `Layer.read`.

        Args:
            start: number of the first sample.
            stop: number of the sample after the last.
        """
        samples = torch.from_numpy(self._performance.read(start, stop))
        return self._gain * samples.expand(self._n_channels, -1)

    def note(self, number: int) -> tuple[NDArray[np.float32], int]:
        """A note by itself in one channel, and the sample at which it begins.

        Args:
            number: number of the note among the content's.

        **Shape**: samples ``(time,)``.
        """
        performance, place = self._performance, self.numbers[number]
        voice = performance.voice(place)
        start = performance.notes[place].start_s * performance.playing.sample_rate
        gain = self._gain * performance.gain
        return gain * voice.samples.mean(0), round(start) - voice.first

    def grains(self) -> list[Grain]:
        """The zone that plays each note; see `Layer.grains`."""
        out, performance = [], self._performance
        for note, number in zip(performance.notes, performance.zones, strict=True):
            zone = performance.instrument.zones[number]
            semitones = note.pitch - zone.pitch
            taken_s = min(note.duration_s * 2.0 ** (semitones / 12.0), zone.held_s)
            out.append(
                Grain(
                    note.start_s,
                    note.end_s,
                    self._style,
                    zone.start_s,
                    zone.start_s + taken_s,
                    semitones,
                    self._share,
                    note.pitch,
                )
            )
        return out


class ShapedLayer:
    """The texture of styles that are no instruments, shaped by the content.

    Args:
        made: texture with the content's notes.
        gain: factor of its amplitudes.
        styles: numbers of the styles, in the order that they were given in.
        share: share of the whole, 0 to 1.
    """

    def __init__(
        self, made: CrossSynthesis, *, gain: float, styles: Sequence[int], share: float
    ) -> None:
        self._made, self._gain, self._styles, self._share = made, gain, styles, share

    def read(self, start: int, stop: int) -> Tensor:
        """See `Layer.read`.

        Args:
            start: number of the first sample.
            stop: number of the sample after the last.
        """
        return self._gain * self._made.read(start, stop)

    def grains(self) -> list[Grain]:
        """Stretches of the styles that follow each other; see `Layer.grains`."""
        rate, n_samples = self._made.grid.sample_rate, self._made.content.shape[-1]
        out = []
        for style, place, begin, length in self._made.textures[0].order:
            first, last = max(begin, 0), min(begin + length, n_samples)
            if last > first:
                moved = place - begin
                out.append(
                    Grain(
                        first / rate,
                        last / rate,
                        self._styles[style],
                        (first + moved) / rate,
                        (last + moved) / rate,
                        0.0,
                        self._share,
                    )
                )
        return out


class EqualisedLayer:
    """The content with the average spectrum of styles.

    Args:
        content: the parts of it that get this spectrum; what is read of others is filtered alike.
        styles: ``(channels, time)`` each.
        weights: share of each in the whole; the sum is that of the layer.
        sample_rate: sample rate in Hz.
    """

    def __init__(
        self,
        content: Heard,
        styles: Sequence[Tensor],
        weights: Sequence[float],
        *,
        sample_rate: int,
    ) -> None:
        self._content, self._gain = content.waveform, sum(weights) ** 0.5
        self._sample_rate = sample_rate
        spectra = [average_power(style, sample_rate=sample_rate) for style in styles]
        pairs = zip(spectra, weights, strict=True)
        wanted = torch.stack([weight * spectrum / spectrum.sum() for spectrum, weight in pairs])
        own = torch.zeros_like(wanted[0])
        for start, stop in content.spans:
            part = content.waveform[:, start:stop]
            own += (stop - start) * average_power(part, sample_rate=sample_rate)
        self._filter = matching_filter(own, wanted.sum(0), sample_rate=sample_rate)

    def read(self, start: int, stop: int) -> Tensor:
        """See `Layer.read`.

        Args:
            start: number of the first sample.
            stop: number of the sample after the last.
        """
        made = matched(
            self._content, self._filter, sample_rate=self._sample_rate, start=start, stop=stop
        )
        return self._gain * made

    def grains(self) -> list[Grain]:
        """None, as nothing of a style is copied; see `Layer.grains`."""
        return []
